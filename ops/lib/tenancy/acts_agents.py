"""Agents: private ones, published ones, drafts behind published ones, searches and forks. Those that leave an address: acts_leaving.py."""

from __future__ import annotations

import time
from typing import Any

from . import text
from .answer import Answer
from .journal import AGENT, FORK, LISTING, OWN, PUBLICATION, REFUSED, REPORT, VERSION
from .shelf import PRIVATE_NAME, Listing
from .user import User
from .words import PUBLIC, Words

# Reports in all: at most ten an hour are taken from one address, and all users have the same.
# A few more are the court's (acts_moderation.py).
MOST_REPORTS = 5
# Generations of character files, and a plugin of the registry that is imported (site.py).
SHAPES = ("v0", "v1", "v2")
PLUGIN = "@elizaos/plugin-bootstrap"
# What anybody reads as a whole.
OPEN_LISTS = ("GET /directory.atom", "GET /sitemap.xml", "GET /sitemap-plugins.xml", "GET /v1/plugins", "GET /v1/directory/removals")


def import_agent(user: User) -> None:
    """A private agent, or now and then another version of one."""
    if user.own.agents and user.chance.random() < 0.3:
        _take(user, user.chance.choice(user.own.agents), user.words.private)
        return
    made = import_new(user)
    if made is not None:
        user.own.agents.append(made[0])


def import_new(user: User) -> tuple[str, str] | None:
    """A private agent: its name and its id."""
    name = user.name_of(user.words.private)
    answer = _take(user, name, user.words.private)
    if answer is None:
        return None
    id: str = answer["id"]
    user.shared.shelf.put("agent", user.slug, id)
    user.shared.shelf.put(PRIVATE_NAME, user.slug, name)
    user.show("GET /v1/agents/{agent}", id, user.words.private)
    return name, id


def publish_agent(user: User) -> None:
    """A new agent for everybody, or the next version of one that is."""
    open_ones = [listing for listing in user.own.listings if listing.agent not in user.own.drafted]
    if open_ones and user.chance.random() < 0.3:
        listing = user.chance.choice(open_ones)
        if _take(user, listing.name, user.words.public) is not None:
            _publish(user, listing, stays=True)
        return
    publish_new(user, stays=True)


def draft(user: User) -> None:
    """A private version behind a published one: everybody goes on seeing, and forking, what was published."""
    open_ones = [listing for listing in user.own.listings if listing.agent not in user.own.drafted]
    if not open_ones:
        return import_agent(user)
    listing = user.chance.choice(open_ones)
    # Before the request: whatever becomes of it, this one is published no more.
    user.own.drafted.add(listing.agent)
    if _take(user, listing.name, user.words.private) is not None:
        user.show("GET /v1/agents/{agent}", listing.agent, user.words.private)


def deprecate(user: User) -> None:
    """Says that an agent of one's own is old, and takes that back. It can be forked all the while."""
    if not user.own.listings:
        return publish_agent(user)
    listing = user.chance.choice(user.own.listings)
    for document in ({"status": "deprecated", "reason": f"Older than {user.words.public}."}, {"status": "active"}):
        user.client.write("PUT /v1/agents/{agent}/{name}/status", listing.slug, listing.name, document=document, expect=(200,))


def publish_new(user: User, stays: bool, is_shown: bool = True) -> Listing | None:
    """- `stays`: it is not taken back. `is_shown`: others are told of it, and rely on it."""
    name = user.name_of(user.words.public)
    answer = _take(user, name, user.words.public)
    if answer is None:
        return None
    listing = Listing(user.person.tenant, name, answer["id"])
    return listing if _publish(user, listing, stays, is_shown) else None


def _publish(user: User, listing: Listing, stays: bool, is_shown: bool = True) -> bool:
    # What was said at the import is private, and this stands in its place.
    document = {"changelog": f"Knows {user.words.public} better. {text.prose(user.words.public, user.chance)}"}
    answer = user.client.write("POST /v1/agents/{agent}/publish", listing.agent, document=document, expect=(200,), key=user.key())
    if answer is None:
        return False
    version = answer.json()["publication"]["version"]
    user.accept(PUBLICATION, f"{listing.agent} {version}", listing.agent)
    if stays:
        user.accept(LISTING, listing.name, listing.agent)
    if stays and is_shown:
        user.shared.shelf.publish(listing, version)
        if listing not in user.own.listings:
            user.own.listings.append(listing)
    return True


def _take(user: User, name: str, word: str) -> dict[str, Any] | None:
    """Imports a file of that word under a name, as a new agent or a new version, and notes it."""
    document = text.character(word, user.words.sealed, user.serial, user.chance)
    query = {"name": name, "changelog": f"New at {user.words.private}."}
    answer = user.client.write("POST /v1/agents", query=query, document=document, expect=(200, 201), key=user.key())
    if answer is None:
        return None
    taken = answer.json()
    if not taken["stripped"]:
        user.shared.journal.fault(REFUSED, f"{user.name}: of {name} no secret was stripped: {answer.short}")
    if taken["change"] == "created":
        user.accept(AGENT, name, taken["id"])
    user.accept(VERSION, f"{name} {taken['version']}", taken["id"])
    return taken


# MARK: Others' agents

def search(user: User) -> None:
    """By words that many have, by a workspace's public word, and by one's own private one, which finds nothing."""
    listing = user.shared.shelf.listing(user.chance)
    words = ["harbors", "pilot", f"pilot {user.chance.randrange(9)}", user.words.private, listing.tenant.words.public if listing else "ships"]
    query = user.chance.choice([
        {"q": user.chance.choice(words), "limit": "20"}, {"sort": "forks", "limit": "20"}, {"sort": "newest", "facets": "true", "limit": "50"},
        {"owner": listing.slug if listing else user.slug, "limit": "20"}, {"tag": "harbors", "facets": "true", "limit": "10"},
    ])
    answer = read_public(user, "GET /v1/directory", query=query)
    if answer is not None and (cursor := answer.json().get("next_cursor")) and user.chance.random() < 0.5:
        read_public(user, "GET /v1/directory", query={**query, "cursor": cursor})


def read_listing(user: User) -> None:
    """Everything that the directory shows of one agent."""
    listing = user.shared.shelf.listing(user.chance)
    if listing is None:
        return search(user)
    word = listing.tenant.words.public
    place = (listing.slug, listing.name)
    versions = user.shared.shelf.versions(listing)
    route = user.chance.choice(["show", "show", "versions", "version", "diff", "card", "character", "feed"])
    if route == "show":
        read_public(user, "GET /v1/agents/{agent}/{name}", *place, word=word)
    elif route == "versions":
        read_public(user, "GET /v1/agents/{agent}/{name}/versions", *place, word=word)
    elif route == "version":
        read_public(user, "GET /v1/agents/{agent}/{name}/v/{version}", *place, user.chance.choice(versions), word=word)
    elif route == "diff":
        read_public(user, "GET /v1/agents/{agent}/{name}/diff", *place, query={"from": versions[0], "to": versions[-1]})
    elif route == "card":
        read_public(user, "GET /agents/{owner}/{name}/.well-known/agent-card.json", *place, word=word)
    elif route == "character":
        # Of a fork that was published it is the origin's word.
        read_public(user, "GET /v1/agents/{agent}/{name}/character", *place, query={"format": user.chance.choice(SHAPES)}, word=f"{PUBLIC}-")
        read_public(user, "GET /v1/agents/{agent}/{name}/v/{version}/character", *place, user.chance.choice(versions), word=f"{PUBLIC}-")
    elif user.chance.random() < 0.2:
        read_public(user, "GET /v1/plugins/{name}", PLUGIN, word=PLUGIN)
    else:
        read_public(user, user.chance.choice(OPEN_LISTS))


def read_character(user: User) -> None:
    """An agent of the workspace as a character file of a generation: a private one's is its members' alone."""
    ready = [id for route, id, _ in list(user.person.tenant.ready) if route == "GET /v1/agents/{agent}"]
    if not ready:
        return search(user)
    id = user.chance.choice(ready)
    answer = user.client.ask("GET /v1/agents/{agent}/character", id, query={"format": user.chance.choice(SHAPES)})
    if answer.status != 200 or not tells(answer.body, user.words):
        user.fault(f"GET /v1/agents/{{agent}}/character of {id}", answer)


def tells(body: bytes, words: Words) -> bool:
    """Whether a character of a workspace's own has one of the words that may be in it: its private one, or a public one of anybody's, for a
    fork's is its origin's, and of a fork of a published fork that of the first. Pure."""
    return words.private.encode() in body or f"{PUBLIC}-".encode() in body


def read_public(user: User, route: str, *words: str, query: dict[str, str] | None = None, word: str = "") -> Answer | None:
    """Reads what is open to anybody, half the time as nobody; a fault where it is not there or does not tell the word."""
    answer = user.client.ask(route, *words, query=query, is_open=user.chance.random() < 0.5, is_public=True)
    if answer.status == 200 and word.encode() in answer.body:
        return answer
    user.shared.journal.fault(OWN, f"{user.name}: {route} of {'/'.join(words)} {query or ''} was answered {answer.short}")
    return None


def fork(user: User) -> None:
    """Forks a published agent, nearly always another workspace's. Some forks are published in their turn."""
    listing = user.shared.shelf.listing(user.chance, None if user.chance.random() < 0.1 else user.slug)
    if listing is None or not user.forks.take():
        return search(user)
    take_fork(user, listing, is_for_all=user.chance.random() < 0.15)


def take_fork(user: User, listing: Listing, is_for_all: bool = False) -> str | None:
    """Forks an agent, waits for it and shows it. Returns the fork's id; None where it was refused, or is not done yet."""
    name = user.name_of(user.words.public if is_for_all else user.words.private)
    begin = time.monotonic()
    route = "POST /v1/agents/{agent}/{name}/forks"
    answer = user.client.write(route, listing.slug, listing.name, document={"name": name}, key=user.key())
    if answer is None:
        return None
    id: str = answer.json()["id"]
    user.accept(FORK, name, id)
    user.accept(VERSION, f"{name} 1", id)
    user.shared.shelf.put("agent", user.slug, id)
    if not is_for_all:
        user.shared.shelf.put(PRIVATE_NAME, user.slug, name)
    if not user.until_done(id):
        return None
    user.shared.journal.forked(time.monotonic() - begin)
    user.show("GET /v1/agents/{agent}", id, listing.tenant.words.public)
    if is_for_all:
        _publish(user, Listing(user.person.tenant, name, id), stays=True)
    return id


def report(user: User) -> None:
    """Reports another's agent, for a reason that weighs nothing, and asks what became of it."""
    listing = user.shared.shelf.to_report(user.chance, user.slug, MOST_REPORTS)
    if listing is None:
        return read_listing(user)
    take_report(user, listing, "not_working")


def take_report(user: User, listing: Listing, reason: str) -> str | None:
    """Returns what it says."""
    mark = user.mark("report")
    document = {"reason": reason, "text": mark, "contact": f"{user.words.private}@{user.slug}.example"}
    answer = user.client.write("POST /v1/agents/{agent}/{name}/reports", listing.slug, listing.name, document=document)
    if answer is None:
        return None
    receipt = answer.json()
    user.accept(REPORT, mark, receipt["id"])
    state = user.client.ask("GET /v1/reports/{id}", receipt["id"], query={"receipt": receipt["receipt"]}, is_open=True)
    if state.status != 200:
        user.shared.journal.fault(OWN, f"{user.name}: its report {receipt['id']} was answered {state.short}")
    return mark
