"""What the run was asked to do, and the one command that does it again."""

from __future__ import annotations

import argparse
import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

from .faultnames import NAMES, SHORT

# What a run is made of: jobs under faults, streams under faults.
JOBS, STREAMS = PARTS = ("jobs", "streams")


@dataclass(frozen=True)
class Options:
    """Everything that decides a run. Times are seconds."""

    program: str
    folder: Path
    minutes: float
    seed: int
    workers: int
    producers: int
    rate: float
    lease: int
    faults: tuple[str, ...]
    parts: tuple[str, ...]
    # In all, and under way together; 0 where streams are no part of the run.
    streams: int
    at_once: int
    json: Path | None

    @property
    def command(self) -> str:
        """The command that repeats the run: the same faults of the same victims in the same order."""
        words = ["ops/chaos", f"--seed {self.seed}"]
        if self.parts != (JOBS,):
            words.append("--parts " + ",".join(self.parts))
        words += [f"--minutes {self.minutes:g}", f"--workers {self.workers}"]
        words += [f"--producers {self.producers}", f"--rate {self.rate:g}", f"--lease {self.lease}"]
        if self.faults != NAMES:
            words.append("--faults " + ",".join(self.faults))
        if STREAMS in self.parts:
            words.append(f"--streams {self.streams} --at-once {self.at_once}")
        return " ".join(words)


def number(least: float, most: float, kind: Callable[[str], Any] = float) -> Callable[[str], Any]:
    """Reads an option that lies between the two."""

    def read(text: str) -> Any:
        value = kind(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} does not lie between {least:g} and {most:g}")
        return value

    read.__name__ = "whole number" if kind is int else "number"
    return read


def names(what: str, known: tuple[str, ...]) -> Callable[[str], tuple[str, ...]]:
    """Reads an option that is a list of these names."""

    def read(text: str) -> tuple[str, ...]:
        words = [word.strip() for word in text.split(",") if word.strip()]
        for word in words:
            if word not in known:
                raise argparse.ArgumentTypeError(f"there is no {what} \"{word}\"; there are {', '.join(known)}")
        if not words:
            raise argparse.ArgumentTypeError(f"name at least one {what}")
        # In the order of the list, so that the order of the words changes nothing.
        return tuple(name for name in known if name in words)

    return read


def read(words: list[str]) -> Options:
    """Reads the words behind `ops/chaos`. Ends the process with code 2 and a sentence when one is wrong."""
    parser = argparse.ArgumentParser(prog="ops/chaos", usage="ops/chaos [options]; --help names them", add_help=False, allow_abbrev=False)
    parser.add_argument("--program", required=True)
    parser.add_argument("--folder", required=True, type=Path)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--minutes", type=number(0, 24 * 60))
    parser.add_argument("--seed", type=number(0, 2**63, int))
    parser.add_argument("--workers", type=number(2, 32, int))
    parser.add_argument("--producers", type=number(1, 64, int), default=4)
    parser.add_argument("--rate", type=number(1, 20_000))
    parser.add_argument("--lease", type=number(1, 600, int))
    parser.add_argument("--faults", type=names("fault", NAMES))
    parser.add_argument("--parts", type=names("part", PARTS))
    parser.add_argument("--streams", type=number(1, 9_999, int))
    parser.add_argument("--at-once", type=number(1, 500, int))
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(words)

    def chosen(value: Any, short: Any, standard: Any) -> Any:
        if value is not None:
            return value
        return short if given.short else standard

    parts = chosen(given.parts, PARTS, (STREAMS,) if given.streams else (JOBS,))
    has_streams = STREAMS in parts
    return Options(
        program=given.program, folder=given.folder, minutes=chosen(given.minutes, 0, 5),
        seed=chosen(given.seed, 1, random.SystemRandom().randrange(1_000_000)), workers=chosen(given.workers, 3, 4),
        producers=given.producers, rate=chosen(given.rate, 60, 150), lease=chosen(given.lease, 3, 5),
        faults=chosen(given.faults, SHORT, NAMES), parts=parts, streams=chosen(given.streams, 60, 500) if has_streams else 0,
        at_once=chosen(given.at_once, 30, 50) if has_streams else 0, json=given.json)


def say(text: str) -> None:
    """Talk goes to standard error, the table to standard output."""
    print(text, file=sys.stderr, flush=True)
