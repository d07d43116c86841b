"""Agents that leave an address, named anew or taken back, and what whoever keeps a copy of the directory hears of it."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from .acts_agents import import_new, publish_new, read_public
from .journal import AGENT, LISTING, OWN, REFUSED, VERSION
from .probes import BY_ID, compare
from .shelf import PRIVATE_NAME, Listing
from .user import User
from .words import invented_id

RENAME, WITHDRAWALS = "PATCH /v1/agents/{agent}", "GET /v1/directory/withdrawals"
# As many as one page holds, and how far back somebody looks who only looks around, in seconds.
PAGE, BACK = "200", 10.0


def rename(user: User) -> None:
    """An agent of one's own gets another name: a private one, of which nobody else hears, or a published one."""
    if user.chance.random() < 0.5:
        rename_private(user)
    # Nobody was told of it, so nobody relies on its first name.
    elif listing := publish_new(user, stays=True, is_shown=False):
        rename_published(user, listing)


def rename_private(user: User) -> None:
    made = import_new(user)
    if made is None:
        return
    old, id = made
    name = user.name_of(user.words.private)
    if not _rename(user, id, old, name):
        return
    user.own.agents.append(name)
    user.shared.shelf.put(PRIVATE_NAME, user.slug, name)
    for each, wanted in ((old, []), (name, [id])):
        answer = user.client.ask("GET /v1/agents", query={"name": each})
        if answer.status != 200 or [item["id"] for item in answer.json()["items"]] != wanted:
            user.fault(f"GET /v1/agents of the name {each}, where {wanted} is right,", answer)


def rename_published(user: User, listing: Listing) -> Listing | None:
    """The old address leads to the new one, and copies of the directory are told so. Returns where it is now."""
    since, name = moment(), user.name_of(user.words.public)
    if not _rename(user, listing.agent, listing.name, name):
        return None
    user.withdraw(LISTING, listing.name)
    user.accept(LISTING, name, listing.agent)
    now = replace(listing, name=name)
    old = user.client.ask("GET /v1/agents/{agent}/{name}", listing.slug, listing.name, is_open=True, note=" (renamed)")
    if old.status != 301 or old.header("location") != f"/v1/agents/{now.address}":
        user.fault(f"GET /v1/agents/{{agent}}/{{name}} of {listing.address}, which is {now.address} now,", old)
    look_for_withdrawal(user, listing, since, {"status": "renamed", "moved_to": {"owner": now.slug, "name": now.name}})
    return now


def withdraw(user: User) -> None:
    """Publishes an agent and takes it back. Nobody forks it, for nobody is told of it; who finds it meanwhile may read it."""
    listing = publish_new(user, stays=False)
    if listing is None:
        return
    since = moment()
    if user.client.write("DELETE /v1/agents/{agent}/publish", listing.agent, expect=(204,)) is None:
        return
    answer = user.client.ask("GET /v1/agents/{agent}/{name}", listing.slug, listing.name, is_open=True)
    if answer.status != 404:
        user.shared.journal.fault(REFUSED, f"{user.name}: {listing.address} was taken back, and was answered {answer.short}")
    look_for_withdrawal(user, listing, since, {"status": "withdrawn"})


def rename_as_others(user: User, id: str) -> None:
    """Nobody names an agent anew without a token, and nobody another workspace's: that one is as unknown as one that nobody has."""
    answer = user.client.ask(RENAME, id, document={"name": "anybodys"}, is_open=True, note=" (no token)")
    if answer.status != 401:
        user.fault(f"{RENAME} without a token", answer, REFUSED)
    found = user.shared.shelf.foreign("agent", user.slug, user.chance)
    if found is not None:
        compare(user.client, next(probe for probe in BY_ID if probe.route == RENAME), found[1], invented_id(user.chance, time.time()))


def _rename(user: User, id: str, old: str, name: str) -> bool:
    """Names it anew and notes it, with its versions, under the new name."""
    answer = user.client.write(RENAME, id, document={"name": name}, expect=(200,))
    if answer is None:
        return False
    renamed = answer.json()
    if (renamed["id"], renamed["name"]) != (id, name):
        user.fault(f"{RENAME} of {id} to {name}", answer)
    user.withdraw(AGENT, old)
    user.accept(AGENT, name, id)
    for number in range(1, renamed["version"] + 1):
        user.withdraw(VERSION, f"{old} {number}")
        user.accept(VERSION, f"{name} {number}", id)
    return True


# MARK: What left

def moment(back: float = 0.0) -> str:
    """So many seconds ago, cut to a whole second: whatever is done from now on is not before it."""
    return datetime.fromtimestamp(time.time() - back, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def follow_withdrawals(user: User) -> None:
    """As somebody who keeps a copy: what left lately, half the time without a token. No private word may be told."""
    read_public(user, WITHDRAWALS, query={"updated_since": moment(BACK), "limit": PAGE})


def look_for_withdrawal(user: User, listing: Listing, since: str, wanted: dict[str, Any] | None) -> None:
    """Whether everybody is told of an address that left at `since` or later what is wanted, beside the address and the time; None: nothing."""
    query = {"updated_since": since, "limit": PAGE}
    told: list[dict[str, Any]] = []
    while True:
        answer = user.client.ask(WITHDRAWALS, query=query, is_open=True)
        if answer.status != 200:
            return user.fault(WITHDRAWALS, answer)
        page = answer.json()
        told += [item for item in page["items"] if (item["owner"], item["name"]) == (listing.slug, listing.name)]
        if not page.get("next_cursor"):
            break
        query = {**query, "cursor": page["next_cursor"]}
    if not is_told(told, wanted):
        user.shared.journal.fault(OWN, f"{user.name}: of {listing.address} {WITHDRAWALS} since {since} told {told}, where {wanted} is right")


def is_told(told: list[dict[str, Any]], wanted: dict[str, Any] | None) -> bool:
    """Whether an address is told of once, and just so, or not at all where nothing is wanted. Pure."""
    if wanted is None:
        return not told
    kept = [{key: value for key, value in item.items() if key not in ("owner", "name", "updated_at")} for item in told]
    return kept == [wanted]
