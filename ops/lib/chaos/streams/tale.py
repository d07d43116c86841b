"""What the emulated provider says in each stream: a text of the stream's own, in numbered pieces, so that a piece that is doubled,
lost, out of order or another stream's shows itself; and in some of them calls of tools, between two pieces."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from random import Random
from typing import Any

from .calls import OFFERED, Call, draw

# Configured names of the providers, and the format in which each is spoken to. Streams take turns.
PROVIDERS = {"gpt": "openai", "claude": "anthropic"}
MODEL = "tale"
# Pieces of a tale, and how they are sent. Milliseconds.
PIECES = (60, 140)
# Of every so many tales one calls tools. It has fewer pieces, for its calls take their time, too.
CALLING, CALLING_PIECES = 3, (40, 90)
# And of those so many may be gone on with by another worker.
CONTINUED = 0.8
PACE = {"first_ms": 100, "gap_ms": 50, "jitter": 0.5}

_NUMBER = re.compile(r"(\d{4})\.(\d{3})")
# Behind the numbers: characters of one to four bytes, and what JSON and event streams write in another way. No digits.
_TAILS = ("", "", "", "-tide", "-ü", "-мост", "-東京", "-🚢", '-"so"', "-\\", "\n")


@dataclass(frozen=True)
class Tale:
    """The text of one stream."""

    number: int
    pieces: tuple[str, ...]
    # Called behind so many of the pieces; the rest of them is the next step's.
    calls: tuple[Call, ...] = ()
    turn: int = 0
    # Whether another worker may go on with the run.
    is_continued: bool = False

    @classmethod
    def draw(cls, seed: int, number: int) -> Tale:
        chance = Random(f"{seed} tale {number}")
        is_calling = number % CALLING == 0
        count = chance.randint(*(CALLING_PIECES if is_calling else PIECES))
        pieces = tuple(f"{number:04}.{piece:03}{chance.choice(_TAILS)} " for piece in range(count))
        if not is_calling:
            return cls(number, pieces)
        return cls(number, pieces, draw(chance, number), chance.randrange(count), chance.random() < CONTINUED)

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

    @property
    def request(self) -> dict[str, Any]:
        """The body of `POST /v1/runs`."""
        body: dict[str, Any] = {"model": self.model, "messages": [{"role": "user", "content": self.question}]}
        if self.calls:
            body.update({"memory": True, "tools": OFFERED})
        if self.is_continued:
            body["on_interruption"] = "continue"
        return body

    def rules(self) -> list[dict[str, Any]]:
        """How an emulator is told of it: ops/emulators.md. None of them is used up: a step that was lost is asked for again."""
        when, said = {"contains": f"tale {self.number:04};"}, list(self.pieces)
        if not self.calls:
            return [{**when, "answer": {"text": said, "pace": PACE}}]
        calls = {"text": said[:self.turn], "tool_calls": [call.rule() for call in self.calls], "pace": PACE}
        return [{**when, "after_tool": True, "answer": {"text": said[self.turn:], "pace": PACE}}, {**when, "answer": calls}]


def script(tales: list[Tale]) -> str:
    return json.dumps({"rules": [rule for tale in tales for rule in tale.rules()]}, ensure_ascii=False)


def numbers(text: str) -> list[tuple[int, int]]:
    """Tale and piece of each number in a text, in order."""
    return [(int(tale), int(piece)) for tale, piece in _NUMBER.findall(text)]
