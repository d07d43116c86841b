"""A client as the contract wants it: it sends its request under an Idempotency-Key until it is answered 202, and follows the run's
events over as many connections as it takes, each from behind the last event that it has. What the events ask for its hands do."""

from __future__ import annotations

import http.client
import json
import threading
import time
import uuid
from collections.abc import Callable
from random import Random

from .asking import PAUSE, exchange, is_later
from .frames import Decoder, Frame
from .hands import Hands
from .progress import Progress
from .story import Story
from .tale import numbers

# Seconds: for a sign of life of a stream, whose heartbeat is 15 s; from the acceptance to the end of a run.
SILENCE, LIMIT = 40.0, 240.0
# Clients that cut their own connection once, in the middle of a frame, as a phone does in a tunnel.
LEAVING = 0.25
OWN_CUT = "left by itself"


class Gone(Exception):
    """The connection ended before the run did."""


class Client(threading.Thread):
    """One stream, from its request to its terminal event."""

    def __init__(self, story: Story, ports: list[int], token: str, seed: int, progress: Progress, key: str, ended: Callable[[], None]) -> None:
        super().__init__(name=f"client-{story.tale.number}", daemon=True)
        self._story, self._ports, self._token, self._progress, self._key = story, ports, token, progress, key
        self._seed = seed
        # Called when it has come to its end, whichever.
        self._ended = ended
        self._chance = Random(f"{seed} client {story.tale.number}")
        self._place = story.tale.number
        pieces = len(story.tale.pieces)
        self._leaves_at = self._chance.randrange(1, pieces) if self._chance.random() < LEAVING else None
        self._shown = 0
        self._end = 0.0

    def run(self) -> None:
        try:
            self._end = time.monotonic() + LIMIT
            self._hands = Hands(self._story, self._ports, self._token, self._seed, self._key, self._end)
            if self._accept():
                self._progress.shown(self._story.tale.number, 0)
                while not self._story.is_over and time.monotonic() < self._end:
                    self._follow()
                self._hands.join()
        finally:
            self._progress.ended(self._story.tale.number)
            self._ended()

    # MARK: The request

    def _accept(self) -> bool:
        body = json.dumps(self._story.tale.request).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": self._key}
        while time.monotonic() < self._end:
            try:
                status, text = exchange(self._port(), self._token, "POST", "/v1/runs", headers, body)
            except (OSError, http.client.HTTPException) as error:
                self._story.waits[type(error).__name__] += 1
                self._pause()
                continue
            if status == 202:
                try:
                    # Once more by its type: it is written into SQL and into addresses.
                    self._story.runs.append(str(uuid.UUID(json.loads(text)["id"])))
                except (ValueError, KeyError, TypeError, AttributeError):
                    self._story.refusals.append(f"202 with a body that names no run: {text[:200]!r}")
                    return False
                self._story.accepted_at = self._story.accepted_at or time.monotonic()
                # Now and then once more, as by a client that lost the answer.
                if len(self._story.runs) == 1 and self._chance.random() < 0.1:
                    continue
                return True
            self._story.waits[str(status)] += 1
            if not is_later(status):
                self._story.refusals.append(f"answered {status} {text[:200].decode('utf-8', 'replace')}")
                return False
            self._pause()
        self._story.refusals.append("not accepted within the time that a run has")
        return bool(self._story.runs)

    # MARK: The stream

    def _follow(self) -> None:
        """One connection."""
        story = self._story
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "text/event-stream"}
        if story.frames:
            headers["Last-Event-ID"] = story.frames[-1].id
        # The time for each read: of a stream it is the heartbeat's.
        connection = http.client.HTTPConnection("127.0.0.1", self._port(), timeout=SILENCE)
        answer: http.client.HTTPResponse | None = None
        is_open = False
        try:
            connection.request("GET", f"/v1/runs/{story.run}/events", headers=headers)
            answer = connection.getresponse()
            if answer.status == 200:
                is_open = True
                self._read(answer)
                if not story.is_over:
                    raise Gone("ended in order")
            else:
                self._refused(answer.status, answer.read())
        except Gone as gone:
            story.cuts[str(gone)] += 1
        except (OSError, http.client.HTTPException) as error:
            # A stream that was and is no more is a cut; one that never was only a wait.
            (story.cuts if is_open else story.waits)[type(error).__name__] += 1
        finally:
            # An answer that closes its connection has the socket for itself.
            if answer is not None:
                answer.close()
            connection.close()
        if not story.is_over:
            self._pause()

    def _read(self, answer: http.client.HTTPResponse) -> None:
        decoder = Decoder()
        try:
            while True:
                data = answer.read1(65_536)
                if not data:
                    return
                leaves = self._leaves_at is not None and self._shown >= self._leaves_at
                self._take(decoder.feed(data[: len(data) // 2] if leaves else data, time.monotonic()))
                if self._story.is_over:
                    # What still comes must be nothing: whatever it is, it is kept and judged.
                    self._take(decoder.feed(answer.read()))
                    return
                if leaves:
                    self._leaves_at = None
                    raise Gone(OWN_CUT)
        finally:
            self._story.gaps += decoder.gaps
            self._story.strange += decoder.strange

    def _take(self, frames: list[Frame]) -> None:
        if not frames:
            return
        self._story.frames += frames
        for frame in frames:
            self._hands.take(frame)
        shown = sum(len(numbers(frame.text)) for frame in frames)
        if shown:
            self._shown += shown
            self._progress.shown(self._story.tale.number, self._shown)

    def _refused(self, status: int, text: bytes) -> None:
        self._story.waits[str(status)] += 1
        # 204 is for who has everything, and this client has no end yet; 404 is a run that is not there.
        if status < 500 and status != 429 and len(self._story.refusals) < 20:
            words = text[:200].decode("utf-8", "replace")
            self._story.refusals.append(f"events after {self._story.frames[-1].id if self._story.frames else 'nothing'}: {status} {words}")

    def _port(self) -> int:
        """The next ingress: after a cut never the one that cut."""
        self._place += 1
        return self._ports[self._place % len(self._ports)]

    def _pause(self) -> None:
        time.sleep(self._chance.uniform(*PAUSE))


def replay(port: int, token: str, run: str, after: str | None = None) -> bytes:
    """The stream of a run that is over, from its beginning or from behind an event; empty when there is nothing behind it."""
    headers = {"Authorization": f"Bearer {token}"}
    if after:
        headers["Last-Event-ID"] = after
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SILENCE)
    try:
        connection.request("GET", f"/v1/runs/{run}/events", headers=headers)
        answer = connection.getresponse()
        data = answer.read()
        if answer.status not in (200, 204):
            raise http.client.HTTPException(f"answered {answer.status} {data[:200]!r}")
        return data
    finally:
        connection.close()
