"""Memories: written, written again under their names, found by words, forgotten, and written by runs."""

from __future__ import annotations

import json
from typing import Any

from .answer import event_payloads
from .journal import MEMORY, MEMORY_WRITE, RUN
from .user import Remembered, User

# A user keeps so many to go on with.
MOST = 20


def remember(user: User) -> None:
    """A new memory of the workspace or of one of one's own agents; or an earlier one with another content, under its name."""
    earlier = user.chance.choice(user.own.memories) if user.own.memories and user.chance.random() < 0.4 else None
    agent = user.chance.choice([None, *user.own.agents[-1:]])
    memory = Remembered(
        id=earlier.id if earlier else "", name=earlier.name if earlier else user.mark("name"), content=user.mark("memory"),
        agent=earlier.agent if earlier else agent)
    word = user.words.private
    document: dict[str, Any] = {"content": memory.content, "name": memory.name, "kind": word, "metadata": {"berth": word, f"of {word}": word}}
    if memory.agent is not None:
        document["agent"] = memory.agent
    answer = user.client.write("POST /v1/memories", document=document, expect=(200, 201), key=user.key())
    if answer is None:
        return
    id = answer.json()["id"]
    if earlier:
        user.withdraw(MEMORY, earlier.content)
        user.own.memories.remove(earlier)
    else:
        user.shared.shelf.put("memory", user.slug, id)
    user.accept(MEMORY, memory.content, id)
    # One that others read stays.
    if earlier is None and user.chance.random() < 0.4:
        user.show("GET /v1/memories/{id}", id, word)
    elif len(user.own.memories) < MOST:
        user.own.memories.append(Remembered(id, memory.name, memory.content, memory.agent))


def forget(user: User) -> None:
    if not user.own.memories:
        return remember(user)
    memory = user.own.memories.pop(user.chance.randrange(len(user.own.memories)))
    if user.client.write("DELETE /v1/memories/{id}", memory.id, expect=(204,)) is None:
        return
    user.withdraw(MEMORY, memory.content)
    if not user.probes.take():
        return
    answer = user.client.ask("GET /v1/memories/{id}", memory.id, note=" (forgotten)")
    if answer.status != 404:
        user.fault(f"GET /v1/memories/{{id}} of {memory.id}, which it has forgotten,", answer)


def search_memories(user: User) -> None:
    """By words that every memory has, by one's own word, and page by page. Whatever is found is the workspace's."""
    query = user.chance.choice([{"q": "memory", "limit": "50"}, {"q": user.words.private, "limit": "200"}, {"limit": "50"}])
    for _ in range(2):
        answer = user.client.ask("GET /v1/memories", query=query)
        if answer.status != 200:
            return user.fault("GET /v1/memories", answer)
        cursor = answer.json().get("next_cursor")
        if not cursor:
            return
        query = {**query, "cursor": cursor}


def remember_by_run(user: User) -> None:
    """A run whose model calls `memory_write`, which the scripted one does when it is named; it is told what is remembered, too."""
    mark = user.mark("run")
    said = f"Please memory_write what the pilot said: {mark}."
    document: dict[str, Any] = {
        "messages": [{"role": "user", "content": said}], "model": "scripted-fast", "memory": True, "metadata": {"mark": mark},
    }
    if user.own.agents and user.chance.random() < 0.5:
        document["agent"] = user.chance.choice(user.own.agents)
    answer = user.client.write("POST /v1/runs", document=document, key=user.key())
    if answer is None:
        return
    run = answer.json()["id"]
    user.accept(RUN, mark, run)
    user.shared.shelf.put("run", user.slug, run)
    answer = user.client.ask("GET /v1/runs/{id}/events", run, note=" (to its end)")
    events = [json.loads(payload) for payload in event_payloads(answer.body)] if answer.status == 200 else []
    written = [event for event in events if event.get("type") == "memory.written"]
    if len(written) != 1 or written[0].get("content") != said:
        return user.fault(f"GET /v1/runs/{{id}}/events of {run}, which was to remember something,", answer)
    user.accept(MEMORY, said, written[0]["memory"])
    user.accept(MEMORY_WRITE, written[0]["event"], written[0]["event"])
    user.shared.shelf.put("memory", user.slug, written[0]["memory"])
    user.show("GET /v1/memories/{id}", written[0]["memory"], user.words.private)
