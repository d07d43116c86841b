"""Which parts are killed, and when: drawn from the seed before the first stream begins."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

WORKER, INGRESS, REDIS, RUN_LOG = "worker-kill", "ingress-kill", "redis-kill", "run-log-kill"
# A round of kills. Each round has an order of its own, so each kind comes again and again.
_ROUND = (WORKER, WORKER, WORKER, INGRESS, INGRESS, REDIS, RUN_LOG)
# Streams for one kill, and the fewest kills: a round and a bit.
_STREAMS, _FEWEST = 10, 8


@dataclass(frozen=True)
class Point:
    """A kill that is due when stream `stream` has shown so many pieces, or has ended before."""

    stream: int
    piece: int
    kind: str
    # Which of the workers or ingresses; more than there are is counted round.
    victim: int

    def words(self) -> str:
        return f"{self.stream}.{self.piece} {self.kind} {self.victim}"


@dataclass
class Strike:
    """One that took place. Times are of the monotonic clock."""

    kind: str
    victim: str
    at: float
    # When it was back, or at least started again.
    until: float
    # Runs that a killed worker had in its hands.
    runs: set[str] = field(default_factory=set)


def plan(seed: int, pieces: list[int]) -> list[Point]:
    """The kills for streams of so many pieces each, in the order of the streams."""
    chance = Random(f"{seed} kills")
    count = max(_FEWEST, len(pieces) // _STREAMS)
    kinds: list[str] = []
    while len(kinds) < count:
        kinds += chance.sample(_ROUND, len(_ROUND))
    streams = sorted(chance.randrange(len(pieces)) for _ in range(count))
    return [Point(stream, chance.randrange(pieces[stream]), kind, chance.randrange(1_000)) for stream, kind in zip(streams, kinds)]
