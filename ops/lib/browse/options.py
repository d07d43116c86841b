"""What the run was asked to do."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from chaos.options import names, number

from .pages import NAMES


@dataclass(frozen=True)
class Options:
    """Everything that decides a run."""

    program: str
    folder: Path
    # Of the pages to look at, in the order of the list.
    pages: tuple[str, ...]
    # Milliseconds.
    within: float
    screenshots: Path | None
    json: bool
    keep: bool


def read(words: list[str]) -> Options:
    """Reads the words behind `ops/browse`. Ends the process with code 2 and a sentence when one is wrong."""
    parser = argparse.ArgumentParser(prog="ops/browse", usage="ops/browse [options]; --help names them", add_help=False, allow_abbrev=False)
    parser.add_argument("--program", required=True)
    parser.add_argument("--folder", required=True, type=Path)
    parser.add_argument("--pages", type=names("page", NAMES), default=NAMES)
    parser.add_argument("--within", type=number(1, 60_000), default=500.0)
    parser.add_argument("--screenshots", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--keep", action="store_true")
    return Options(**vars(parser.parse_args(words)))
