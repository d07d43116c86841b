"""What was accepted, and when it was done: the truth that everything is held against."""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass

from .servers import PostgresServer
from .trouble import Trouble


@dataclass(frozen=True)
class Kind:
    """A kind of job as the run sends and finds it."""

    name: str
    path: str
    # The table whose row is the outcome, and the column of it that holds the key.
    table: str
    column: str


TICKET = Kind("ticket.create", "/v1/tickets", "tickets", "subject")
PROFILE = Kind("build-profile.store", "/v1/build-profiles", "build_profiles", "command")
KINDS = (TICKET, PROFILE)


@dataclass
class Accepted:
    """One job. Times are seconds of the epoch; producer and database read the same clock."""

    key: str
    kind: Kind
    id: str
    accepted_at: float
    done_at: float | None = None
    attempts: int = 0


class Book:
    """Every job that was answered 202, by id. For many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: dict[str, Accepted] = {}
        self._open: set[str] = set()
        self.faults: list[str] = []

    def accept(self, key: str, kind: Kind, id: str, at: float) -> None:
        # It is written into SQL by us, and must be what it says it is.
        id = str(uuid.UUID(id))
        with self._lock:
            earlier = self._jobs.get(id)
            if earlier is None:
                self._jobs[id] = Accepted(key, kind, id, at)
                self._open.add(id)
            elif earlier.key != key:
                self.faults.append(f"the keys {earlier.key} and {key} were answered with one job {id}")

    def done(self, id: str, at: float, attempts: int) -> None:
        with self._lock:
            job = self._jobs[id]
            job.done_at, job.attempts = at, attempts
            self._open.discard(id)

    def open(self, kind: Kind) -> list[str]:
        """Ids of jobs of a kind that are accepted and not known to be done."""
        with self._lock:
            return [id for id in self._open if self._jobs[id].kind is kind]

    @property
    def waiting(self) -> int:
        with self._lock:
            return len(self._open)

    def jobs(self, kind: Kind | None = None) -> list[Accepted]:
        with self._lock:
            return [job for job in self._jobs.values() if kind is None or job.kind is kind]

    def times(self, since: float) -> list[tuple[float, float | None]]:
        """When each job was accepted and done, without those that were done before `since`."""
        with self._lock:
            return [(job.accepted_at, job.done_at) for job in self._jobs.values() if job.done_at is None or job.done_at >= since]


class Follower(threading.Thread):
    """Looks in PostgreSQL which of the open jobs are done. While PostgreSQL is away it knows nothing new, and no harm is done:
    the time of an outcome is in its row."""

    PAGE = 5_000

    def __init__(self, book: Book, postgres: PostgresServer, workspaces: list[str], every: float = 0.5) -> None:
        super().__init__(name="follower", daemon=True)
        self._book, self._postgres, self._every = book, postgres, every
        self._workspaces = "{" + ",".join(workspaces) + "}"
        self._closing = threading.Event()
        # All that was done before this moment is in the book.
        self.known_until = 0.0

    def run(self) -> None:
        while not self._closing.wait(self._every):
            try:
                self.look()
            except Trouble:
                continue

    def look(self) -> None:
        # A row says when it was written, and is seen when it has committed.
        begin = time.time() - 0.5
        for kind in KINDS:
            ids = self._book.open(kind)
            for start in range(0, len(ids), self.PAGE):
                page = "{" + ",".join(ids[start:start + self.PAGE]) + "}"
                rows = self._postgres.query(
                    f"select id, extract(epoch from created_at), attempts from {kind.table} "
                    f"where workspace_id = any ('{self._workspaces}') and id = any ('{page}');")
                for id, at, attempts in rows:
                    self._book.done(id, float(at), int(attempts))
        self.known_until = begin

    def close(self) -> None:
        self._closing.set()
        self.join(40)
