"""Operators: two of them, made by the command line. What they read is held against nobody, unless it is sealed."""

from __future__ import annotations

import time
from random import Random
from typing import Any

from chaos.trouble import Trouble

from .client import Client, Shared
from .journal import REFUSED
from .site import Site
from .words import invented_id

NAMES = ("ann", "ben")
# About one workspace: nothing of others may be in the answer.
OF_ONE = ("GET /v1/operations/jobs", "GET /v1/operations/access-log", "GET /v1/operations/dead-letters")

# About what nobody has.
OF_NOTHING = (
    "GET /v1/operations/dead-letters/{id}", "POST /v1/operations/dead-letters/{id}/replay", "POST /v1/operations/dead-letters/{id}/discard",
    "POST /v1/operations/jobs/{id}/cancel",
)


def secrets(site: Site) -> tuple[str, str]:
    first, second = (site.command("token", "create", "--operator", "--name", name).split()[-1] for name in NAMES)
    return first, second


class Operator:
    def __init__(self, shared: Shared, name: str, chance: Random, token: str) -> None:
        self.client = Client(shared, f"the operator {name}", chance, token=token, sees_all=True)
        self._shared, self._chance = shared, chance

    # MARK: Cases

    def cases(self, kind: str) -> list[dict[str, Any]]:
        answer = self.client.ask("GET /v1/operations/agent-reports", query={"limit": "200"})
        if answer.status != 200:
            raise Trouble(f"{self.client.name}: the queue of cases was answered {answer.short}")
        return [case for case in answer.json()["items"] if case["kind"] == kind]

    def case(self, address: str, kind: str) -> str:
        """The open case about an agent."""
        found: list[str] = [case["case"] for case in self.cases(kind) if case["agent"] == address]
        if len(found) != 1:
            raise Trouble(f"{self.client.name}: {len(found)} cases of the kind {kind} about {address} are open")
        return found[0]

    def decide(self, case: str, document: dict[str, Any]) -> dict[str, Any]:
        answer = self.client.write("POST /v1/operations/agent-reports/{case}/decision", case, document=document, expect=(200,))
        if answer is None:
            raise Trouble(f"{self.client.name}: the case {case} could not be decided")
        decided: dict[str, Any] = answer.json()
        return decided

    # MARK: Everything else

    def look_around(self) -> None:
        """One of the things that operators read, about one workspace or about all."""
        tenant = self._chance.choice(self._shared.tenants)
        for route in OF_ONE:
            self._read(route, query={"workspace": tenant.slug, "limit": "100"}, whose=tenant.slug)
        self._read("GET /v1/operations/overview")
        self._read("GET /v1/operations/queues/{queue}", self._chance.choice(["tickets", "runs", "forks", "profiles"]))
        found = self._shared.shelf.foreign("ticket", "", self._chance)
        if found is not None:
            self._read("GET /v1/operations/jobs/{id}", found[1], whose=found[0])
        # Nothing has died, so there is nothing to be replayed.
        self._ask("POST /v1/operations/dead-letters/replay", 200, document={"all": True, "dry_run": True})
        for route in OF_NOTHING:
            self._ask(route, 404, invented_id(self._chance, time.time()), document=None if route.startswith("GET") else {})

    def pause(self, queue: str) -> None:
        """What is sent meanwhile waits, and goes on by itself."""
        self._ask("POST /v1/operations/queues/{queue}/pause", 200, queue, document={"reason": "a look"})
        self._ask("POST /v1/operations/queues/{queue}/resume", 200, queue, document={})

    def _read(self, route: str, *words: str, **more: Any) -> None:
        self._ask(route, 200, *words, **more)

    def _ask(self, route: str, status: int, *words: str, **more: Any) -> None:
        answer = self.client.ask(route, *words, **more)
        if answer.status != status:
            self._shared.journal.fault(REFUSED, f"{self.client.name}: {route} of {' '.join(words)} was answered {answer.short}")
