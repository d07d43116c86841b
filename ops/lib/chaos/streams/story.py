"""What became of one stream, as its client saw it, and what was found of it afterwards."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from .acts import Written
from .frames import Frame, text_of
from .tale import Tale


@dataclass
class Story:
    """Filled by the client's thread, then read by whoever judges."""

    tale: Tale
    # Ids that the request was answered with; under one Idempotency-Key it is one.
    runs: list[str] = field(default_factory=list)
    # By the monotonic clock.
    accepted_at: float = 0.0
    # All frames in the order in which they came, over all connections.
    frames: list[Frame] = field(default_factory=list)
    # Connections that ended before the run did, by why.
    cuts: Counter[str] = field(default_factory=Counter)
    # Answers that were no stream and meant "later", by what they were.
    waits: Counter[str] = field(default_factory=Counter)
    # Words of gaps, frames of a form that is none, answers that say that the run is not there.
    gaps: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    # Calls whose results the client has posted, and memories that it was told of: what was there then, None for nothing.
    posted: set[str] = field(default_factory=set)
    memories: dict[str, str | None] = field(default_factory=dict)
    # What was read of it when it was over, by where it was asked: frames that should be all of it.
    replays: dict[str, list[Frame]] = field(default_factory=dict)
    # The same from behind an event that the client has seen: that id, and what followed.
    resumed: list[tuple[str, str, list[Frame]]] = field(default_factory=list)
    # Entries of the log in Redis; None where it holds none.
    log: list[Frame] | None = None
    # Its writes in PostgreSQL; None where nobody looked.
    rows: list[Written] | None = None

    @property
    def run(self) -> str:
        return self.runs[0] if self.runs else ""

    @property
    def text(self) -> str:
        return text_of(self.frames)

    @property
    def endings(self) -> list[Frame]:
        return [frame for frame in self.frames if frame.is_terminal]

    @property
    def is_over(self) -> bool:
        return bool(self.frames) and self.frames[-1].is_terminal

    @property
    def outcome(self) -> str:
        """`completed`, `incomplete: interrupted`, `failed: timeout`, `cancelled`, or `none`."""
        endings = self.endings
        if not endings:
            return "none"
        state, told = endings[0].event.removeprefix("run."), endings[0].json
        if state == "incomplete":
            return f"incomplete: {told.get('reason')}"
        if state == "failed":
            return f"failed: {(told.get('error') or {}).get('kind')}"
        return state
