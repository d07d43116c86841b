"""The promises, each held against the evidence. Pure: a table of what was found and what was promised."""

from __future__ import annotations

from dataclasses import dataclass, field

from .book import TICKET
from .evidence import Evidence


@dataclass(frozen=True)
class Check:
    what: str
    found: str
    promised: str
    holds: bool
    # Names of what was found, the first of them.
    examples: tuple[str, ...] = ()


@dataclass
class Course:
    """What was seen on the way, beside the evidence of the end."""

    # Sentences: faults that were not got over, promises that a fault found broken.
    broken: list[str] = field(default_factory=list)
    # What producers were answered that they should not be.
    refusals: list[str] = field(default_factory=list)
    # Processes that ended and were not asked to.
    surprises: list[str] = field(default_factory=list)
    faults: int = 0
    recovered: int = 0
    # Exit codes of the program's own examinations, and of its processes when they were asked to leave.
    verify: int | None = None
    doctor: int | None = None
    goodbyes: dict[str, int | None] = field(default_factory=dict)
    drain: float = 5


def judge(course: Course, evidence: Evidence) -> list[Check]:
    checks: list[Check] = []

    def none(what: str, found: list[str] | int) -> None:
        examples = tuple(found[:5]) if isinstance(found, list) else ()
        count = len(found) if isinstance(found, list) else found
        checks.append(Check(what, f"{count:,}", "0", count == 0, examples))

    def same(what: str, found: int, promised: int) -> None:
        checks.append(Check(what, f"{found:,}", f"{promised:,}", found == promised))

    accepted = sum(rows.accepted for rows in evidence.rows.values())
    # A run that accepted nothing or broke nothing shows nothing.
    checks.append(Check("jobs accepted", f"{accepted:,}", "more than 0", accepted > 0))
    for name, rows in evidence.rows.items():
        same(f"outcomes of {name}", rows.rows, rows.accepted)
    none("lost: accepted, and no outcome", [key for rows in evidence.rows.values() for key in rows.lost])
    none("doubled: one key, two jobs", [key for rows in evidence.rows.values() for key in rows.doubled])
    none("done and never answered 202", [key for rows in evidence.rows.values() for key in rows.unknown])
    none("done under another id", [key for rows in evidence.rows.values() for key in rows.strange])
    same("clocks of tickets", evidence.clocks, 2 * evidence.rows[TICKET.name].rows)
    none("second outcomes", evidence.outcomes_of_own)
    none("dead or cancelled", evidence.outcomes_not_done)
    none("dead letters", evidence.dead_letters)
    none("appends not confirmed", evidence.appends_not_confirmed)
    none("requests refused or not answered", course.refusals)

    none("entries left in streams", evidence.redis.entries)
    none("pending entries", evidence.redis.pending)
    none("leaked consumers and heartbeats", evidence.leaked)
    none("consumers after all have left", [f"{stream} {name}" for stream, name in evidence.redis.consumers])
    none("other things left in Redis", [f"{key} ({size})" for key, size in evidence.redis.left.items() if size > 0])

    same("`mainstay verify`", -1 if course.verify is None else course.verify, 0)
    same("`mainstay doctor`", -1 if course.doctor is None else course.doctor, 0)
    none("processes that ended by themselves", course.surprises)
    left = [f"{name}: {'killed' if code is None else code}" for name, code in course.goodbyes.items() if code != 0]
    none("processes that did not leave in good order", left)

    if evidence.deploy_wait or evidence.deploy_retried or evidence.deploy_dead:
        wait = evidence.deploy_wait
        checks.append(Check("longest wait during a deploy, s", f"{wait:.2f}", f"{course.drain:g} at most", wait <= course.drain))
        none("tried twice during a deploy", evidence.deploy_retried)
        none("declared dead during a deploy", evidence.deploy_dead)
    checks.append(Check("faults got over", f"{course.recovered}", f"{course.faults}, and more than 0",
                        course.recovered == course.faults and course.faults > 0))
    none("promises broken on the way", course.broken)
    return checks
