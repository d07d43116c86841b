"""Members, invitations, tokens; lists of all that there is; and what a role does not allow."""

from __future__ import annotations

import time
from typing import Any

from .client import Client
from .journal import MEMBER, OWN, REFUSED, TOKEN
from .people import READING, accept, invite
from .user import User

# Lists of the workspace, and which roles may read them. Runs have no list.
LISTS = (
    ("GET /v1/tickets", None), ("GET /v1/agents", None), ("GET /v1/build-profiles", None), ("GET /v1/notices", None),
    ("GET /v1/workspace/members", None), ("GET /v1/workspace/invitations", "maintainer"), ("GET /v1/tokens", "maintainer"),
)
RANKS = {"viewer": 0, "member": 1, "maintainer": 2, "owner": 3}
# Seconds in which the token of whoever was removed is refused everywhere.
SHUT_OUT = 5.0
# What no member may, by scope: it is the operators'.
FOR_OPERATORS = ("GET /v1/operations/overview", "GET /v1/operations/jobs", "GET /v1/operations/dead-letters")


def read_list(user: User) -> None:
    """A page of a list, and the next one where there is one."""
    allowed = [route for route, role in LISTS if role is None or RANKS[user.person.role] >= RANKS[role]]
    route = user.chance.choice(allowed)
    query = {"limit": str(user.chance.choice([10, 50, 200]))}
    if route == "GET /v1/build-profiles" and user.chance.random() < 0.3:
        query["step"] = user.words.private
    for _ in range(2):
        answer = user.client.ask(route, query=query)
        if answer.status != 200:
            user.shared.journal.fault(OWN, f"{user.name}: {route} was answered {answer.short}")
            return
        cursor = answer.json().get("next_cursor")
        if not cursor:
            return
        query = {**query, "cursor": cursor}


def read_own(user: User) -> None:
    """Something that a fellow member or this one has made, which all of the workspace may read, with its word in it."""
    ready = user.person.tenant.ready
    if not ready:
        return who_am_i(user)
    # The list only grows, so whoever appends meanwhile is no matter.
    route, id, word = ready[user.chance.randrange(len(ready))]
    answer = user.client.ask(route, id)
    if answer.status != 200 or word.encode() not in answer.body:
        user.shared.journal.fault(OWN, f"{user.name}: {route} of {id} was answered {answer.short}")


def who_am_i(user: User) -> None:
    answer = user.client.ask("GET /v1/workspace")
    if answer.status != 200 or answer.json()["slug"] != user.slug:
        user.shared.journal.fault(OWN, f"{user.name}: GET /v1/workspace was answered {answer.short}")


def make_token(user: User) -> None:
    """Makes a token, now and then puts another one in its place, and ends it."""
    document = {"name": user.mark("token"), "scopes": READING}
    answer = user.client.write("POST /v1/tokens", document=document, expect=(201,), key=user.key())
    if answer is None:
        return
    id = answer.json()["id"]
    user.note_token(id)
    if user.chance.random() < 0.5:
        rotated = user.client.write("POST /v1/tokens/{id}/rotate", id, document={"overlap_seconds": 60}, expect=(201,), key=user.key())
        if rotated is not None:
            user.note_token(rotated.json()["id"])
    user.client.write("DELETE /v1/tokens/{id}", id, expect=(204,))


def welcome(user: User, parts: bool | None = None) -> None:
    """Invites somebody who reads; who takes it, looks around and may part again, or whose invitation is taken back.

    - `parts`: whether the guest comes, and parts; by chance without it.
    """
    name = user.mark("Ann")
    email = f"{user.name_of(user.words.private)}@{user.slug}.example"
    invitation = invite(user.client, "viewer", email)
    if parts is None and user.chance.random() < 0.5:
        user.client.write("DELETE /v1/workspace/invitations/{id}", invitation["id"], expect=(204,))
        return
    joined = accept(user.client, user.person.tenant, invitation["token"], name, email)
    guest = Client(user.shared, f"a guest of {user.slug}", user.chance, user.person.tenant, joined["token"]["token"])
    try:
        for route in ("GET /v1/workspace", "GET /v1/workspace/members", "GET /v1/tickets"):
            answer = guest.ask(route)
            if answer.status != 200:
                user.shared.journal.fault(OWN, f"{guest.name}: {route} was answered {answer.short}")
        if parts or (parts is None and user.chance.random() < 0.5):
            _part(user, guest, joined)
    finally:
        guest.close()


def _part(user: User, guest: Client, joined: dict[str, Any]) -> None:
    """The guest is given another role, and then is removed, or leaves; its token goes along, and soon opens nothing any more."""
    whoever = user.chance.choice([user.client, guest])
    member, token = joined["member"]["id"], joined["token"]["id"]
    user.client.write("PATCH /v1/workspace/members/{id}", member, document={"role": "member"}, expect=(200,))
    if whoever.write("DELETE /v1/workspace/members/{id}", member, expect=(204,)) is None:
        return
    user.withdraw(MEMBER, member)
    user.withdraw(TOKEN, token)
    end = time.monotonic() + SHUT_OUT
    while user.shared.refusals.take():
        answer = guest.ask("GET /v1/workspace", note=" (removed)")
        if answer.status == 401:
            return
        if time.monotonic() > end:
            return user.shared.journal.fault(OWN, f"{guest.name}, who was removed, was answered {answer.short}")
        time.sleep(0.5)


def export(user: User) -> None:
    """All rows that the workspace has, as its owner takes them along."""
    answer = user.client.ask("GET /v1/workspace/export")
    if answer.status != 200 or user.words.private.encode() not in answer.body:
        user.shared.journal.fault(OWN, f"{user.name}: the export was answered {answer.short}")


def overreach(user: User) -> None:
    """Asks for what the role does not allow, without naming anything of anybody's."""
    route = user.chance.choice(FOR_OPERATORS)
    document = None
    if user.person.role == "viewer" and user.chance.random() < 0.6:
        route, document = "POST /v1/tickets", {"subject": user.mark("refused"), "body": user.words.private}
    elif user.person.role in ("viewer", "member") and user.chance.random() < 0.6:
        route = "GET /v1/tokens"
    answer = user.client.ask(route, document=document, note=" (not allowed)")
    user.shared.journal.denied(route, answer.status)
    if answer.status != 403:
        user.shared.journal.fault(REFUSED, f"{user.name} must not do {route}, and was answered {answer.short}")
