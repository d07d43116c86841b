"""A token in the wrong hands: it walks along ids that other workspaces have, until it is locked."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from random import Random
from typing import Any

from chaos.trouble import Trouble, eventually

from .answer import difference, plain
from .client import Client, Shared
from .journal import BREACH, DIFFERENCE, REFUSED
from .shelf import Tenant
from .words import invented_id

# Of what others have it wants so many, or makes up the rest; more than the watch lets pass (40 in a minute).
MOST = 80
# How long it waits for others to have made something, and for a lock to be heard of at the other ingress.
PATIENCE = 5.0
ROUTES = (("GET /v1/tickets/{id}", ("ticket",)), ("GET /v1/runs/{id}", ("run",)), ("GET /v1/agents/{agent}", ("agent",)))


class Burglar(threading.Thread):
    def __init__(self, shared: Shared, tenant: Tenant, token_id: str, token: str, seed: int) -> None:
        super().__init__(name="burglar", daemon=True)
        self.token_id = token_id
        # Ids that it was answered 404 for before it was answered 429; None: it never was.
        self.locked_after: int | None = None
        # Whether the other ingress refused it too.
        self.is_locked_elsewhere = False
        self._shared, self._slug = shared, tenant.slug
        self._chance = Random(f"{seed} burglar")
        self._client = Client(shared, f"the burglar in {tenant.slug}", self._chance, tenant, token, may_be_locked=True)

    def run(self) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and len(self._ids(("ticket", "run", "agent"))) < MOST:
            if self._shared.stopping.wait(0.2):
                break
        try:
            self._walk()
        except (Trouble, ValueError, KeyError) as error:
            self._shared.journal.fault(REFUSED, f"{self._client.name}: {error}")
        self._client.close()

    def _ids(self, kinds: tuple[str, ...]) -> list[str]:
        return self._shared.shelf.all_foreign(self._slug, kinds)

    def _walk(self) -> None:
        first, second = self._shared.ports
        asked = 0
        while asked < MOST:
            for route, kinds in ROUTES:
                # The first of each route is nobody's: the others have to be answered alike.
                ids = [invented_id(self._chance, time.time())] + self._ids(kinds)[:MOST // len(ROUTES)]
                expected = None
                for id in ids:
                    answer = self._client.ask(route, id, port=first, note=" (the burglar)")
                    if answer.is_abnormal:
                        self.locked_after = asked
                        self._look_elsewhere(second)
                        return
                    asked += 1
                    self._shared.journal.denied(route, answer.status)
                    found = plain(answer, id)
                    expected = expected or found
                    if told := difference(found, expected):
                        self._shared.journal.fault(DIFFERENCE, f"{self._client.name}: {route} of {id}: {told}")
                    if answer.status < 400:
                        self._shared.journal.fault(BREACH, f"{self._client.name}: {route} of {id}: {answer.short}")

    def _look_elsewhere(self, port: int) -> None:
        try:
            eventually(
                "the other ingress refuses the token", PATIENCE,
                lambda: self._client.ask("GET /v1/workspace", port=port, note=" (the burglar)").is_abnormal, every=0.2)
            self.is_locked_elsewhere = True
        except Trouble:
            pass


# MARK: What is written down of it

@dataclass
class Told:
    """What the access log says of suspicious access."""

    # Entries of each action about the burglar's token.
    suspicious: int = 0
    locked: int = 0
    # About anybody else, a sentence each.
    others: list[str] = field(default_factory=list)


def told(entries: list[dict[str, Any]], token_id: str) -> Told:
    """Of entries as `mainstay audit tail --json` prints them. Pure."""
    found = Told()
    for entry in entries:
        if entry["subject"] != f"token:{token_id}":
            found.others.append(f"{entry['action']} of {entry['subject']}: {json.dumps(entry['details'])}")
        elif entry["action"] == "token.locked":
            found.locked += 1
        elif entry["details"].get("signal") == "id-walking":
            found.suspicious += 1
        else:
            found.others.append(f"{entry['action']} of the burglar: {json.dumps(entry['details'])}")
    return found
