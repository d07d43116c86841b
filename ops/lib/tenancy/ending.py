"""A workspace that is deleted in the middle of its work, restored by its owner, and used as before.

It is one of its own, beside those of the users: with a deleted one nobody could go on.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from chaos.trouble import Trouble

from .acts_agents import import_agent, publish_new
from .acts_leaving import look_for_withdrawal, moment, rename_as_others, rename_private, rename_published
from .acts_memory import forget, remember
from .acts_people import read_own, welcome
from .acts_settings import bring_key, set_budget
from .acts_tools import use_tool
from .acts_work import open_ticket
from .client import Shared
from .journal import OWN, REFUSED, TICKET
from .people import Person
from .shelf import Listing
from .text import ticket
from .user import User

# Seconds of work before it, and in which every ingress has heard of the deletion, or of the restoring.
BEFORE, HEARD = 3.0, 5.0


class Ending(threading.Thread):
    def __init__(self, shared: Shared, owner: Person, seed: int) -> None:
        super().__init__(name="ending", daemon=True)
        self._shared = shared
        self._user = User(shared, owner, seed, [])

    def run(self) -> None:
        try:
            self._go()
        except (Trouble, ValueError, KeyError, TypeError, IndexError) as error:
            self._shared.journal.fault(REFUSED, f"{self._user.name}: {type(error).__name__}: {error}")
        self._user.client.close()

    def _go(self) -> None:
        user = self._user
        for act in (open_ticket, import_agent, remember, use_tool, bring_key):
            act(user)
        for of_token in (False, True):
            set_budget(user, of_token)
        welcome(user, parts=True)
        rename_private(user)
        listing = publish_new(user, stays=True, is_shown=False)
        listing = listing and rename_published(user, listing)
        self._shared.stopping.wait(BEFORE)
        if listing:
            rename_as_others(user, listing.agent)
        tickets = [id for id in (self._open() for _ in range(3)) if id]
        since = moment()
        self._change("DELETE /v1/workspace", 403)
        self._look_for(listing, 404, since, {"status": "withdrawn"})
        self._change("POST /v1/workspace/restore", 200)
        self._look_for(listing, 200, since, None)
        # What was accepted before is done, whatever became of the workspace meanwhile.
        for id in tickets:
            if not user.until_done(id):
                self._shared.journal.fault(OWN, f"{user.name}: the ticket {id}, sent before the workspace was deleted, is not done")
        while True:
            for act in (open_ticket, read_own, remember, read_own, forget):
                act(user)
            if self._shared.stopping.wait(1.0):
                return

    def _open(self) -> str:
        """A ticket that nobody waits for."""
        user = self._user
        mark = user.mark("ticket")
        answer = user.client.write("POST /v1/tickets", document=ticket(mark, user.words.private, user.chance), key=user.key())
        if answer is None:
            return ""
        id: str = answer.json()["id"]
        user.accept(TICKET, mark, id)
        return id

    def _change(self, route: str, status: int) -> None:
        """Deletes or restores, and waits until each ingress answers the owner's token with `status`."""
        user = self._user
        if user.client.write(route, document={}, expect=(200,)) is None:
            raise Trouble(f"{route} was refused")
        for port in self._shared.ports:
            end = time.monotonic() + HEARD
            while (answer := user.client.ask("GET /v1/workspace", port=port, note=" (deleted or restored)")).status != status:
                if time.monotonic() > end:
                    return user.fault(f"GET /v1/workspace, {HEARD:.0f} s after {route},", answer)
                time.sleep(0.5)

    def _look_for(self, listing: Listing | None, status: int, since: str, told: dict[str, Any] | None) -> None:
        """What a deleted workspace has published is not in the directory, and copies of it are told so; what a restored one has is again."""
        if listing is None:
            return
        answer = self._user.client.ask("GET /v1/agents/{agent}/{name}", listing.slug, listing.name, is_open=True, note=" (deleted or restored)")
        if answer.status != status:
            self._user.fault(f"GET /v1/agents/{{agent}}/{{name}} of {listing.address}, where {status} is right,", answer)
        look_for_withdrawal(self._user, listing, since, told)
