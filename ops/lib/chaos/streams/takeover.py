"""How soon a run whose worker was killed went on for its client. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from .story import Story
from .strikes import REDIS, WORKER, Strike

# What a takeover may take beyond the lease, in seconds.
BEYOND = 1.0


@dataclass(frozen=True)
class Takeover:
    """Seconds, as the client saw it."""

    stream: int
    # From the kill to the first event of a later attempt.
    seconds: float
    # The same from the last kill of anything before that event: a worker that takes over may be killed, too.
    undisturbed: float
    # The queues' Redis was not killed meanwhile or right before. After an outage nobody is declared dead until it was seen for a lease.
    is_judged: bool

    def is_late(self, lease: float) -> bool:
        return self.is_judged and self.undisturbed > lease + BEYOND


def takeovers(stories: list[Story], strikes: list[Strike]) -> list[Takeover]:
    """One for each kill that interrupted a run after its first event."""
    by_run = {story.run: story for story in stories if story.run}
    found = []
    for strike in strikes:
        for run in sorted(strike.runs) if strike.kind == WORKER else ():
            story = by_run.get(run)
            takeover = _takeover(story, strike, strikes) if story else None
            if takeover:
                found.append(takeover)
    return found


def _takeover(story: Story, strike: Strike, strikes: list[Strike]) -> Takeover | None:
    before = [frame.order[0] for frame in story.frames if 0 < frame.at <= strike.at]
    after = next((frame for frame in story.frames if before and frame.at > strike.at and frame.order[0] > max(before)), None)
    if after is None:
        # It had shown nothing, or its end was committed before the kill.
        return None
    others = [other for other in strikes if strike.at < other.until < after.at]
    last = max([strike.at, *(other.until for other in others if other is not strike)])
    outages = [other for other in strikes if other.kind == REDIS and other.until > strike.at - BEYOND and other.at < after.at]
    return Takeover(story.tale.number, after.at - strike.at, after.at - last, not outages)


def percentile(values: list[float], share: float) -> float:
    """The least value that so large a share of them does not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))] if ordered else 0.0
