"""What a client does beside reading: it carries out its tools and posts what they came to, and looks for each memory that it is told of."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable
from random import Random

from .asking import PAUSE, exchange, is_later
from .calls import Call
from .frames import Frame
from .story import Story

# Seconds that a tool takes: long enough for a worker to be killed while its runs wait. And clients that post what they have posted once more,
# with other words.
TAKES = (0.5, 4.0)
AGAIN = 0.5


class Hands:
    """Each act is a thread of its own: a client that is made to wait for an answer reads on meanwhile."""

    def __init__(
            self, story: Story, ports: list[int], token: str, seed: int, key: str, end: float, takes: tuple[float, float] = TAKES) -> None:
        self._story, self._ports, self._token, self._key, self._end = story, ports, token, key, end
        self._takes = takes
        self._chance = Random(f"{seed} hands {story.tale.number}")
        self._acts: list[threading.Thread] = []

    def take(self, frame: Frame) -> None:
        """Does what an event asks for."""
        if frame.event == "run.paused":
            self._begin(lambda: self._carry_out(frame.json.get("calls") or []))
        elif frame.event == "memory.written":
            self._begin(lambda: self._look(str(frame.json.get("memory"))))

    def join(self) -> None:
        for act in self._acts:
            act.join(max(0.0, self._end - time.monotonic()))

    def _begin(self, act: Callable[[], None]) -> None:
        thread = threading.Thread(target=act, name=f"hands-{self._story.tale.number}", daemon=True)
        self._acts.append(thread)
        thread.start()

    # MARK: Tools

    def _carry_out(self, ids: list[str]) -> None:
        calls = [call for call in self._story.tale.calls if call.id in ids]
        time.sleep(self._chance.uniform(*self._takes))
        # All in one request, or each in its own.
        for group in [calls] if self._chance.random() < 0.5 else [[call] for call in calls]:
            if not self._post(group):
                return
        if self._chance.random() < AGAIN:
            # A call has its result: what is posted for it now changes nothing, whatever it says.
            body = _body([(call, "not " + call.output) for call in calls])
            self._ask("POST", f"/v1/runs/{self._story.run}/tool-results", {}, body)

    def _post(self, calls: list[Call]) -> bool:
        """False where the run is over: its end says why."""
        headers = {"Idempotency-Key": f"{self._key}-{calls[0].id}-{len(calls)}"}
        status, text = self._ask("POST", f"/v1/runs/{self._story.run}/tool-results", headers, _body([(call, call.output) for call in calls]))
        if status == 202:
            self._story.posted.update(call.id for call in calls)
        elif status != 409:
            self._story.refusals.append(f"results of {[call.id for call in calls]}: {status} {text[:200].decode('utf-8', 'replace')}")
        return status == 202

    # MARK: Memories

    def _look(self, memory: str) -> None:
        status, text = self._ask("GET", f"/v1/memories/{memory}", {}, None)
        if status == 200:
            self._story.memories[memory] = str(json.loads(text).get("content"))
        elif status:
            self._story.memories[memory] = None

    def _ask(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> tuple[int, bytes]:
        """Asks one ingress after the other until one answers for good; (0, …) where none did within the run's time."""
        place = self._chance.randrange(len(self._ports))
        found = (0, b"no answer")
        if body is not None:
            headers = {"Content-Type": "application/json", **headers}
        while time.monotonic() < self._end:
            place += 1
            try:
                status, text = exchange(self._ports[place % len(self._ports)], self._token, method, path, headers, body)
                # The same request may be under way at another connection; a run that is over is no reason to come again.
                if not is_later(status) or (status == 409 and b"run-over" in text):
                    return status, text
                found = (0, text)
            except (OSError, http.client.HTTPException) as error:
                found = (0, str(error).encode())
            time.sleep(self._chance.uniform(*PAUSE))
        return found


def _body(results: list[tuple[Call, str]]) -> bytes:
    return json.dumps([{"id": call.id, "output": output} for call, output in results]).encode()
