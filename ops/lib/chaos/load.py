"""Producers that behave as webhook producers do: each request under an Idempotency-Key, and again under the same key until it
is answered 202; now and then once more afterwards, as one that lost the answer."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from datetime import datetime, timezone
from random import Random

from .book import PROFILE, TICKET, Book, Kind
from .trouble import Trouble, eventually

# Answers that say "later" and not "no".
LATER = {408, 409, 425, 429}
PATIENCE = 10.0
LONGEST_PAUSE = 2.0
REPEATED = 0.05
REPEAT = "repeated"
# Bodies beyond 16 KiB lie in PostgreSQL, and the stream carries their reference.
LARGE = 0.02
LARGE_BYTES = 20_000


class Producer(threading.Thread):
    """One client with one connection. It sends at a rate, but does not catch up on what it could not send."""

    def __init__(self, load: Load, number: int, kind: Kind, token: str, seed: str) -> None:
        super().__init__(name=f"producer-{number}", daemon=True)
        self._load, self._number, self._kind, self._token = load, number, kind, token
        self._chance = Random(seed)
        self._connection: http.client.HTTPConnection | None = None

    def run(self) -> None:
        load = self._load
        due = time.monotonic() + self._chance.random() * load.interval
        sent = 0
        while not load.stopping.wait(max(0.0, due - time.monotonic())):
            due = max(due + load.interval * (0.5 + self._chance.random()), time.monotonic())
            if self._kind is PROFILE and not load.enter_streams():
                continue
            try:
                sent += 1
                self._send(f"{load.mark}-{self._number}-{sent}")
            finally:
                if self._kind is PROFILE:
                    load.leave_streams()

    def _send(self, key: str) -> None:
        body = self._body(key)
        id = self._until_accepted(key, body)
        if id is None or self._chance.random() >= REPEATED:
            return
        again = self._until_accepted(key, body)
        self._load.note(REPEAT)
        if again is not None and again != id:
            self._load.fault(f"key {key} was answered with two jobs, {id} and {again}")

    def _until_accepted(self, key: str, body: bytes) -> str | None:
        """The job's id; None when it was refused for good, or given up because the run ends."""
        pause = 0.1
        while True:
            status, text, wished = self._exchange(key, body)
            if status == 202:
                try:
                    id = str(json.loads(text)["id"])
                    self._load.book.accept(key, self._kind, id, time.time())
                    return id
                except (ValueError, KeyError, TypeError):
                    self._load.fault(f"key {key}: 202 with a body that names no job: {text[:200]!r}")
                    return None
            self._load.note(str(status) if status else text.decode())
            if status and status < 500 and status not in LATER:
                self._load.fault(f"key {key}: answered {status} {text[:200].decode('utf-8', 'replace')}")
                return None
            # With jitter, or all producers come back at once.
            pause = min(pause * 2, LONGEST_PAUSE)
            if self._load.giving_up.wait(min(wished or pause, LONGEST_PAUSE) * (0.5 + self._chance.random() / 2)):
                self._load.fault(f"key {key}: not answered before the end of the run")
                return None

    def _exchange(self, key: str, body: bytes) -> tuple[int, bytes, float | None]:
        """Status, body and the wish of Retry-After; status 0 with the name of the error when there was no answer."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json", "Idempotency-Key": key}
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self._load.port, timeout=PATIENCE)
            self._connection.request("POST", self._kind.path, body, headers)
            answer = self._connection.getresponse()
            text = answer.read()
            wished = answer.getheader("Retry-After")
            return answer.status, text, float(wished) if wished and wished.isdigit() else None
        except (OSError, http.client.HTTPException) as error:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            return 0, type(error).__name__.encode(), None

    def _body(self, key: str) -> bytes:
        is_large = self._chance.random() < LARGE
        if self._kind is TICKET:
            text = "The wallet shows nothing. " * self._chance.randrange(1, 40)
            if is_large:
                text += "x" * LARGE_BYTES
            priority = self._chance.choice(["low", "normal", "high", "urgent"])
            return json.dumps({"subject": key, "body": text, "priority": priority}).encode()
        points = LARGE_BYTES // 8 if is_large else self._chance.randrange(2, 20)
        return json.dumps({
            "command": key, "step": "chaos", "started_at": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "duration_ms": points * 100, "exit_code": 0, "peak_rss": self._chance.randrange(1 << 20, 1 << 32),
            "timeline": {"at_ms": [100 * point for point in range(points)], "rss": [1 << 20] * points},
        }).encode()


class Load:
    """All producers of a run."""

    def __init__(self, book: Book, port: int, tokens: list[str], producers: int, rate: float, seed: int, mark: str) -> None:
        self.book, self.port, self.mark = book, port, mark
        self.interval = producers / rate
        self.stopping, self.giving_up = threading.Event(), threading.Event()
        self.faults: list[str] = []
        # How often requests were not answered 202, by why; and how often one was sent again although it had been.
        self.counts: Counter[str] = Counter()
        self._lock = threading.Condition()
        self._are_streams_held, self._streams_busy = False, 0
        # One of four sends build profiles, and one of two or three.
        kinds = [PROFILE if number % 4 == 1 else TICKET for number in range(producers)]
        self._producers = [
            Producer(self, number, kind, tokens[number % len(tokens)], f"{seed} producer {number}") for number, kind in enumerate(kinds)]

    def start(self) -> None:
        for producer in self._producers:
            producer.start()

    def stop(self, limit: float) -> None:
        """Sends nothing new, and waits until all that was sent is answered, or given up after `limit` seconds."""
        self.stopping.set()
        with self._lock:
            self._lock.notify_all()
        end = time.monotonic() + limit
        for producer in self._producers:
            if producer.ident is not None:
                producer.join(max(0.0, end - time.monotonic()))
        self.giving_up.set()
        for producer in self._producers:
            if producer.ident is not None:
                producer.join(PATIENCE + 5)

    def note(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1

    def fault(self, sentence: str) -> None:
        with self._lock:
            self.faults.append(sentence)

    # MARK: Stream kinds

    def enter_streams(self) -> bool:
        """Called before a request of a stream kind; waits while they are held back. False: the run ends."""
        with self._lock:
            self._lock.wait_for(lambda: not self._are_streams_held or self.stopping.is_set())
            if self.stopping.is_set():
                return False
            self._streams_busy += 1
            return True

    def leave_streams(self) -> None:
        with self._lock:
            self._streams_busy -= 1
            self._lock.notify_all()

    def hold_streams(self, limit: float) -> None:
        """Holds stream kinds back, and returns when every one that was accepted is done: a Redis that is emptied keeps no promise
        about them, and what it lost could not be told from what the engine lost."""
        with self._lock:
            self._are_streams_held = True
            if not self._lock.wait_for(lambda: self._streams_busy == 0, limit):
                raise Trouble(f"a request of a stream kind was not answered within {limit:g} s")
        eventually("jobs of stream kinds are done", limit, lambda: not self.book.open(PROFILE), every=0.1)

    def release_streams(self) -> None:
        with self._lock:
            self._are_streams_held = False
            self._lock.notify_all()
