"""The HTTP client of one person: a connection to each ingress, and a look at every answer for words that are not its own."""

from __future__ import annotations

import http.client
import json
import threading
import time
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

from chaos.trouble import Trouble

from .allowance import Allowance
from .answer import EVENTS, Answer, event_payloads, streamed
from .journal import LEAK, LOCKED, REFUSED, REPEAT, Journal
from .shelf import Shelf, Tenant
from .words import EVERYBODY, Guard

# Seconds without a byte, longer than any wait that is asked for; and in which a request is sent again that was told to come later.
SILENCE = 40.0
PATIENCE = 30.0
TRIES = 3
# One request in so many is sent once more to the other ingress, as by a producer that lost the answer.
REPEATED = 0.08


@dataclass
class Shared:
    """What all people of a run have in common."""

    ports: tuple[int, ...]
    guard: Guard
    tenants: list[Tenant]
    journal: Journal = field(default_factory=Journal)
    shelf: Shelf = field(default_factory=Shelf)
    stopping: threading.Event = field(default_factory=threading.Event)
    # Of requests with a token that is not good any more: the watch allows thirty in five minutes, and all users have one address.
    refusals: Allowance = field(default_factory=lambda: Allowance(20, 310))


class Client:
    """Not for many threads."""

    def __init__(self, shared: Shared, name: str, chance: Random, tenant: Tenant | None = None, token: str = "", may_be_locked: bool = False,
                 sees_all: bool = False) -> None:
        self.shared, self.name, self.chance, self.tenant, self.token = shared, name, chance, tenant, token
        self._may_be_locked = may_be_locked
        # Of an operator: what is read is held against nobody, unless it is sealed.
        self._sees_all = sees_all
        self._connections: dict[int, http.client.HTTPConnection] = {}

    @property
    def slug(self) -> str | None:
        return self.tenant.slug if self.tenant is not None else None

    def other(self, port: int) -> int:
        """Another ingress than this one."""
        return self.chance.choice([each for each in self.shared.ports if each != port] or [port])

    # MARK: Asking

    def ask(self, route: str, *words: str, query: dict[str, str] | None = None, document: Any = None, lines: list[Any] | None = None, key: str = "",
            port: int | None = None, note: str = "", is_open: bool = False, is_public: bool = False, whose: str = "") -> Answer:
        """One request, sent again only where no answer came and that can do no harm.

        - `route`: as the description writes it, `GET /v1/tickets/{id}`; the words stand for what is in braces, in their order.
        - `lines`: documents of a body of lines.
        - `note`: what tells this use of the route from others in the report.
        - `is_open`: without the token. It and `is_public`: the answer is for everybody, and must hold no private word, one's own neither.
        - `whose`: of an operator who asks about one workspace: the answer must hold no word of others.
        """
        method, template = route.split(" ", 1)
        path = _filled(template, words) + (f"?{urlencode(query, quote_via=quote)}" if query else "")
        body = b"" if document is None else json.dumps(document).encode()
        headers = {"Authorization": f"Bearer {self.token}"} if self.token and not is_open else {}
        if lines is not None:
            body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        if body:
            headers["Content-Type"] = "application/json" if lines is None else "application/x-ndjson"
        if key:
            headers["Idempotency-Key"] = key
        tries = TRIES if method == "GET" or key else 1
        while True:
            tries -= 1
            chosen = port or self.chance.choice(self.shared.ports)
            begin = time.monotonic()
            try:
                answer = self._exchange(chosen, method, path, body, headers)
            except (OSError, http.client.HTTPException) as error:
                self._forget(chosen)
                self.shared.journal.answered(route, f"{route}{note}", 0, chosen, 0)
                if tries == 0:
                    raise Trouble(f"{route}: no answer ({type(error).__name__}: {error})") from error
                continue
            self.shared.journal.answered(route, f"{route}{note}", answer.status, chosen, time.monotonic() - begin)
            self._look(answer, route, path.encode() + body, None if is_open or is_public else whose or self._reader)
            return answer

    def write(self, route: str, *words: str, expect: tuple[int, ...] = (202,), **more: Any) -> Answer | None:
        """Asks until it is answered with something else than "later". With a key, now and then once more at another ingress.

        None, and a fault is noted, where the status is none of the expected ones.
        """
        end = time.monotonic() + PATIENCE
        pause = 0.1
        port = more.pop("port", None) or self.chance.choice(self.shared.ports)
        while True:
            answer = self.ask(route, *words, port=port, **more)
            if answer.status in expect:
                break
            if not (answer.says_later and more.get("key")) or answer.is_abnormal or time.monotonic() > end:
                self.shared.journal.fault(REFUSED, f"{self.name}: {route} was answered {answer.short}")
                return None
            time.sleep(pause * (0.5 + self.chance.random()))
            pause = min(2 * pause, 2.0)
        if more.get("key") and more.get("lines") is None and self.chance.random() < REPEATED:
            again = self.ask(route, *words, port=self.other(port), **more)
            if again.status >= 300 or again.json().get("id") != answer.json().get("id"):
                self.shared.journal.fault(REPEAT, f"{self.name}: {route} was answered {answer.short}, and then {again.short}")
        return answer

    @property
    def _reader(self) -> str | None:
        return EVERYBODY if self._sees_all else self.slug

    # MARK: One exchange

    def _exchange(self, port: int, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        connection = self._connections.get(port)
        if connection is None:
            connection = self._connections[port] = http.client.HTTPConnection("127.0.0.1", port, timeout=SILENCE)
        connection.request(method, path, body or None, headers)
        reply = connection.getresponse()
        return Answer(reply.status, tuple(reply.getheaders()), reply.read())

    def _forget(self, port: int) -> None:
        connection = self._connections.pop(port, None)
        if connection is not None:
            connection.close()

    def close(self) -> None:
        for port in list(self._connections):
            self._forget(port)

    def _look(self, answer: Answer, route: str, sent: bytes, slug: str | None) -> None:
        """Whether a word is in the answer that somebody of the workspace `slug`, or nobody in particular, must not read."""
        body = answer.body
        if answer.header("content-type").startswith(EVENTS):
            body += b"\n" + streamed(event_payloads(body)).encode()
        # A problem may repeat the path or a value, and a link the query; whoever wrote a word there knew it. Nothing else is excused.
        repeated, told = (answer.head + b"\n" + body, b"") if answer.is_problem else (answer.head, body)
        guard = self.shared.guard
        found = [word for word in guard.foreign(repeated, slug) if word.encode() not in sent] + guard.foreign(told, slug)
        for word in sorted(set(found)):
            self.shared.journal.fault(LEAK, f"{self.name}: {route} told {word} of {guard.owner(word)}, {answer.short[:160]}")
        if answer.is_abnormal and not self._may_be_locked:
            self.shared.journal.fault(LOCKED, f"{self.name}: {route}")


def _filled(template: str, words: tuple[str, ...]) -> str:
    """The path of a template with its parameters in their places."""
    parts = template.split("/")
    rest = list(words)
    for place, part in enumerate(parts):
        if part.startswith("{"):
            parts[place] = quote(rest.pop(0), safe="")
    if rest:
        raise ValueError(f"{template} has no place for {rest}")
    return "/".join(parts)
