"""Asking for what others have, by its id or name, and in the same breath for what nobody has: both have to be answered alike."""

from __future__ import annotations

import time
from dataclasses import dataclass
from random import Random
from typing import Any

from .answer import Plain, difference, plain
from .client import Client
from .journal import BREACH, DIFFERENCE
from .shelf import PRIVATE_NAME
from .user import User
from .words import LENGTH, PRIVATE, invented_id, letters

# Under the word of a body's member that is to hold the id.
ID = "{id}"


@dataclass(frozen=True)
class Probe:
    """A route with something of another's in its path, its query or its body."""

    route: str
    # Of what is put there, as the shelf calls it.
    kind: str
    document: Any = None
    query: str = ""

    @property
    def is_in_path(self) -> bool:
        return "{" in self.route

    @property
    def is_open(self) -> bool:
        """Names of agents are asked for without a token where anybody may ask."""
        return self.kind == PRIVATE_NAME and self.route.startswith("GET ") and self.is_in_path and not self.route.startswith("GET /v1/models")


BY_ID = (
    Probe("GET /v1/tickets/{id}", "ticket"), Probe("POST /v1/tickets/{id}/replies", "ticket", {"body": "Mine?"}),
    Probe("POST /v1/tickets/{id}/close", "ticket", {}),
    Probe("GET /v1/runs/{id}", "run"), Probe("GET /v1/runs/{id}/events", "run"), Probe("POST /v1/runs/{id}/cancel", "run", {}),
    Probe("POST /v1/runs/{id}/tool-results", "run", [{"id": "call", "output": "Mine."}]),
    Probe("GET /v1/build-profiles/{id}", "profile"),
    Probe("GET /v1/jobs/{id}", "ticket"), Probe("GET /v1/jobs/{id}", "run"), Probe("GET /v1/jobs/{id}", "profile"),
    Probe("POST /v1/jobs/{id}/cancel", "run", {}), Probe("POST /v1/jobs/{id}/cancel", "ticket", {}),
    Probe("GET /v1/job-groups/{id}", "ticket"),
    Probe("GET /v1/agents/{agent}", "agent"), Probe("PATCH /v1/agents/{agent}", "agent", {"name": "mine-now"}),
    Probe("POST /v1/agents/{agent}/publish", "agent", {}), Probe("DELETE /v1/agents/{agent}/publish", "agent"),
    Probe("GET /v1/agents/{agent}/moderation", "agent"), Probe("POST /v1/agents/{agent}/appeals", "agent", {"text": "Mine."}),
    Probe("POST /v1/notices/{id}/read", "agent", {}),
    Probe("DELETE /v1/tokens/{id}", "token"), Probe("POST /v1/tokens/{id}/rotate", "token", {}),
    Probe("PATCH /v1/workspace/members/{id}", "member", {"role": "viewer"}), Probe("DELETE /v1/workspace/members/{id}", "member"),
    Probe("POST /v1/workspace/transfer", "member", {"member": ID}), Probe("DELETE /v1/workspace/invitations/{id}", "invitation"),
    Probe("POST /v1/runs", "agent", {"messages": [{"role": "user", "content": "Who are you?"}], "agent": ID}),
    Probe("GET /v1/agents/{agent}/character", "agent"), Probe("POST /v1/notices/{id}/read", "notice", {}),
    Probe("GET /v1/agents/{agent}/moderation", "accused"), Probe("POST /v1/agents/{agent}/appeals", "accused", {"text": "Mine."}),
    Probe("GET /v1/memories/{id}", "memory"), Probe("DELETE /v1/memories/{id}", "memory"),
    Probe("POST /v1/memories", "agent", {"content": "Mine.", "agent": ID}), Probe("GET /v1/memories", "agent", query="agent"),
    Probe("GET /v1/tools/{id}", "tool"), Probe("DELETE /v1/tools/{id}", "tool"), Probe("POST /v1/tools/{id}/rotate", "tool", {}),
    Probe("PUT /v1/tools/{id}", "tool", {"name": "mine", "url": "https://tools.example/mine"}), Probe("POST /v1/tools/{id}/test", "tool", {}),
    Probe("GET /v1/tokens/{id}/run-budget", "token"), Probe("PUT /v1/tokens/{id}/run-budget", "token", {"tokens_per_day": 0}),
    Probe("GET /v1/provider-credentials/{provider}", "credential"), Probe("DELETE /v1/provider-credentials/{provider}", "credential"),
    Probe("GET /v1/responses/{id}", "run"), Probe("POST /v1/responses/{id}/cancel", "run", {}),
    Probe("POST /v1/responses", "run", {"model": "scripted-fast", "input": "And then?", "previous_response_id": ID}),
    Probe("POST /v1/chat/completions", "agent", {"model": "scripted-fast", "messages": [{"role": "user", "content": "Who?"}], "agent": ID}),
)
BY_NAME = (
    Probe("GET /v1/agents", PRIVATE_NAME, query="name"), Probe("GET /v1/agents/{agent}/{name}", PRIVATE_NAME),
    Probe("GET /v1/agents/{agent}/{name}/versions", PRIVATE_NAME), Probe("GET /v1/agents/{agent}/{name}/v/{version}", PRIVATE_NAME),
    Probe("GET /agents/{owner}/{name}/.well-known/agent-card.json", PRIVATE_NAME), Probe("POST /v1/agents/{agent}/{name}/forks", PRIVATE_NAME, {}),
    Probe("POST /v1/runs", PRIVATE_NAME, {"messages": [{"role": "user", "content": "Who are you?"}], "agent": ID}),
    Probe("GET /v1/agents/{agent}/{name}/character", PRIVATE_NAME), Probe("GET /v1/agents/{agent}/{name}/v/{version}/character", PRIVATE_NAME),
    Probe("GET /v1/models/{model}/{name}", PRIVATE_NAME),
    Probe("POST /v1/chat/completions", PRIVATE_NAME, {"model": ID, "messages": [{"role": "user", "content": "Who are you?"}]}),
    Probe("POST /v1/messages", PRIVATE_NAME, {"model": ID, "max_tokens": 9, "messages": [{"role": "user", "content": "Who are you?"}]}),
)
# The watch slows whoever asks for what eight other workspaces keep to themselves; nobody but the burglar comes near that.
MOST_OWNERS = 3


def probe(user: User) -> None:
    if not user.probes.take():
        return
    chosen = user.chance.choice(BY_ID if user.chance.random() < 0.75 else BY_NAME)
    found = user.shared.shelf.foreign(chosen.kind, user.slug, user.chance)
    if found is None:
        return
    owner, thing = found
    if chosen.kind != PRIVATE_NAME:
        compare(user.client, chosen, thing, invented_id(user.chance, time.time()))
    elif chosen.is_open or not chosen.is_in_path or _is_near(user, owner):
        compare(user.client, chosen, thing, _invented_name(thing, user.chance), owner)


def _is_near(user: User, owner: str) -> bool:
    """Whether a workspace is among the few others whose names this user asks for with its token."""
    others = sorted(tenant.slug for tenant in user.shared.tenants if tenant.slug != user.slug)
    start = user.person.number % len(others)
    return owner in (others + others)[start:start + MOST_OWNERS]


def _invented_name(name: str, chance: Random) -> str:
    """One that nobody has, like this one."""
    return f"{PRIVATE}-{letters(chance)}{name[len(PRIVATE) + 1 + LENGTH:]}"


def compare(client: Client, probe: Probe, thing: str, nothing: str, owner: str = "") -> None:
    """Asks for both at one ingress, and notes where the answers are not the same."""
    journal = client.shared.journal
    port = client.chance.choice(client.shared.ports)
    known, unknown = (ask(client, probe, word, owner, port) for word in (thing, nothing))
    journal.probed()
    journal.denied(probe.route, known.status)
    told = difference(known, unknown)
    if told:
        journal.fault(DIFFERENCE, f"{client.name}: {probe.route} of {thing}, which another workspace has, and of {nothing}: {told}")
    # A list of nothing is no way in.
    if known.status < 400 and not (probe.query and '"items": []' in known.text):
        journal.fault(BREACH, f"{client.name}: {probe.route} of {thing}: {known.status} {known.text[:200]}")


def ask(client: Client, probe: Probe, word: str, owner: str = "", port: int | None = None) -> Plain:
    """What is left of the answer for one thing."""
    words: tuple[str, ...] = ()
    if probe.is_in_path:
        words = ((owner,) if owner else ()) + (word,) + (("1.0.0",) if "{version}" in probe.route else ())
    query = {probe.query: word} if probe.query else None
    answer = client.ask(
        probe.route, *words, query=query, document=_filled(probe.document, f"{owner}/{word}" if owner else word), port=port, note=" (another's)",
        is_open=probe.is_open)
    return plain(answer, word)


def _filled(document: Any, word: str) -> Any:
    if not isinstance(document, dict):
        return document
    return {name: word if value == ID else value for name, value in document.items()}

