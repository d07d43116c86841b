"""The promises, each held against what was found. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from chaos.checks import Check

from .burglar import Told
from .counts import Counts
from .journal import BREACH, DIFFERENCE, LEAK, LOCKED, OWN, REFUSED, REPEAT, Journal
from .walk import Walk

# Cases that are printed of each broken promise.
FIRST = 10
# The watch locks a token at the fortieth id; a few more are asked for while that is being done.
MOST_WALKED = 60
# Kinds of which a run that has none shows nothing.
NEEDED = (
    "ticket", "reply", "run", "profile", "agent", "publication", "fork", "memory", "tool", "tool result", "turn of a response",
    "statement of reasons", "appeal", "notice to a fork",
)


@dataclass
class Course:
    """What was seen beside the journal, the rows and the walk."""

    # By name of the ingress: answers that came from it.
    answered: dict[str, int] = field(default_factory=dict)
    locked_after: int | None = None
    is_locked_elsewhere: bool = False
    told: Told = field(default_factory=Told)
    # Exit codes of the program's own examinations.
    verify: int | None = None
    audit: int | None = None
    # Processes that ended and were not asked to, and those that did not leave in good order.
    surprises: list[str] = field(default_factory=list)
    goodbyes: list[str] = field(default_factory=list)
    # Tables of tenants in which no workspace's word stands, though it should.
    wordless: list[str] = field(default_factory=list)
    # Sealed words in the logs of processes, and in what Redis has on its disk.
    logged: list[str] = field(default_factory=list)
    # What did not become as it should in time, a sentence each.
    late: list[str] = field(default_factory=list)


def judge(course: Course, journal: Journal, counts: Counts, walk: Walk) -> list[Check]:
    checks: list[Check] = []

    def none(what: str, found: list[str] | int) -> None:
        examples = tuple(found[:FIRST]) if isinstance(found, list) else ()
        number = len(found) if isinstance(found, list) else found
        checks.append(Check(what, f"{number:,}", "0", number == 0, examples))

    def some(what: str, found: int) -> None:
        checks.append(Check(what, f"{found:,}", "more than 0", found > 0))

    def same(what: str, found: int, promised: int) -> None:
        checks.append(Check(what, f"{found:,}", f"{promised:,}", found == promised))

    # What was answered.
    for name, answers in course.answered.items():
        some(f"answers of {name}", answers)
    for promise in (LEAK, OWN, REFUSED, REPEAT, LOCKED):
        none(promise, journal.faults[promise])
    some("others' ids and names asked for", journal.probes)
    for promise in (DIFFERENCE, BREACH):
        none(promise, journal.faults[promise])

    # What became of it.
    for name in NEEDED:
        some(f"accepted: {name}", journal.count(name))
    for name, rows in counts.kinds.items():
        same(f"rows: {name}", rows.rows, rows.accepted)
    none("lost: accepted, and not there", _named(counts, "lost"))
    none("doubled: one mark, two things", _named(counts, "doubled"))
    none("there, and never accepted", _named(counts, "unknown"))
    none("there under another id", _named(counts, "strange"))
    none("rows that follow from others', too many or too few", counts.following)
    none("rows that nobody asked for", counts.unexpected)
    none("outcomes neither done nor cancelled by their owner", counts.outcomes_not_done)
    none("dead letters", counts.dead_letters)
    none("appends not confirmed", counts.appends_not_confirmed)
    none("late", course.late)

    # What is to be seen in the database.
    some("columns looked through as the server", walk.columns)
    none("workspaces that do not see their own word", [slug for slug, seen in walk.own.items() if not seen])
    none("tables of tenants without a workspace's word", course.wordless)
    none("others' words, with a workspace in scope", walk.foreign)
    none("words without a workspace in scope", walk.unscoped)
    none("private words in what is for everybody", walk.published)
    none("secrets of character files and keys of providers, anywhere in the database", walk.sealed)
    none("the same in a log, or on the disk of Redis", course.logged)

    # Who was watched.
    after = course.locked_after
    checks.append(Check(
        "ids that the burglar got an answer for", "never locked" if after is None else f"{after}", f"{MOST_WALKED} at most",
        after is not None and after <= MOST_WALKED))
    checks.append(Check("the other ingress refuses it too", "yes" if course.is_locked_elsewhere else "no", "yes", course.is_locked_elsewhere))
    some("entries access.suspicious of it", course.told.suspicious)
    some("entries token.locked of it", course.told.locked)
    none("entries of suspicious access by anybody else", course.told.others)

    same("`mainstay verify`", -1 if course.verify is None else course.verify, 0)
    same("`mainstay audit verify`", -1 if course.audit is None else course.audit, 0)
    none("processes that ended by themselves", course.surprises)
    none("processes that did not leave in good order", course.goodbyes)
    return checks


def _named(counts: Counts, what: str) -> list[str]:
    """Keys of all kinds, each with the kind's name."""
    return [f"{name}: {key}" for name, rows in counts.kinds.items() for key in getattr(rows, what)]
