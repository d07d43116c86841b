"""What owners set up: keys of model providers, and what runs may use. And what everybody may see of it."""

from __future__ import annotations

from typing import Any

from .journal import BUDGET, CREDENTIAL
from .people import READING
from .user import User

# Keys that an owner keeps.
MOST = 3


def bring_key(user: User) -> None:
    """Brings a key of a provider, looks at what is shown of it, brings another one in its place or takes it away.

    Every key has the sealed word within it, and ends otherwise, for its end is shown. No provider has such a name, so that nobody is asked
    with it; the name has no word, since the access log, which operators read, names it.
    """
    route = "PUT /v1/provider-credentials/{provider}"
    is_new = len(user.own.providers) < MOST
    provider = user.plain_name("pilot") if is_new else user.chance.choice(user.own.providers)
    end = f"{user.chance.randrange(10_000):04}"
    answer = user.client.write(route, provider, document={"key": f"sk-{user.words.sealed}-{end}"}, expect=(200,))
    if answer is None:
        return
    if answer.json()["hint"] != end:
        user.fault(route, answer)
    if is_new:
        user.accept(CREDENTIAL, provider, provider)
        user.own.providers.append(provider)
        user.shared.shelf.put("credential", user.slug, provider)
    for route, words in (("GET /v1/provider-credentials/{provider}", (provider,)), ("GET /v1/provider-credentials", ())):
        shown = user.client.ask(route, *words)
        if shown.status != 200 or provider.encode() not in shown.body:
            user.fault(route, shown)
    if user.chance.random() < 0.3 and user.client.write("DELETE /v1/provider-credentials/{provider}", provider, expect=(204,)) is not None:
        user.withdraw(CREDENTIAL, provider)
        user.own.providers.remove(provider)


def set_budget(user: User, of_token: bool | None = None) -> None:
    """Bounds what runs of the workspace may use, or those of a token of its own, so far above what they do that none is refused."""
    document = {"runs_per_minute": 1_000_000, "tokens_per_day": 10**12 + user.chance.randrange(1_000), "cost_per_month": 1e9}
    if of_token is False or (of_token is None and user.chance.random() < 0.5):
        if user.client.write("PUT /v1/workspace/run-budget", document=document, expect=(200,)) is not None:
            user.accept(BUDGET, user.person.tenant.id, user.person.tenant.id)
        return
    made = user.client.write("POST /v1/tokens", document={"name": user.mark("token"), "scopes": READING}, expect=(201,), key=user.key())
    if made is None:
        return
    id = made.json()["id"]
    user.note_token(id)
    route = "PUT /v1/tokens/{id}/run-budget"
    if user.client.write(route, id, document=document, expect=(200,)) is None:
        return
    user.accept(BUDGET, id, id)
    user.show("GET /v1/tokens/{id}/run-budget", id, "")
    # An empty one takes it away.
    if user.chance.random() < 0.4 and user.client.write(route, id, document={}, expect=(200,)) is not None:
        user.withdraw(BUDGET, id)


def look_at_usage(user: User) -> None:
    """What may be used and was, by day and token: the tokens are the workspace's."""
    route = user.chance.choice(["GET /v1/workspace/run-budget", "GET /v1/workspace/run-usage"])
    answer = user.client.ask(route)
    if answer.status != 200:
        return user.fault(route, answer)
    items: list[dict[str, Any]] = answer.json().get("items", [])
    foreign = [item["token"] for item in items if user.shared.shelf.owner("token", item.get("token", "")) not in (None, user.slug)]
    if foreign:
        user.fault(f"{route}, with tokens of others: {foreign},", answer)
