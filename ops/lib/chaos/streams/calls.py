"""What the model calls in some of the tales: tools of the server's and of the client's, their arguments cut anywhere, and what those
of the client come to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random
from typing import Any

# The server's own, which `memory` offers, and the client's.
WRITE, SEARCH, LOOK = "memory_write", "memory_search", "look_up"
OFFERED = [{
    "name": LOOK, "description": "Looks a word of a tale up.",
    "parameters": {"type": "object", "properties": {"tale": {"type": "integer"}, "words": {"type": "array", "items": {"type": "string"}}}},
}]
# What a step calls, in an order of the tale's own. Writes have no name: one that took place twice is two memories.
_WANTED = (WRITE, WRITE, SEARCH, LOOK, LOOK)
# Cuts in the text of a call's arguments.
_CUTS = 6
# Within arguments: what JSON, its escapes and event streams write in another way.
_KNOTS = ("", " ", "\\", '"', "\n", "ü", "東京", "🚢", "}{", "\u2028")


@dataclass(frozen=True)
class Call:
    id: str
    name: str
    # The text of the arguments, in the pieces in which the model says it.
    fragments: tuple[str, ...]

    @property
    def arguments(self) -> str:
        return "".join(self.fragments)

    @property
    def is_clients(self) -> bool:
        return self.name == LOOK

    @property
    def content(self) -> str:
        """What a write is to remember; empty for other calls."""
        return str(json.loads(self.arguments).get("content", ""))

    @property
    def output(self) -> str:
        """What the client's tool comes to."""
        return f'{self.id}: "found"\n東京 \\ 🚢'

    def rule(self) -> dict[str, Any]:
        """As an emulator is told of it: ops/emulators.md."""
        return {"id": self.id, "name": self.name, "arguments": list(self.fragments)}


def draw(chance: Random, tale: int) -> tuple[Call, ...]:
    return tuple(
        Call(f"call_{tale:04}_{place}", name, _cut(chance, _arguments(chance, name, tale, place)))
        for place, name in enumerate(chance.sample(_WANTED, len(_WANTED))))


def _arguments(chance: Random, name: str, tale: int, place: int) -> str:
    knot = chance.choice(_KNOTS)
    values: dict[str, Any] = {
        WRITE: {"content": f"Tale {tale:04} keeps {knot} at {place}."},
        SEARCH: {"query": f"tale {tale:04} {knot}", "limit": 3},
        LOOK: {"tale": tale, "words": [f"{place}", knot], "within": {}},
    }[name]
    # In the forms in which models write JSON: escaped or not, in one line or in several.
    return json.dumps(values, ensure_ascii=chance.random() < 0.5, indent=chance.choice((None, None, 1)))


def _cut(chance: Random, text: str) -> tuple[str, ...]:
    places = sorted(chance.sample(range(1, len(text)), chance.randint(0, _CUTS)))
    return tuple(text[begin:end] for begin, end in zip([0, *places], [*places, len(text)]))
