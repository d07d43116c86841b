"""What was asked, answered, accepted and found wrong. For many threads."""

from __future__ import annotations

import math
import threading
from collections import Counter

# The promises that are held against every answer.
LEAK = "another's words in an answer"
DIFFERENCE = "another's id answered otherwise than an unknown one"
BREACH = "another's id let in"
OWN = "one's own not readable"
REFUSED = "requests refused or not answered"
REPEAT = "repeated requests answered with another thing"
LOCKED = "ordinary users slowed or locked"
PROMISES = (LEAK, DIFFERENCE, BREACH, OWN, REFUSED, REPEAT, LOCKED)
# More than anybody reads, and a bound for what a run that is all wrong writes down.
MOST_FAULTS = 1_000

# Kinds of what is accepted; see counts.py for where each has to be found.
TICKET, REPLY, CLOSING, PROFILE, RUN, CANCELLATION = "ticket", "reply", "closing", "profile", "run", "run cancellation"
FORK, AGENT, VERSION, PUBLICATION, LISTING = "fork", "agent", "agent version", "publication", "listing"
TOKEN, INVITATION, MEMBER, REPORT = "token", "invitation", "member", "report"
MEMORY, MEMORY_WRITE, TOOL, TOOL_RESULT, TURN = "memory", "memory write of a run", "tool", "tool result", "turn of a response"
CREDENTIAL, BUDGET, STATEMENT, APPEAL, NOTICE = "provider credential", "run budget", "statement of reasons", "appeal", "notice to a fork"
VERIFICATION = "verification of an owner"


class Journal:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Seconds of each answer to a route, and how often it was answered by which status (0: not at all).
        self.seconds: dict[str, list[float]] = {}
        self.answers: Counter[tuple[str, int]] = Counter()
        self.ports: Counter[int] = Counter()
        # How often something was refused that was asked for on purpose.
        self.denials: Counter[tuple[str, int]] = Counter()
        self.probes = 0
        self.faults: dict[str, list[str]] = {promise: [] for promise in PROMISES}
        # By kind: workspace and mark, to the ids that were answered.
        self.accepted: dict[str, dict[str, set[str]]] = {}
        # Seconds from the acceptance of a fork to the answer that it is done.
        self.forks: list[float] = []
        # Operations that were asked for, as the description writes them.
        self.routes: set[str] = set()

    # MARK: Writing

    def answered(self, route: str, label: str, status: int, port: int, seconds: float) -> None:
        with self._lock:
            self.routes.add(route)
            self.answers[label, status] += 1
            if status:
                self.seconds.setdefault(label, []).append(seconds)
                self.ports[port] += 1

    def fault(self, promise: str, sentence: str) -> None:
        with self._lock:
            if len(self.faults[promise]) < MOST_FAULTS:
                self.faults[promise].append(sentence)

    def accept(self, kind: str, slug: str, mark: str, id: str) -> None:
        """Something was accepted under a mark that no other thing of its kind and workspace has."""
        with self._lock:
            self.accepted.setdefault(kind, {}).setdefault(f"{slug} {mark}", set()).add(id)

    def withdraw(self, kind: str, slug: str, mark: str) -> None:
        """What was accepted is gone again, by its owner's wish: from now on nobody may find it."""
        with self._lock:
            self.accepted.get(kind, {}).pop(f"{slug} {mark}", None)

    def denied(self, route: str, status: int) -> None:
        with self._lock:
            self.denials[route, status] += 1

    def probed(self) -> None:
        with self._lock:
            self.probes += 1

    def forked(self, seconds: float) -> None:
        with self._lock:
            self.forks.append(seconds)

    # MARK: Reading, when nobody writes any more

    def count(self, kind: str, slug: str | None = None) -> int:
        marks = self.accepted.get(kind, {})
        return len(marks) if slug is None else sum(mark.startswith(f"{slug} ") for mark in marks)

    @property
    def requests(self) -> int:
        return sum(self.answers.values())


def percentile(values: list[float], share: float) -> float:
    """The least value that `share` of them do not exceed."""
    if not values:
        return 0.0
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
