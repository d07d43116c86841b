"""An event stream as it comes: frames with their very bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

TERMINAL = ("run.completed", "run.incomplete", "run.failed", "run.cancelled")


@dataclass(frozen=True)
class Frame:
    """One frame that has an id: an event of the run's log."""

    id: str
    event: str
    data: str
    # With the empty line at the end.
    raw: bytes
    # When it was whole in the client's hands, by the monotonic clock; 0 where nobody asked.
    at: float = 0.0

    @property
    def is_terminal(self) -> bool:
        return self.event in TERMINAL

    @property
    def order(self) -> tuple[int, int]:
        """Epoch and number; (0, 0) for an id that is none."""
        epoch, dash, number = self.id.partition("-")
        return (int(epoch), int(number)) if dash and epoch.isdigit() and number.isdigit() else (0, 0)

    @property
    def json(self) -> dict[str, Any]:
        try:
            found = json.loads(self.data)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def text(self) -> str:
        """What it adds to the answer."""
        return str(self.json.get("text", "")) if self.event == "text.delta" else ""


def frame(id: str, event: str, data: str) -> Frame:
    """A frame of these parts, as the ingress writes it."""
    return Frame(id, event, data, f"id: {id}\nevent: {event}\ndata: {data}\n\n".encode())


def text_of(frames: list[Frame]) -> str:
    return "".join(frame.text for frame in frames)


class Decoder:
    """Takes bytes as they come, cut anywhere, and gives whole frames. One for each connection: half a frame dies with it."""

    def __init__(self) -> None:
        self._rest = b""
        # What was told of events that are kept no more, and frames that have neither an id nor a reason to be without.
        self.gaps: list[str] = []
        self.strange: list[str] = []

    def feed(self, data: bytes, at: float = 0.0) -> list[Frame]:
        # The ingress ends lines by LF alone, so the bytes of a frame end with the first empty line.
        parts = (self._rest + data).split(b"\n\n")
        self._rest = parts.pop()
        return [found for found in (self._read(part + b"\n\n", at) for part in parts) if found is not None]

    def _read(self, raw: bytes, at: float) -> Frame | None:
        fields: dict[str, str] = {}
        for line in raw.decode("utf-8", "replace").split("\n"):
            name, colon, value = line.partition(":")
            if name and colon:
                fields[name] = value.removeprefix(" ")
        if fields.get("event") == "gap":
            self.gaps.append(fields.get("data", ""))
        elif "id" in fields and "data" in fields:
            return Frame(fields["id"], fields.get("event", ""), fields["data"], raw, at)
        elif "data" in fields or "id" in fields:
            self.strange.append(raw.decode("utf-8", "replace"))
        return None
