"""Who takes part: workspaces, and in each of them an owner whom the operator has invited, and those whom the owner has."""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random
from typing import Any

from chaos.trouble import Trouble

from .answer import Answer
from .client import Client, Shared
from .journal import INVITATION, MEMBER, TOKEN
from .options import Options
from .shelf import Tenant
from .site import Site
from .words import Words

# By their places in a workspace. The first is the one whom the command line invites.
ROLES = ("owner", "maintainer", "member", "member", "viewer")
# What a token holds that is made for reading, and falls into a burglar's hands.
READING = ["tickets:read", "agents:read", "runs:read", "profiles:read", "jobs:read"]


@dataclass
class Person:
    """A member with its token."""

    number: int
    tenant: Tenant
    role: str
    token: str

    @property
    def name(self) -> str:
        return f"user {self.number} ({self.role} of {self.tenant.slug})"


def tenants(options: Options) -> list[Tenant]:
    """Those of the users, and behind them the one that is deleted and restored."""
    return [Tenant(f"dock-{number}", Words.draw(Random(f"{options.seed} words {number}"))) for number in range(1, options.workspaces + 2)]


def invite_all(site: Site, shared: Shared, options: Options) -> list[Person]:
    """Makes the workspaces at the command line, and everything in them over HTTP. The last one is the owner of the last workspace."""
    nobody = Client(shared, "somebody invited", Random(f"{options.seed} invited"))
    people: list[Person] = []
    owners: list[Client] = []
    for number in range(options.users):
        tenant = shared.tenants[number % options.workspaces]
        role = ROLES[number // options.workspaces % len(ROLES)]
        email = f"{tenant.words.private}-{number}@{tenant.slug}.example"
        if number < options.workspaces:
            secret = _first_invitation(site, shared, tenant, email)
        else:
            secret = invite(owners[number % options.workspaces], role, email)["token"]
        token = accept(nobody, tenant, secret, f"Ann {tenant.words.private} {number}", email)["token"]["token"]
        people.append(Person(number, tenant, role, token))
        if number < options.workspaces:
            owners.append(Client(shared, people[-1].name, Random(f"{options.seed} owner {number}"), tenant, token))
    for owner in owners:
        owner.close()
    last = shared.tenants[-1]
    email = f"{last.words.private}-{options.users}@{last.slug}.example"
    joined = accept(nobody, last, _first_invitation(site, shared, last, email), f"Ann {last.words.private}", email)
    nobody.close()
    return [*people, Person(options.users, last, "owner", joined["token"]["token"])]


def _first_invitation(site: Site, shared: Shared, tenant: Tenant, email: str) -> str:
    site.command("workspace", "create", f"Dock {tenant.words.private}", "--slug", tenant.slug)
    printed = site.command("workspace", "invite", tenant.slug, "--role", "owner", "--email", email, "--json")
    invitation = json.loads(printed)["rows"][0]
    shared.journal.accept(INVITATION, tenant.slug, invitation["id"], invitation["id"])
    return invitation["token"]


def invite(client: Client, role: str, email: str) -> dict[str, Any]:
    """Invites somebody into the client's workspace. Returns the invitation with its secret."""
    answer = client.ask("POST /v1/workspace/invitations", document={"role": role, "email": email, "days": 1})
    invitation = _made(answer, client.name)
    assert client.tenant is not None
    client.shared.journal.accept(INVITATION, client.tenant.slug, invitation["id"], invitation["id"])
    client.shared.shelf.put("invitation", client.tenant.slug, invitation["id"])
    return invitation


def accept(nobody: Client, tenant: Tenant, secret: str, name: str, email: str) -> dict[str, Any]:
    """What whoever accepts is answered: workspace, member, token."""
    # Whoever accepts becomes one of this workspace, and is told its name.
    guest = Client(nobody.shared, f"somebody invited into {tenant.slug}", nobody.chance, tenant)
    try:
        answer = guest.ask("POST /v1/invitations/accept", document={"token": secret, "name": name, "email": email})
    finally:
        guest.close()
    joined = _made(answer, guest.name)
    if tenant.id not in ("", joined["workspace"]["id"]):
        raise Trouble(f"an invitation into {tenant.slug} led into the workspace {joined['workspace']['id']}")
    tenant.id = joined["workspace"]["id"]
    for kind, part in ((MEMBER, joined["member"]), (TOKEN, joined["token"])):
        nobody.shared.journal.accept(kind, tenant.slug, part["id"], part["id"])
        nobody.shared.shelf.put(kind, tenant.slug, part["id"])
    return joined


def reading_token(shared: Shared, owner: Person) -> tuple[str, str]:
    """Another token of the owner's, which only reads. Returns its id and its secret."""
    client = Client(shared, owner.name, Random(0), owner.tenant, owner.token)
    try:
        token = _made(client.ask("POST /v1/tokens", document={"name": f"reads {owner.tenant.words.private}", "scopes": READING}), client.name)
    finally:
        client.close()
    shared.journal.accept(TOKEN, owner.tenant.slug, token["id"], token["id"])
    return token["id"], token["token"]


def _made(answer: Answer, name: str) -> dict[str, Any]:
    if answer.status != 201:
        raise Trouble(f"{name}: wanted is 201, and the answer was {answer.short}")
    return answer.json()
