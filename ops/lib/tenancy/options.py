"""What the run was asked to do, and the one command that does it again."""

from __future__ import annotations

import argparse
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chaos.options import number

# What CI runs: a quarter of a minute.
SHORT_MINUTES = 0.25


@dataclass(frozen=True)
class Options:
    """Everything that decides a run."""

    program: str
    folder: Path
    minutes: float
    users: int
    workspaces: int
    seed: int
    json: bool
    keep: bool

    @property
    def command(self) -> str:
        """The command that repeats the run: the same people, who want the same things in the same order."""
        return f"ops/tenancy --seed {self.seed} --minutes {self.minutes:g} --users {self.users} --workspaces {self.workspaces}"


def read(words: list[str]) -> Options:
    """Reads the words behind `ops/tenancy`. Ends the process with code 2 and a sentence when one is wrong."""
    parser = argparse.ArgumentParser(prog="ops/tenancy", usage="ops/tenancy [options]; --help names them", add_help=False, allow_abbrev=False)
    parser.add_argument("--program", required=True)
    parser.add_argument("--folder", required=True, type=Path)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--minutes", type=number(0.1, 24 * 60))
    parser.add_argument("--users", type=number(4, 500, int))
    parser.add_argument("--workspaces", type=number(2, 100, int))
    parser.add_argument("--seed", type=number(0, 2**63, int))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--keep", action="store_true")
    given = parser.parse_args(words)

    def chosen(value: Any, short: Any, standard: Any) -> Any:
        if value is not None:
            return value
        return short if given.short else standard

    options = Options(
        program=given.program, folder=given.folder, minutes=chosen(given.minutes, SHORT_MINUTES, 1.0), users=chosen(given.users, 20, 50),
        workspaces=chosen(given.workspaces, 4, 10), seed=chosen(given.seed, 1, random.SystemRandom().randrange(1_000_000)), json=given.json,
        keep=given.keep)
    # An owner, and somebody beside it.
    if options.users < 2 * options.workspaces:
        parser.error(f"{options.workspaces} workspaces want {2 * options.workspaces} users or more, not {options.users}")
    return options
