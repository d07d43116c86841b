"""The endpoints of other APIs: the same runs, asked for and told in their words."""

from __future__ import annotations

from typing import Any

from .answer import EVENTS, Answer, event_payloads, streamed
from .journal import CANCELLATION, OWN, REFUSED, RUN, TURN
from .user import User

# Responses that a user keeps to go on from, and how long a conversation becomes.
MOST = 8


def chat(user: User) -> None:
    mark = user.mark("run")
    document: dict[str, Any] = {
        "model": _model(user), "metadata": {"mark": mark},
        "messages": [{"role": "system", "content": f"You know {user.words.private}."}, _said(mark)],
    }
    _answered(user, "POST /v1/chat/completions", document, mark)


def say(user: User) -> None:
    """That API has no notes of the caller's own, so the run is known by its id."""
    document: dict[str, Any] = {
        "model": _model(user), "max_tokens": 500, "system": [{"type": "text", "text": f"You know {user.words.private}."}],
        "messages": [{"role": "user", "content": [{"type": "text", "text": _said(user.mark("message"))["content"]}]}],
    }
    _answered(user, "POST /v1/messages", document)


def respond(user: User) -> None:
    """A response, half of them one that goes on from an earlier one of one's own."""
    mark = user.mark("run")
    document = _response(user, mark)
    if user.own.responses and user.chance.random() < 0.5:
        document["previous_response_id"] = user.own.responses.pop(user.chance.randrange(len(user.own.responses)))
    run = _answered(user, "POST /v1/responses", document, mark)
    if run:
        _keep(user, run)


def respond_later(user: User) -> None:
    """A response that nobody waits for at its request: followed afterwards, or cancelled."""
    mark = user.mark("run")
    cancels = user.chance.random() < 0.4
    document = {**_response(user, mark), "background": True}
    if cancels:
        # One that was cancelled before it began has asked nothing that could be kept.
        document.update(model="scripted", store=False)
    answer = user.client.write("POST /v1/responses", document=document, expect=(200,), key=user.key(), note=" (background)")
    if answer is None:
        return
    id = answer.json()["id"]
    run = _accept(user, answer, mark)
    if cancels:
        _cancel(user, id, run)
        return
    user.accept(TURN, run, run)
    answer = user.client.ask("GET /v1/responses/{id}", id, query={"stream": "true"}, note=" (to its end)")
    if answer.status != 200 or user.words.private not in _told(answer):
        return user.fault(f"GET /v1/responses/{{id}} of its {id}", answer)
    if user.until_done(run):
        _keep(user, run)


def look_at_models(user: User) -> None:
    """The list holds the workspace's agents, by `owner/name`; and one of what it names."""
    answer = user.client.ask("GET /v1/models")
    if answer.status != 200:
        return user.fault("GET /v1/models", answer)
    model = user.chance.choice([entry["id"] for entry in answer.json()["data"]])
    owner, slash, name = model.partition("/")
    shown = user.client.ask("GET /v1/models/{model}/{name}", owner, name) if slash else user.client.ask("GET /v1/models/{model}", model)
    if shown.status != 200 or (slash and owner != user.slug):
        user.fault(f"GET /v1/models/{{model}} of {model}", shown)


# MARK: Parts

def _model(user: User) -> str:
    """A model, or an agent: a published one of anybody's, or a private one of one's own."""
    listing = user.shared.shelf.listing(user.chance)
    names = ["scripted-fast"] * 4 + ([listing.address] if listing else []) + [f"{user.slug}/{name}" for name in user.own.agents[-1:]]
    return user.chance.choice(names)


def _said(mark: str) -> dict[str, str]:
    return {"role": "user", "content": f"How deep is the harbor? {mark}"}


def _response(user: User, mark: str) -> dict[str, Any]:
    return {
        "model": "scripted-fast", "input": _said(mark)["content"], "instructions": f"You know {user.words.private}.", "metadata": {"mark": mark},
    }


def _answered(user: User, route: str, document: dict[str, Any], mark: str = "") -> str:
    """Asks for an answer, as a whole or as it comes. Returns the run's id, empty where there is none."""
    if user.chance.random() < 0.4:
        answer = user.client.ask(route, document={**document, "stream": True}, note=" (stream, to its end)")
        if answer.status != 200 or not answer.header("content-type").startswith(EVENTS):
            user.fault(route, answer, REFUSED)
            return ""
    else:
        written = user.client.write(route, document=document, expect=(200,), key=user.key(), note=" (waits)")
        if written is None:
            return ""
        answer = written
    run = _accept(user, answer, mark)
    if route == "POST /v1/responses":
        user.accept(TURN, run, run)
    if user.words.private not in _told(answer):
        user.shared.journal.fault(OWN, f"{user.name}: {route} does not tell what was said: {answer.short}")
    return run


def _accept(user: User, answer: Answer, mark: str) -> str:
    run = answer.header("mainstay-run")
    user.accept(RUN, mark or run, run)
    user.shared.shelf.put("run", user.slug, run)
    return run


def _told(answer: Answer) -> str:
    return answer.body.decode("utf-8", "replace") + streamed(event_payloads(answer.body))


def _keep(user: User, run: str) -> None:
    id = f"resp_{run}"
    user.show("GET /v1/responses/{id}", id, user.words.private)
    # The answer may have been told a moment before the row is finished, and from one that goes on nobody goes on.
    if len(user.own.responses) < MOST and user.until_done(run):
        user.own.responses.append(id)


def _cancel(user: User, id: str, run: str) -> None:
    answer = user.client.write("POST /v1/responses/{id}/cancel", id, document={}, expect=(200,))
    if answer is None:
        return
    # It may have been over by then: the run tells whether anything was asked of it.
    shown = user.client.ask("GET /v1/runs/{id}", run)
    if shown.status != 200:
        user.fault(f"GET /v1/runs/{{id}} of {run}", shown)
    elif shown.json()["cancel_requested"]:
        user.accept(CANCELLATION, run, run)
    elif answer.json()["status"] == "cancelled":
        user.fault(f"GET /v1/runs/{{id}} of {run}, which was cancelled,", shown)
