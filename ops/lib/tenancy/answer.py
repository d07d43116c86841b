"""An answer as it came, and what of it must not depend on whose the thing is that was asked for. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Iterable

PROBLEM = "application/problem+json"
EVENTS = "text/event-stream"
# Name the request, the moment or the length of the id, and not what was found.
_OWN_HEADERS = {"date", "x-request-id", "request-id", "content-length"}
_LATER = {408, 425, 429}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def head(self) -> bytes:
        return "\n".join(f"{name}: {value}" for name, value in self.headers).encode()

    @property
    def is_problem(self) -> bool:
        """The compatible endpoints tell theirs in another form."""
        return self.header("content-type").startswith(PROBLEM) or self.status >= 400

    @property
    def is_abnormal(self) -> bool:
        """The watch slows or locks whoever asked."""
        return self.status == 429 and b"abnormal-usage" in self.body

    @property
    def says_later(self) -> bool:
        return self.status in _LATER or self.status >= 500 or (self.status == 409 and b"idempotency-in-flight" in self.body)

    @property
    def short(self) -> str:
        return f"{self.status} {self.body[:300].decode('utf-8', 'replace')}"


@dataclass(frozen=True)
class Plain:
    """What is left of an answer without the name of the thing and of the request."""

    status: int
    headers: tuple[tuple[str, str], ...]
    text: str


def plain(answer: Answer, thing: str) -> Plain:
    """Two answers are the same when this is, each without the word by which its thing was asked for."""
    text = answer.body.decode("utf-8", "replace").replace(thing, "THING")
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if isinstance(document, dict):
        document.pop("request_id", None)
        text = json.dumps(document, sort_keys=True)
    headers = sorted((name.lower(), value.replace(thing, "THING")) for name, value in answer.headers if name.lower() not in _OWN_HEADERS)
    return Plain(answer.status, tuple(headers), text)


def difference(one: Plain, other: Plain) -> str:
    """In which of its parts, for people; empty when they are the same."""
    if one.status != other.status:
        return f"status {one.status} and {other.status}: {one.text[:200]}"
    if one.headers != other.headers:
        return f"headers {sorted(set(one.headers) ^ set(other.headers))}"
    return "" if one.text == other.text else f"{one.text[:200]} and {other.text[:200]}"


# MARK: Events

def streamed(payloads: Iterable[str]) -> str:
    """The texts that events tell in pieces, each sort joined: a word may have been cut anywhere between two of them.

    A sort is an event's type and the place in it, whichever that is: a run's own events and those of each compatible endpoint differ.
    """
    texts: dict[str, str] = {}

    def add(value: Any, sort: str) -> None:
        if isinstance(value, str):
            texts[sort] = texts.get(sort, "") + value
        for name, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
            if name != "type":
                add(part, f"{sort} {name}")

    for payload in payloads:
        try:
            event = json.loads(payload)
        except ValueError:
            continue
        if isinstance(event, dict):
            add(event, f"{event.get('type')} {event.get('index', '')}")
    return "\n".join(texts.values())


def event_payloads(body: bytes) -> list[str]:
    """The data of each frame of an event stream."""
    frames = re.split(r"\n\n", body.decode("utf-8", "replace"))
    return ["\n".join(line[6:] for line in frame.split("\n") if line.startswith("data: ")) for frame in frames if "data: " in frame]


def archive_payloads(data: bytes) -> list[str]:
    """The payload of each line `<id> <payload>` of `runs.events`."""
    return [line.partition(" ")[2] for line in data.decode("utf-8", "replace").split("\n") if line]
