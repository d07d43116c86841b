"""Tickets, runs and build profiles."""

from __future__ import annotations

import json

from . import text
from .answer import event_payloads, streamed
from .journal import CANCELLATION, CLOSING, OWN, PROFILE, REFUSED, REPLY, RUN, TICKET
from .user import User


def open_ticket(user: User) -> None:
    mark = user.mark("ticket")
    answer = user.client.write("POST /v1/tickets", document=text.ticket(mark, user.words.private, user.chance), key=user.key())
    if answer is None:
        return
    id = answer.json()["id"]
    user.accept(TICKET, mark, id)
    user.shared.shelf.put("ticket", user.slug, id)
    # Some read it at once, others never.
    if user.chance.random() < 0.6 and user.until_done(id):
        user.own.tickets.append(id)
        user.show("GET /v1/tickets/{id}", id, user.words.private)
        user.show("GET /v1/jobs/{id}", id, "")


def open_tickets_by_lines(user: User) -> None:
    """Three in one request, each with a key of its own."""
    marks = [user.mark("ticket line") for _ in range(3)]
    lines = [{**text.ticket(mark, user.words.private, user.chance), "idempotency_key": user.key()} for mark in marks]
    answer = user.client.write("POST /v1/tickets", lines=lines, expect=(200,), key=user.key(), note=" (lines)")
    if answer is None:
        return
    results = [json.loads(line) for line in answer.body.splitlines() if line.strip()]
    for result in results:
        if result["status"] != 202:
            user.shared.journal.fault(REFUSED, f"{user.name}: a line of tickets was answered {result}")
            continue
        user.accept(TICKET, marks[result["line"] - 1], result["id"])
        user.shared.shelf.put("ticket", user.slug, result["id"])
    if len(results) != len(marks):
        user.shared.journal.fault(REFUSED, f"{user.name}: {len(marks)} lines were answered by {len(results)}")


def reply(user: User) -> None:
    if not user.own.tickets:
        return open_ticket(user)
    mark = user.mark("reply")
    author = user.chance.choice(["support", "requester", "automation"])
    id = user.chance.choice(user.own.tickets)
    answer = user.client.write("POST /v1/tickets/{id}/replies", id, document={"body": mark, "author": author}, expect=(201,), key=user.key())
    if answer is not None:
        user.accept(REPLY, mark, answer.json()["id"])


def close_ticket(user: User) -> None:
    if not user.own.tickets:
        return open_ticket(user)
    # Taken off the list: a closed one takes no replies.
    id = user.own.tickets.pop(user.chance.randrange(len(user.own.tickets)))
    answer = user.client.write("POST /v1/tickets/{id}/close", id, document={}, expect=(200,), key=user.key())
    if answer is not None:
        user.accept(CLOSING, id, id)


def start_run(user: User) -> None:
    """A conversation with an agent: one's own, a published one, or none. Some are followed, and some cancelled."""
    mark = user.mark("run")
    listing = user.shared.shelf.listing(user.chance)
    agents = [None, listing.address if listing else None, user.chance.choice(user.own.agents) if user.own.agents else None]
    end = user.chance.choice(["followed", "followed", "left", "cancelled"])
    model = "scripted" if end == "cancelled" or user.chance.random() < 0.2 else "scripted-fast"
    document = text.run(mark, user.words.private, user.chance.choice(agents), model)
    answer = user.client.write("POST /v1/runs", document=document, key=user.key())
    if answer is None:
        return
    id = answer.json()["id"]
    user.accept(RUN, mark, id)
    user.shared.shelf.put("run", user.slug, id)
    if end == "followed":
        _follow(user, id)
    elif end == "cancelled":
        cancelled = user.client.write("POST /v1/runs/{id}/cancel", id, document={}, expect=(200, 202), key=user.key())
        # 200: it was over, and there was nothing to cancel.
        if cancelled is not None and cancelled.status == 202:
            user.accept(CANCELLATION, id, id)


def _follow(user: User, id: str) -> None:
    """Reads the run's events to the end. A stream that was cut begins again at the first one."""
    for _ in range(3):
        answer = user.client.ask("GET /v1/runs/{id}/events", id, note=" (to its end)")
        if answer.status == 200 and user.words.private in streamed(event_payloads(answer.body)):
            break
    else:
        user.shared.journal.fault(OWN, f"{user.name}: the events of its run {id} were answered {answer.short}")
        return
    # The last event may come a moment before the row is finished.
    if user.until_done(id):
        user.show("GET /v1/runs/{id}", id, user.words.private)


def submit_profile(user: User) -> None:
    mark = user.mark("swift build")
    answer = user.client.write("POST /v1/build-profiles", document=text.profile(mark, user.words.private, user.chance), key=user.key())
    if answer is None:
        return
    id = answer.json()["id"]
    user.accept(PROFILE, mark, id)
    user.shared.shelf.put("profile", user.slug, id)
    if user.chance.random() < 0.5 and user.until_done(id):
        user.show("GET /v1/build-profiles/{id}", id, user.words.private)
