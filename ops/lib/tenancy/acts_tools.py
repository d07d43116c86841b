"""Tools of the workspace, which runs call over HTTP, and calls whose results the client posts.

No tool is reached: their addresses lead to a port of this machine at which nobody listens, so that a call is an error that the model is told.
"""

from __future__ import annotations

import time
from typing import Any

from .answer import event_payloads, streamed
from .journal import REFUSED, RUN, TOOL, TOOL_RESULT
from .text import NOBODY
from .user import User

# Tools that a workspace keeps; it may have a few more than a hundred.
MOST = 80
# Seconds for a run to come to the call that it waits for.
PATIENCE = 15.0


def use_tool(user: User) -> None:
    """Makes a tool, lets a run call it, tries it, changes it, gives it another secret, and mostly removes it."""
    name = user.plain_name("hoist")
    answer = user.client.write("POST /v1/tools", document=_document(user, name), expect=(201,), key=user.key())
    if answer is None:
        return
    id = answer.json()["id"]
    user.accept(TOOL, name, id)
    user.shared.shelf.put("tool", user.slug, id)
    step = user.chance.choice(["run", "run", "try", "change", "rotate"])
    if step == "run":
        _run_with(user, {"workspace_tools": [name]}, name)
    elif step == "try":
        tried = user.client.write("POST /v1/tools/{id}/test", id, document={"arguments": {"load": user.words.private}}, expect=(200,))
        if tried is not None and not tried.json()["is_error"]:
            user.fault("POST /v1/tools/{id}/test, at an address where nobody is,", tried)
    elif step == "change":
        other = user.plain_name("winch")
        if user.client.write("PUT /v1/tools/{id}", id, document=_document(user, other), expect=(200,)) is not None:
            user.withdraw(TOOL, name)
            user.accept(TOOL, other, id)
            name = other
    else:
        user.client.write("POST /v1/tools/{id}/rotate", id, document={"overlap_seconds": 60}, expect=(200,), key=user.key())
    kept = sum(route == "GET /v1/tools/{id}" for route, _, _ in list(user.person.tenant.ready))
    if kept >= MOST or user.chance.random() < 0.6:
        if user.client.write("DELETE /v1/tools/{id}", id, expect=(204,)) is not None:
            user.withdraw(TOOL, name)
    else:
        user.show("GET /v1/tools/{id}", id, user.words.private)


def _document(user: User, name: str) -> dict[str, Any]:
    word = user.words.private
    return {
        "name": name, "description": f"Lifts what lies at {word}.", "url": f"http://{NOBODY}:9/{word}?crane={word}", "timeout_ms": 1000,
        "parameters": {"type": "object", "title": word, "properties": {"load": {"type": "string", "description": f"What lies at {word}."}}},
    }


def answer_call(user: User) -> None:
    """A run that calls a tool of its client, waits for the result, and goes on with it."""
    name = f"sound-{user.words.private}"
    tool = {"name": name, "description": f"Sounds the depth at {user.words.private}.", "parameters": {"type": "object"}}
    _run_with(user, {"tools": [tool], "max_steps": 2}, name, posts=True)


def list_tools(user: User) -> None:
    answer = user.client.ask("GET /v1/tools")
    if answer.status != 200:
        user.fault("GET /v1/tools", answer)


def _run_with(user: User, members: dict[str, Any], tool: str, posts: bool = False) -> None:
    """A run whose message names a tool, which the scripted model calls then with the message in it."""
    mark = user.mark("run")
    document = {
        "messages": [{"role": "user", "content": f"Use {tool} for {mark}."}], "model": "scripted-fast", "metadata": {"mark": mark}, **members,
    }
    answer = user.client.write("POST /v1/runs", document=document, key=user.key())
    if answer is None:
        return
    id = answer.json()["id"]
    user.accept(RUN, mark, id)
    user.shared.shelf.put("run", user.slug, id)
    if posts and not _post(user, id):
        return
    answer = user.client.ask("GET /v1/runs/{id}/events", id, note=" (to its end)")
    if answer.status != 200 or mark not in streamed(event_payloads(answer.body)):
        return user.fault(f"GET /v1/runs/{{id}}/events of {id}, which called {tool},", answer)
    if user.until_done(id):
        user.show("GET /v1/runs/{id}", id, "")


def _post(user: User, run: str) -> bool:
    """Posts the result of the one call that the run makes, as soon as it waits for it."""
    output = user.mark("depth")
    end = time.monotonic() + PATIENCE
    while True:
        answer = user.client.ask("POST /v1/runs/{id}/tool-results", run, document=[{"id": "call_scripted_0", "output": output}])
        if answer.status == 202:
            user.accept(TOOL_RESULT, output, run)
            return True
        # 422: it waits for no such call, yet.
        if answer.status != 422 or time.monotonic() > end:
            user.fault(f"POST /v1/runs/{{id}}/tool-results of {run}", answer, REFUSED)
            return False
        time.sleep(0.1)
