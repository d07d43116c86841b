"""Tests of what judges tool calls and memories, and of the hands of a client."""

from __future__ import annotations

import json
import threading
import time
import unittest
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .acts import CALLS, MEMORIES, RESULTS, Written
from .calls import LOOK, SEARCH, WRITE
from .frames import Frame
from .hands import Hands
from .story import Story
from .tale import Tale, script
from .tests import RUN, ended, event, said
from .verdict import REFUSED, faults

NUMBER = 9


def memory(place: int) -> str:
    return f"01890000-0000-7000-8000-00000000010{place}"


def acted(tale: Tale, epoch: int = 1) -> list[Frame]:
    """The calls of a tale and what they come to, in events of one attempt."""
    events: list[tuple[str, dict[str, Any]]] = []
    for index, call in enumerate(tale.calls):
        events += [("tool_call.delta", {"index": index, "id": call.id, "name": call.name, "arguments": ""})]
        events += [("tool_call.delta", {"index": index, "arguments": fragment}) for fragment in call.fragments]
        events += [("tool_call.completed", {"index": index, "id": call.id, "name": call.name, "arguments": call.arguments})]
    for index, call in enumerate(tale.calls):
        output = call.output
        if call.name == WRITE:
            events.append(("memory.written", {"operation": "create", "memory": memory(index), "event": f"e{index}", "content": call.content}))
            output = json.dumps({"id": memory(index), "operation": "create"})
        elif call.name == SEARCH:
            output = '{"memories":[]}'
        events.append(("tool.result", {"index": index, "id": call.id, "name": call.name, "output": output}))
    return [event(f"{epoch}-{100 + number}", type, **members) for number, (type, members) in enumerate(events)]


def story(change: Any = None, end: str = "run.completed") -> Story:
    """A tale that called its tools; `change` gets the frames before they are the story's."""
    tale = Tale.draw(1, NUMBER)
    frames = [*said(tale, 0, tale.turn), *acted(tale), *said(tale, tale.turn, len(tale.pieces), number=500)]
    if change:
        frames = change(frames)
    told = Story(tale, runs=[RUN], accepted_at=9)
    writes = [index for index, call in enumerate(tale.calls) if call.name == WRITE]
    told.rows = [Written(f"e{index}", memory(index), 1) for index in writes]
    told.memories = {memory(index): tale.calls[index].content for index in writes}
    return ended(told, *frames, event("1-900", end, reason="interrupted"))


def without(type: str) -> Any:
    """Leaves the last event of a type out."""
    def change(frames: list[Frame]) -> list[Frame]:
        last = max(place for place, frame in enumerate(frames) if frame.event == type)
        return frames[:last] + frames[last + 1:]
    return change


def twice(type: str) -> Any:
    def change(frames: list[Frame]) -> list[Frame]:
        last = max(place for place, frame in enumerate(frames) if frame.event == type)
        return frames[:last + 1] + [replace(frames[last], id=f"1-{frames[last].order[1]}0")] + frames[last + 1:]
    return change


def spoilt(type: str, **members: Any) -> Any:
    """Says other members in the first event of a type that has them."""
    def change(frames: list[Frame]) -> list[Frame]:
        first = next(place for place, frame in enumerate(frames) if frame.event == type and all(frame.json.get(name) for name in members))
        told = frames[first]
        other = event(told.id, type, **{name: value for name, value in {**told.json, **members}.items() if name != "type"})
        return frames[:first] + [other] + frames[first + 1:]
    return change


class ActTests(unittest.TestCase):
    def broken(self, told: Story, is_log_lost: bool = False) -> list[str]:
        return sorted({promise for promise, _ in faults(told, is_log_lost) if promise in (CALLS, RESULTS, MEMORIES)})

    def test_some_tales_call_tools(self) -> None:
        tale = Tale.draw(1, NUMBER)
        self.assertEqual(sorted(call.name for call in tale.calls), sorted([WRITE, WRITE, SEARCH, LOOK, LOOK]))
        self.assertEqual(Tale.draw(1, NUMBER), tale)
        self.assertEqual(Tale.draw(1, NUMBER + 1).calls, ())
        self.assertTrue(all(json.loads(call.arguments) and all(call.fragments) for call in tale.calls))
        self.assertEqual(len({call.content for call in tale.calls if call.name == WRITE}), 2)
        behind, before = json.loads(script([tale]))["rules"]
        # Of two rules that fit the first answers.
        self.assertTrue(behind["after_tool"])
        self.assertEqual(before["answer"]["text"] + behind["answer"]["text"], list(tale.pieces))
        self.assertEqual([call["name"] for call in before["answer"]["tool_calls"]], [call.name for call in tale.calls])
        self.assertTrue(tale.request["memory"])
        self.assertNotIn("tools", Tale.draw(1, NUMBER + 1).request)
        ways = {Tale.draw(seed, NUMBER).is_continued for seed in range(100)}
        self.assertEqual(ways, {True, False})

    def test_whole_and_cut_ones_hold(self) -> None:
        self.assertEqual(self.broken(story()), [])
        for length in range(len(acted(Tale.draw(1, NUMBER))) + 1):
            tale = Tale.draw(1, NUMBER)
            end = event("2-1", "run.incomplete", reason="interrupted")
            cut = ended(Story(tale, runs=[RUN]), *said(tale, 0, tale.turn), *acted(tale)[:length], end)
            self.assertEqual(self.broken(cut), [])

    def test_calls(self) -> None:
        for change in (twice("tool_call.completed"), without("tool_call.completed"), spoilt("tool_call.completed", id="x"),
                       spoilt("tool_call.completed", arguments="{}"), spoilt("tool_call.delta", arguments="x"), without("tool_call.delta")):
            self.assertEqual(self.broken(story(change)), [CALLS])

    def test_results(self) -> None:
        for change in (twice("tool.result"), without("tool.result"), spoilt("tool.result", output="not it"), spoilt("tool.result", id="x")):
            self.assertEqual(self.broken(story(change)), [RESULTS])
        # In a run that was cut a result may be missing, and never comes twice.
        self.assertEqual(self.broken(story(without("tool.result"), end="run.incomplete")), [])
        self.assertEqual(self.broken(story(twice("tool.result"), end="run.incomplete")), [RESULTS])

    def test_memories(self) -> None:
        self.assertEqual(self.broken(story(twice("memory.written"))), [MEMORIES])
        self.assertIn(MEMORIES, self.broken(story(without("memory.written"), end="run.incomplete")))
        self.assertIn(MEMORIES, self.broken(story(spoilt("memory.written", content="another"))))
        # Told once more when the log was lost, as the same event.
        self.assertEqual(self.broken(story(twice("memory.written")), is_log_lost=True), [])
        told = story()
        told.memories = {memory: None for memory in told.memories}
        self.assertEqual(self.broken(told), [MEMORIES])
        told = story()
        told.rows = (told.rows or [])[1:]
        self.assertEqual(self.broken(told), [MEMORIES])
        told = story()
        told.rows = [replace(row, alike=2) for row in told.rows or []]
        self.assertEqual(self.broken(told), [MEMORIES])


class HandsTests(unittest.TestCase):
    """Against an ingress of a few lines, which answers 503 first and then what a test says."""

    def act(self, told: Story, frames: list[Frame], status: int, answer: bytes) -> list[tuple[str, bytes]]:
        """What reached the ingress, in order."""
        asked: list[tuple[str, bytes]] = []

        class Ingress(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer(b"")

            def do_POST(self) -> None:
                self.answer(self.rfile.read(int(self.headers["Content-Length"])))

            def answer(self, body: bytes) -> None:
                asked.append((self.path, body))
                self.send_response(503 if len(asked) == 1 else status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Ingress)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        hands = Hands(told, [server.server_port], "token", 1, "key", time.monotonic() + 15, takes=(0, 0))
        for frame in frames:
            hands.take(frame)
        hands.join()
        return asked

    def test_results_are_posted_until_they_are_taken(self) -> None:
        told = story()
        ids = [call.id for call in told.tale.calls if call.is_clients]
        asked = self.act(told, [event("1-1", "run.paused", calls=ids)], 202, b"{}")
        self.assertEqual({path for path, _ in asked}, {f"/v1/runs/{RUN}/tool-results"})
        self.assertEqual(told.posted, set(ids))
        first = {result["id"]: result["output"] for _, body in reversed(asked) for result in json.loads(body)}
        self.assertEqual(first, {call.id: call.output for call in told.tale.calls if call.is_clients})

    def test_what_is_refused_is_told_and_a_run_that_is_over_is_not(self) -> None:
        ids = [call.id for call in Tale.draw(1, NUMBER).calls if call.is_clients]
        for status, answer, refused in ((422, b"{}", [REFUSED]), (409, b'{"type":"/problems/run-over"}', [])):
            told = story()
            self.act(told, [event("1-1", "run.paused", calls=ids)], status, answer)
            self.assertEqual(told.posted, set())
            self.assertEqual([promise for promise, _ in faults(told)], refused)

    def test_memories_are_looked_for(self) -> None:
        write = event("1-1", "memory.written", memory=memory(1))
        for status, found in ((200, "c"), (404, None)):
            told = Story(Tale.draw(1, NUMBER), runs=[RUN])
            asked = self.act(told, [write], status, b'{"content":"c"}')
            self.assertEqual([path for path, _ in asked], [f"/v1/memories/{memory(1)}"] * 2)
            self.assertEqual(told.memories, {memory(1): found})


if __name__ == "__main__":
    unittest.main()
