"""All streams of a run against what is promised. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..checks import Check
from .story import Story
from .strikes import INGRESS, REDIS, RUN_LOG, WORKER, Strike
from .takeover import BEYOND, Takeover, takeovers
from .verdict import PROMISES, faults

KINDS = (WORKER, INGRESS, REDIS, RUN_LOG)


@dataclass
class Course:
    """What was seen beside the streams themselves."""

    streams: int
    lease: float
    strikes: list[Strike] = field(default_factory=list)
    # Sentences: a kill that went wrong, a client that did not end, a replay that could not be read.
    broken: list[str] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)
    # Memories in PostgreSQL that no run has written.
    orphans: list[str] = field(default_factory=list)
    # Exit codes of `mainstay verify`, and of the processes when they were asked to leave.
    verify: int | None = None
    goodbyes: dict[str, int | None] = field(default_factory=dict)


def is_log_lost(story: Story, strikes: list[Strike]) -> bool:
    """Whether the run's log was killed while the run was under way, and then its worker before it had written the log again: what was
    shown is then nowhere, and the run is told as interrupted."""
    if not story.is_over or not story.outcome.endswith(("interrupted", "internal_error")):
        return False
    begin, end = story.accepted_at, story.frames[-1].at
    is_taken = any(strike.kind == WORKER and story.run in strike.runs for strike in strikes)
    return is_taken and any(strike.kind == RUN_LOG and strike.at < end and strike.until > begin for strike in strikes)


def judge(course: Course, stories: list[Story]) -> list[Check]:
    checks: list[Check] = []

    def none(what: str, found: list[str], promised: str = "0") -> None:
        checks.append(Check(what, f"{len(found):,}", promised, not found, tuple(found[:5])))

    def some(what: str, count: int) -> None:
        # A run that met nothing shows nothing.
        checks.append(Check(what, f"{count:,}", "more than 0", count > 0))

    accepted = sum(bool(story.run) for story in stories)
    checks.append(Check("streams accepted", f"{accepted:,}", f"{course.streams:,}", accepted == course.streams > 0))
    broken: dict[str, list[str]] = {promise: [] for promise in PROMISES}
    for story in stories:
        for promise, what in faults(story, is_log_lost(story, course.strikes)):
            broken[promise].append(what)
    for promise in PROMISES:
        none(promise, broken[promise])

    some("streams completed", sum(story.outcome == "completed" for story in stories))
    some("streams that were cut and went on", sum(bool(story.cuts) and story.is_over for story in stories))
    some("streams replayed from PostgreSQL alone", sum(any("PostgreSQL" in place for place in story.replays) for story in stories))
    if any(story.tale.calls for story in stories):
        some("results of tools posted", sum(len(story.posted) for story in stories))
        some("memories looked for when they were told of", sum(len(story.memories) for story in stories))
    for kind in KINDS:
        some(f"{kind}s", sum(strike.kind == kind for strike in course.strikes))
    late = [told(takeover) for takeover in takeovers(stories, course.strikes) if takeover.is_late(course.lease)]
    none(f"takeovers later than the lease and {BEYOND:g} s", late)
    without = [story for story in stories if story.outcome == "incomplete: interrupted" and not _has_lost_worker(story, course.strikes)]
    none("interrupted, and no worker was killed", [f"stream {story.tale.number} ({story.run})" for story in without])

    none("memories without a write", course.orphans)
    none("leaked consumers and heartbeats", course.leaked)
    code = -1 if course.verify is None else course.verify
    checks.append(Check("`mainstay verify`", f"{code}", "0", code == 0))
    none("processes that ended by themselves", course.surprises)
    left = [f"{name}: {'killed' if code is None else code}" for name, code in course.goodbyes.items() if code != 0]
    none("processes that did not leave in good order", left)
    none("promises broken on the way", course.broken)
    return checks


def told(takeover: Takeover) -> str:
    return f"stream {takeover.stream}: {takeover.seconds:.2f} s after the kill, {takeover.undisturbed:.2f} s after the last one of anything"


def _has_lost_worker(story: Story, strikes: list[Strike]) -> bool:
    """A worker was killed while the run was under way. Which of them had it may be unknown: the queues' Redis tells, and it is killed, too."""
    end = story.frames[-1].at
    return any(strike.kind == WORKER and story.accepted_at < strike.at < end for strike in strikes)
