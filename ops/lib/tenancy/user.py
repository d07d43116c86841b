"""One user: a thread that does one thing after the other, of those that its role allows and as its seed says."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from random import Random
from typing import Callable

from chaos.trouble import Trouble

from .allowance import Allowance
from .answer import Answer
from .client import Client, Shared
from .journal import OWN, REFUSED, TOKEN
from .people import Person
from .shelf import Listing
from .words import Words

# Seconds between two acts, at the mean.
PACE = 0.3
# How long a job is waited for before its thing is left to others; a machine that is busy may take longer, and that is no fault.
WAIT = "10s"


@dataclass(frozen=True)
class Remembered:
    """A memory as it was written last."""

    id: str
    name: str
    content: str
    agent: str | None


@dataclass
class Own:
    """What a user has made and may go on with: nobody else changes it."""

    # Ids of open tickets that are there; names of private agents; published agents; those of them whose newest version is private.
    tickets: list[str] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    listings: list[Listing] = field(default_factory=list)
    drafted: set[str] = field(default_factory=set)
    # Memories that may be written again or forgotten; ids of responses that are over; names of providers that have a key.
    memories: list[Remembered] = field(default_factory=list)
    responses: list[str] = field(default_factory=list)
    providers: list[str] = field(default_factory=list)


class User(threading.Thread):
    def __init__(self, shared: Shared, person: Person, seed: int, acts: list[tuple[Callable[[User], None], float]]) -> None:
        super().__init__(name=person.name, daemon=True)
        self.shared, self.person = shared, person
        self.chance = Random(f"{seed} user {person.number}")
        self.client = Client(shared, person.name, self.chance, person.tenant, person.token)
        self.own = Own()
        # What the watch counts, each well below what it takes for an attack: ten probes ask for twenty ids a minute where it allows
        # forty, and it lets pass sixty forks in ten minutes.
        self.probes, self.forks = Allowance(10, 65), Allowance(50, 610)
        self._acts = [act for act, _ in acts]
        self._weights = [weight for _, weight in acts]
        self._serial = 0

    @property
    def words(self) -> Words:
        return self.person.tenant.words

    @property
    def slug(self) -> str:
        return self.person.tenant.slug

    def run(self) -> None:
        stopping = self.shared.stopping
        # Not all at the same moment.
        pause = PACE * self.chance.random()
        while not stopping.wait(pause):
            act = self.chance.choices(self._acts, self._weights)[0]
            try:
                act(self)
            except (Trouble, ValueError, KeyError, TypeError, IndexError) as error:
                # An answer that is not what it should be is a fault of whoever answered.
                self.shared.journal.fault(REFUSED, f"{self.name}: {act.__name__}: {type(error).__name__}: {error}")
            pause = PACE * (0.5 + self.chance.random())
        self.client.close()

    # MARK: What acts need

    def mark(self, what: str) -> str:
        """A text that nothing else of this workspace has."""
        self._serial += 1
        return f"{what} {self.words.private} {self.person.number}-{self._serial}"

    def name_of(self, word: str) -> str:
        """A name for an agent, in the form of names in addresses."""
        self._serial += 1
        return f"{word}-{self.person.number}-{self._serial}"

    def key(self) -> str:
        """An Idempotency-Key. It is stored too, and so it has the word."""
        self._serial += 1
        return f"{self.words.private}-{self.person.number}-{self._serial}"

    def plain_name(self, what: str) -> str:
        """A name without the word, for what operators read in the access log by design."""
        self._serial += 1
        return f"{what}-{self.person.number}-{self._serial}"

    @property
    def serial(self) -> int:
        return self._serial

    def accept(self, kind: str, mark: str, id: str) -> None:
        self.shared.journal.accept(kind, self.slug, mark, id)

    def note_token(self, id: str) -> None:
        self.accept(TOKEN, id, id)
        self.shared.shelf.put(TOKEN, self.slug, id)

    def withdraw(self, kind: str, mark: str) -> None:
        self.shared.journal.withdraw(kind, self.slug, mark)

    def fault(self, route: str, answer: Answer, promise: str = OWN) -> None:
        self.shared.journal.fault(promise, f"{self.name}: {route} was answered {answer.short}")

    def show(self, route: str, id: str, word: str) -> None:
        """From now on the workspace's members read it, and find the word in it."""
        self.person.tenant.ready.append((route, id, word))

    def until_done(self, id: str) -> bool:
        """Waits for a job of one's own. False: it is not done yet, or has failed, which the end of the run finds out."""
        answer = self.client.ask("GET /v1/jobs/{id}", id, query={"wait": WAIT}, note=" (waits)")
        if answer.status != 200:
            self.shared.journal.fault(OWN, f"{self.name}: its job {id} was answered {answer.short}")
            return False
        return answer.json()["state"] == "done"
