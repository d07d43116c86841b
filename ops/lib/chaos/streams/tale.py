"""What the emulated provider says in each stream: a text of the stream's own, in numbered pieces, so that a piece that is doubled,
lost, out of order or another stream's shows itself."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from random import Random
from typing import Any

# Configured names of the providers, and the format in which each is spoken to. Streams take turns.
PROVIDERS = {"gpt": "openai", "claude": "anthropic"}
MODEL = "tale"
# Pieces of a tale, and how they are sent. Milliseconds.
PIECES = (60, 140)
PACE = {"first_ms": 100, "gap_ms": 50, "jitter": 0.5}

_NUMBER = re.compile(r"(\d{4})\.(\d{3})")
# Behind the numbers: characters of one to four bytes, and what JSON and event streams write in another way. No digits.
_TAILS = ("", "", "", "-tide", "-ü", "-мост", "-東京", "-🚢", '-"so"', "-\\", "\n")


@dataclass(frozen=True)
class Tale:
    """The text of one stream."""

    number: int
    pieces: tuple[str, ...]

    @classmethod
    def draw(cls, seed: int, number: int) -> Tale:
        chance = Random(f"{seed} tale {number}")
        count = chance.randint(*PIECES)
        return cls(number, tuple(f"{number:04}.{piece:03}{chance.choice(_TAILS)} " for piece in range(count)))

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def question(self) -> str:
        return f"Tell tale {self.number:04}; and nothing else."

    @property
    def model(self) -> str:
        names = tuple(PROVIDERS)
        return f"{names[self.number % len(names)]}/{MODEL}"

    def rule(self) -> dict[str, Any]:
        """How an emulator is told of it: ops/emulators.md."""
        return {"contains": f"tale {self.number:04};", "answer": {"text": list(self.pieces), "pace": PACE}}


def script(tales: list[Tale]) -> str:
    return json.dumps({"rules": [tale.rule() for tale in tales]}, ensure_ascii=False)


def numbers(text: str) -> list[tuple[int, int]]:
    """Tale and piece of each number in a text, in order."""
    return [(int(tale), int(piece)) for tale, piece in _NUMBER.findall(text)]
