"""Tests of what judges streams, and of their client."""

from __future__ import annotations

import json
import threading
import unittest
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any

from .checks import Course, is_log_lost, judge
from .client import Client
from .frames import Decoder, Frame, frame, text_of
from .progress import Progress
from .report import StreamReport
from .story import Story
from .strikes import INGRESS, REDIS, RUN_LOG, WORKER, Strike, plan
from .takeover import percentile, takeovers
from .tale import Tale, numbers, script
from .verdict import DOUBLED, ENDINGS, ENDLESS, FALSE, GAPS, LOG, MISSING, MIXED, ORDER, REFUSED, REPLAY, RESUMED, TWICE, faults

RUN = "01890000-0000-7000-8000-000000000007"
OTHER = "01890000-0000-7000-8000-000000000008"


def event(id: str, type: str, /, at: float = 0, **members: Any) -> Frame:
    return replace(frame(id, type, json.dumps({"type": type, **members}, ensure_ascii=False)), at=at)


def said(tale: Tale, begin: int, end: int, epoch: int = 1, number: int = 1, at: float = 0) -> list[Frame]:
    """Pieces of a tale, an event each."""
    return [event(f"{epoch}-{number + index}", "text.delta", at, text=piece) for index, piece in enumerate(tale.pieces[begin:end])]


def ended(story: Story, *frames: Frame) -> Story:
    """A story with these frames, read again as it was seen."""
    story.frames = list(frames)
    story.replays = {"from PostgreSQL alone": list(frames)}
    story.resumed = [("an ingress", frames[1].id, list(frames[2:]))] if len(frames) > 1 else []
    story.log = list(frames)
    return story


def completed(number: int = 7) -> Story:
    tale = Tale.draw(1, number)
    pieces = said(tale, 0, len(tale.pieces), at=10)
    story = Story(tale, runs=[RUN], accepted_at=9)
    return ended(story, *pieces, event(f"1-{len(pieces) + 1}", "run.completed", 11, finish={"unified": "stop"}))


def interrupted(pieces: int = 12) -> Story:
    tale = Tale.draw(1, 7)
    story = Story(tale, runs=[RUN], accepted_at=9)
    return ended(story, *said(tale, 0, pieces, at=10), event("2-1", "run.incomplete", 14.5, reason="interrupted"))


class TaleTests(unittest.TestCase):
    def test_each_is_its_own_and_the_same_again(self) -> None:
        one, other = Tale.draw(1, 7), Tale.draw(1, 8)
        self.assertEqual(one, Tale.draw(1, 7))
        self.assertNotEqual(one.pieces, Tale.draw(2, 7).pieces)
        self.assertEqual(numbers(one.text), [(7, piece) for piece in range(len(one.pieces))])
        self.assertNotEqual(one.model, other.model)
        self.assertIn(one.rules()[0]["contains"], one.question.lower())
        self.assertNotIn(Tale.draw(1, 70).rules()[0]["contains"], one.question.lower())
        self.assertEqual(json.loads(script([one]))["rules"][0]["answer"]["text"], list(one.pieces))

    def test_every_kind_of_kill_is_planned(self) -> None:
        points = plan(3, [50] * 60)
        self.assertEqual({point.kind for point in points}, {WORKER, INGRESS, REDIS, RUN_LOG})
        self.assertEqual(points, plan(3, [50] * 60))
        self.assertNotEqual(points, plan(4, [50] * 60))
        self.assertEqual([point.stream for point in points], sorted(point.stream for point in points))
        self.assertEqual(len(plan(3, [50] * 500)), 50)


class DecoderTests(unittest.TestCase):
    def test_cut_anywhere(self) -> None:
        frames = [event("1-1", "text.delta", text="ü🚢"), event("1-2", "run.completed")]
        data = b"retry: 500\n\n" + frames[0].raw + b": heartbeat\n\n" + frames[1].raw
        for cut in range(len(data) + 1):
            decoder = Decoder()
            self.assertEqual(decoder.feed(data[:cut]) + decoder.feed(data[cut:]), frames)
            self.assertEqual(decoder.gaps + decoder.strange, [])
        self.assertEqual(text_of(frames), "ü🚢")
        self.assertEqual(Decoder().feed(data[:-1]), frames[:1])

    def test_what_should_not_come_is_told(self) -> None:
        decoder = Decoder()
        decoder.feed(b'event: gap\ndata: {"type":"gap"}\n\nevent: text.delta\ndata: {}\n\n')
        self.assertEqual((len(decoder.gaps), len(decoder.strange)), (1, 1))


class VerdictTests(unittest.TestCase):
    def broken(self, story: Story, is_log_lost: bool = False) -> list[str]:
        return sorted({promise for promise, _ in faults(story, is_log_lost)})

    def test_whole_and_honest_ones_hold(self) -> None:
        self.assertEqual(self.broken(completed()), [])
        self.assertEqual(self.broken(interrupted()), [])
        self.assertEqual(self.broken(interrupted(pieces=0)), [])
        self.assertEqual(interrupted().outcome, "incomplete: interrupted")
        failed = ended(Story(Tale.draw(1, 7), runs=[RUN]), event("1-1", "run.failed", error={"kind": "timeout"}))
        self.assertEqual((self.broken(failed), failed.outcome), ([], "failed: timeout"))

    def test_a_text_that_is_not_exact(self) -> None:
        tale = Tale.draw(1, 7)
        end = event("1-900", "run.completed")
        cut = ended(Story(tale, runs=[RUN]), *said(tale, 0, 9), end)
        self.assertEqual(self.broken(cut), [FALSE])
        doubled = ended(Story(tale, runs=[RUN]), *said(tale, 0, 9), *said(tale, 8, 20, number=10), event("1-900", "run.incomplete"))
        self.assertEqual(self.broken(doubled), sorted([DOUBLED, MISSING]))
        lost = ended(Story(tale, runs=[RUN]), *said(tale, 0, 9), *said(tale, 10, 20, number=10), event("1-900", "run.incomplete"))
        self.assertEqual(self.broken(lost), [MISSING])
        mixed = ended(Story(tale, runs=[RUN]), *said(Tale.draw(1, 8), 0, 3), event("1-900", "run.incomplete"))
        self.assertEqual(self.broken(mixed), sorted([MISSING, MIXED]))

    def test_ends_and_ids(self) -> None:
        story = completed()
        story.frames.append(event("1-901", "run.failed"))
        self.assertIn(ENDINGS, self.broken(story))
        story = completed()
        story.frames.append(event("1-901", "usage"))
        self.assertIn(ENDINGS, self.broken(story))
        story = completed()
        story.frames.pop()
        self.assertEqual(self.broken(story), [ENDLESS])
        story = completed()
        story.frames[3], story.frames[4] = story.frames[4], story.frames[3]
        self.assertIn(ORDER, self.broken(story))
        story = completed()
        story.frames[0] = replace(story.frames[0], id="")
        self.assertIn(ORDER, self.broken(story))

    def test_what_a_client_is_told(self) -> None:
        for name, promise in (("gaps", GAPS), ("strange", GAPS), ("refusals", REFUSED)):
            story = completed()
            getattr(story, name).append("x")
            self.assertEqual(self.broken(story), [promise])
        story = completed()
        story.runs.append(OTHER)
        self.assertEqual(self.broken(story), [TWICE])

    def test_what_is_read_afterwards(self) -> None:
        story = completed()
        story.replays["from PostgreSQL alone"] = story.frames[1:]
        self.assertEqual(self.broken(story), [REPLAY])
        story = completed()
        frames = list(story.frames)
        # The same event, one byte of it another.
        frames[2] = replace(frames[2], raw=frames[2].raw.replace(b", ", b","))
        story.replays["from PostgreSQL alone"] = frames
        self.assertEqual(self.broken(story), [REPLAY])
        story = completed()
        story.resumed[0] = (*story.resumed[0][:2], story.frames[3:])
        self.assertEqual(self.broken(story), [RESUMED])
        story = completed()
        story.log = story.frames[:-2]
        self.assertEqual(self.broken(story), [LOG])

    def test_a_log_may_lack_its_end_or_be_gone(self) -> None:
        story = completed()
        story.log = story.frames[:-1]
        self.assertEqual(self.broken(story), [])
        story.log = None
        self.assertEqual(self.broken(story), [])

    def test_a_log_that_was_lost_with_its_worker(self) -> None:
        story = interrupted()
        story.replays["from PostgreSQL alone"] = story.frames[-1:]
        story.resumed[0] = (*story.resumed[0][:2], story.frames[-1:])
        story.log = story.frames[-1:]
        self.assertEqual(self.broken(story), sorted([LOG, REPLAY, RESUMED]))
        self.assertEqual(self.broken(story, is_log_lost=True), [])
        story.replays["from PostgreSQL alone"] = story.frames[:-1]
        self.assertEqual(self.broken(story, is_log_lost=True), [REPLAY])
        story.replays["from PostgreSQL alone"] = []
        self.assertEqual(self.broken(story, is_log_lost=True), [REPLAY])
        log_killed, taken = Strike(RUN_LOG, "run-log", 10.5, 11), Strike(WORKER, "work-1", 10.6, 11, {RUN})
        self.assertTrue(is_log_lost(story, [log_killed, taken]))
        self.assertFalse(is_log_lost(story, [log_killed]))
        self.assertFalse(is_log_lost(story, [taken]))
        self.assertFalse(is_log_lost(story, [replace(log_killed, at=1, until=2), taken]))
        self.assertFalse(is_log_lost(completed(), [log_killed, taken]))


class TakeoverTests(unittest.TestCase):
    def test_from_the_kill_to_the_first_event_of_another_attempt(self) -> None:
        found = takeovers([interrupted()], [Strike(WORKER, "work-1", 11, 11.3, {RUN, OTHER})])
        self.assertEqual([(one.seconds, one.undisturbed, one.is_judged) for one in found], [(3.5, 3.5, True)])
        self.assertFalse(found[0].is_late(lease=3))
        self.assertTrue(found[0].is_late(lease=2))

    def test_other_kills_meanwhile(self) -> None:
        kill = Strike(WORKER, "work-1", 11, 11.3, {RUN})
        again = takeovers([interrupted()], [kill, Strike(WORKER, "work-2", 12, 12.3)])
        self.assertAlmostEqual(again[0].undisturbed, 2.2)
        outage = takeovers([interrupted()], [Strike(REDIS, "redis", 10, 10.4), kill])
        self.assertFalse(outage[0].is_judged or outage[0].is_late(lease=0))
        before = takeovers([interrupted()], [Strike(REDIS, "redis", 5, 5.4), kill])
        self.assertTrue(before[0].is_judged)

    def test_a_run_that_lost_nothing_is_none(self) -> None:
        self.assertEqual(takeovers([completed()], [Strike(WORKER, "work-1", 10.5, 11, {RUN})]), [])
        self.assertEqual(takeovers([interrupted()], [Strike(WORKER, "work-1", 9.5, 10, {RUN})]), [])
        self.assertEqual(takeovers([interrupted()], [Strike(INGRESS, "serve-1", 11, 11.3)]), [])

    def test_percentiles(self) -> None:
        values = [float(value) for value in range(1, 101)]
        self.assertEqual([percentile(values, share) for share in (0.5, 0.99, 1)], [50, 99, 100])
        self.assertEqual((percentile([3.0], 0.99), percentile([], 0.5)), (3, 0))


class JudgeTests(unittest.TestCase):
    def course(self, **changes: Any) -> Course:
        strikes = [Strike(WORKER, "work-1", 11, 11.3, {OTHER}), Strike(INGRESS, "serve-1", 10, 10.3), Strike(REDIS, "redis", 1, 1.5),
                   Strike(RUN_LOG, "run-log", 2, 2.5)]
        course = Course(streams=2, lease=3, strikes=strikes, verify=0, goodbyes={"serve-1": 0})
        for name, value in changes.items():
            setattr(course, name, value)
        return course

    def stories(self) -> list[Story]:
        one, other = completed(), interrupted()
        other.runs = [OTHER]
        one.cuts["ConnectionResetError"] += 1
        return [one, other]

    def broken(self, course: Course, stories: list[Story]) -> list[str]:
        return [check.what for check in judge(course, stories) if not check.holds]

    def test_a_run_without_fault_holds(self) -> None:
        self.assertEqual(self.broken(self.course(), self.stories()), [])

    def test_each_promise_can_break(self) -> None:
        for changes, what in (
            ({"streams": 3}, "streams accepted"), ({"verify": 2}, "`mainstay verify`"), ({"verify": None}, "`mainstay verify`"),
            ({"lease": 1}, "takeovers later than the lease and 1 s"), ({"leaked": ["w"]}, "leaked consumers and heartbeats"),
            ({"surprises": ["serve-1"]}, "processes that ended by themselves"), ({"broken": ["x"]}, "promises broken on the way"),
            ({"goodbyes": {"work-1": None}}, "processes that did not leave in good order"),
        ):
            self.assertEqual(self.broken(self.course(**changes), self.stories()), [what])
        self.assertIn("worker-kills", self.broken(self.course(strikes=[]), self.stories()))
        self.assertIn("interrupted, and no worker was killed", self.broken(self.course(strikes=[]), self.stories()))
        stories = self.stories()
        stories[0].cuts.clear()
        self.assertEqual(self.broken(self.course(), stories), ["streams that were cut and went on"])
        stories = self.stories()
        stories[0].frames.pop(5)
        self.assertIn(FALSE, self.broken(self.course(), stories))
        self.assertIn("streams completed", self.broken(self.course(streams=1), self.stories()[1:]))

    def test_the_table(self) -> None:
        course, stories = self.course(), self.stories()

        class Options:
            seed, command = 7, "ops/chaos --streams 2"

        report = StreamReport(Options(), 3, stories, course.strikes, judge(course, stories))  # type: ignore[arg-type]
        self.assertTrue(report.holds)
        self.assertIn("every promise held", report.text())
        figures = report.document()
        self.assertEqual((figures["completed"], figures["incomplete"], figures["cuts_survived"], figures["doubled"]), (1, 1, 1, 0))
        self.assertEqual(figures["takeover_seconds"], {"count": 1, "p50": 3.5, "p99": 3.5, "max": 3.5})
        self.assertFalse(StreamReport(Options(), 3, stories, [], []).holds)  # type: ignore[arg-type]


class ClientTests(unittest.TestCase):
    """Against an ingress of a few lines, which cuts every answer behind so many bytes."""

    def play(self, story: Story, frames: list[Frame], cuts: list[int]) -> list[str]:
        """Lets a client follow the frames; returns the cursors that it sent."""
        cursors: list[str] = []

        class Ingress(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.answer(202, json.dumps({"id": RUN}).encode(), "application/json")

            def do_GET(self) -> None:
                cursor = self.headers["Last-Event-ID"] or ""
                cursors.append(cursor)
                rest = frames[[frame.id for frame in frames].index(cursor) + 1:] if cursor else frames
                data = b"retry: 500\n\n" + b"".join(frame.raw for frame in rest)
                if cuts:
                    # Half of what was promised.
                    self.answer(200, data[: cuts.pop(0)], "text/event-stream", len(data))
                else:
                    self.answer(200, data, "text/event-stream")

            def answer(self, status: int, body: bytes, kind: str, length: int | None = None) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body) if length is None else length))
                self.end_headers()
                self.wfile.write(body)
                self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Ingress)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        ended = threading.Event()
        client = Client(story, [server.server_port], "token", 1, Progress(), "key", ended.set)
        client._leaves_at = None
        client.start()
        client.join(20)
        self.assertTrue(ended.is_set())
        return cursors

    def test_a_stream_that_is_cut_anywhere_is_put_together(self) -> None:
        tale = Tale.draw(1, 7)
        frames = [*said(tale, 0, 5), event("1-6", "run.completed")]
        size = len(b"retry: 500\n\n" + b"".join(frame.raw for frame in frames))
        for cut in Random(1).sample(range(size), 10):
            story = Story(tale)
            cursors = self.play(story, frames, [cut])
            self.assertEqual([frame.raw for frame in story.frames], [frame.raw for frame in frames])
            self.assertEqual(len(cursors), 2)
            self.assertEqual(sum(story.cuts.values()), 1)
            self.assertEqual((set(story.runs), story.refusals), ({RUN}, []))


if __name__ == "__main__":
    unittest.main()
