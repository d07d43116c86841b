"""Tests of what judges a run, and of the proxy: a check that cannot fail shows nothing. `ops/chaos` runs them first."""

from __future__ import annotations

import socket
import threading
import unittest

from .checks import Course, judge
from .evidence import Evidence, RedisState, compare
from .faultnames import NAMES, SHORT
from .options import read
from .proxy import Proxies
from .recovery import Times, is_calm, recovery
from .resp import Redis
from .servers import free_port
# Found here by whoever loads this module.
from .streams.acttests import ActTests, HandsTests  # noqa: F401
from .streams.tests import ClientTests, DecoderTests, TakeoverTests, TaleTests, VerdictTests  # noqa: F401
from .streams.tests import JudgeTests as StreamJudgeTests  # noqa: F401


def steady(begin: float, end: float, rate: float, wait: float = 0.05) -> Times:
    """Jobs at a rate, each done a moment after it was accepted."""
    count = int((end - begin) * rate)
    return [(begin + number / rate, begin + number / rate + wait) for number in range(count)]


class RecoveryTests(unittest.TestCase):
    def test_nothing_is_felt(self) -> None:
        found = recovery(steady(0, 60, 50), 20, 60)
        self.assertEqual(found.seconds, 1)
        self.assertFalse(found.was_felt)
        self.assertAlmostEqual(found.rate, 50, delta=1)

    def test_outage_ends_when_the_backlog_shrinks(self) -> None:
        # Ten seconds without a single outcome; then those that waited are done at ten times the rate.
        waiting: Times = [(20 + number / 50, 30 + number / 500) for number in range(500)]
        found = recovery(steady(0, 20, 50) + waiting + steady(30, 60, 50, wait=1.0), 20, 60)
        assert found.seconds is not None
        self.assertGreater(found.seconds, 10)
        self.assertLess(found.seconds, 12)
        self.assertAlmostEqual(found.oldest, 10, delta=0.3)
        self.assertGreater(found.backlog, 490)

    def test_a_few_jobs_that_wait_for_a_lease_are_felt(self) -> None:
        # The others go on at the full rate.
        found = recovery(steady(0, 60, 50) + [(20.0, 27.0)] * 5, 20, 60)
        assert found.seconds is not None
        self.assertAlmostEqual(found.seconds, 7, delta=0.3)

    def test_a_job_that_never_ends_is_never_got_over(self) -> None:
        self.assertIsNone(recovery(steady(0, 60, 50) + [(20.0, None)], 20, 60).seconds)

    def test_too_low_a_rate_is_not_well(self) -> None:
        self.assertIsNone(recovery(steady(0, 20, 50) + steady(20, 60, 20), 20, 60).seconds)

    def test_three_seconds_have_to_be_seen(self) -> None:
        self.assertIsNone(recovery(steady(0, 23, 50), 20, 23).seconds)

    def test_calm(self) -> None:
        self.assertTrue(is_calm(steady(0, 20, 50), 19))
        self.assertFalse(is_calm(steady(0, 20, 50) + [(15.0, None)], 19))
        self.assertFalse(is_calm([], 19))


class CompareTests(unittest.TestCase):
    def test_whole(self) -> None:
        rows = compare({"a": {"1"}, "b": {"2"}}, [("a", "1"), ("b", "2")])
        self.assertEqual((rows.accepted, rows.rows, rows.lost, rows.doubled, rows.unknown, rows.strange), (2, 2, [], [], [], []))

    def test_each_fault_is_found(self) -> None:
        self.assertEqual(compare({"a": {"1"}, "b": {"2"}}, [("a", "1")]).lost, ["b"])
        self.assertEqual(compare({"a": {"1"}}, [("a", "1"), ("a", "2")]).doubled, ["a"])
        self.assertEqual(compare({"a": {"1", "2"}}, [("a", "1")]).doubled, ["a"])
        self.assertEqual(compare({}, [("a", "1")]).unknown, ["a"])
        self.assertEqual(compare({"a": {"1"}}, [("a", "2")]).strange, ["a"])


class JudgeTests(unittest.TestCase):
    def course(self) -> Course:
        return Course(faults=3, recovered=3, verify=0, doctor=0, goodbyes={"serve": 0})

    def evidence(self) -> Evidence:
        return Evidence(
            rows={"ticket.create": compare({"a": {"1"}}, [("a", "1")])}, clocks=2, outcomes_not_done=0, outcomes_of_own=0, dead_letters=0,
            appends_not_confirmed=0, redis=RedisState(), leaked=[])

    def broken(self, course: Course, evidence: Evidence) -> list[str]:
        return [check.what for check in judge(course, evidence) if not check.holds]

    def test_a_run_without_fault_holds(self) -> None:
        self.assertEqual(self.broken(self.course(), self.evidence()), [])

    def test_each_promise_can_break(self) -> None:
        def evidence(**changes: object) -> list[str]:
            changed = self.evidence()
            for name, value in changes.items():
                setattr(changed, name, value)
            return self.broken(self.course(), changed)

        def course(**changes: object) -> list[str]:
            changed = self.course()
            for name, value in changes.items():
                setattr(changed, name, value)
            return self.broken(changed, self.evidence())

        lost = compare({"a": {"1"}, "b": {"2"}}, [("a", "1")])
        self.assertEqual(evidence(rows={"ticket.create": lost}), ["outcomes of ticket.create", "lost: accepted, and no outcome"])
        self.assertIn("doubled: one key, two jobs", evidence(rows={"ticket.create": compare({"a": {"1"}}, [("a", "1"), ("a", "2")])}))
        self.assertIn("jobs accepted", evidence(rows={"ticket.create": compare({}, [])}, clocks=0))
        self.assertEqual(evidence(clocks=3), ["clocks of tickets"])
        self.assertEqual(evidence(outcomes_not_done=1), ["dead or cancelled"])
        self.assertEqual(evidence(outcomes_of_own=1), ["second outcomes"])
        self.assertEqual(evidence(dead_letters=1), ["dead letters"])
        self.assertEqual(evidence(appends_not_confirmed=1), ["appends not confirmed"])
        self.assertEqual(evidence(leaked=["ready w"]), ["leaked consumers and heartbeats"])
        self.assertEqual(evidence(redis=RedisState(pending=1)), ["pending entries"])
        self.assertEqual(evidence(redis=RedisState(entries=1)), ["entries left in streams"])
        self.assertEqual(evidence(redis=RedisState(consumers=[("ready", "w")])), ["consumers after all have left"])
        self.assertEqual(evidence(redis=RedisState(left={"later": 1})), ["other things left in Redis"])
        self.assertEqual(evidence(deploy_wait=60.0), ["longest wait during a deploy, s"])
        self.assertEqual(evidence(deploy_wait=1.0, deploy_retried=1), ["tried twice during a deploy"])
        self.assertEqual(evidence(deploy_wait=1.0, deploy_dead=1), ["declared dead during a deploy"])
        self.assertEqual(course(verify=2), ["`mainstay verify`"])
        self.assertEqual(course(verify=None), ["`mainstay verify`"])
        self.assertEqual(course(doctor=2), ["`mainstay doctor`"])
        self.assertEqual(course(recovered=2), ["faults got over"])
        self.assertEqual(course(faults=0, recovered=0), ["faults got over"])
        self.assertEqual(course(surprises=["serve"]), ["processes that ended by themselves"])
        self.assertEqual(course(goodbyes={"serve": None}), ["processes that did not leave in good order"])
        self.assertEqual(course(refusals=["key"]), ["requests refused or not answered"])
        self.assertEqual(course(broken=["deploy"]), ["promises broken on the way"])


class OptionsTests(unittest.TestCase):
    GIVEN = ["--program", "/p", "--folder", "/f"]

    def test_the_command_repeats_the_run(self) -> None:
        for words in (["--seed", "7"], ["--short"], ["--streams", "500"], ["--short", "--parts", "jobs"], ["--parts", "streams", "--at-once", "9"], ["--short", "--seed", "3", "--faults", "flush,worker-kill"], ["--minutes", "0.5"]):
            options = read(self.GIVEN + words)
            again = read(self.GIVEN + options.command.split()[1:])
            self.assertEqual(again, options)

    def test_defaults(self) -> None:
        self.assertEqual(read(self.GIVEN).faults, NAMES)
        self.assertEqual(read(self.GIVEN + ["--short"]).faults, SHORT)
        self.assertEqual(read(self.GIVEN + ["--faults", "flush,worker-kill"]).faults, ("worker-kill", "flush"))

    def test_parts(self) -> None:
        def parts(*words: str) -> tuple[tuple[str, ...], int]:
            options = read(self.GIVEN + list(words))
            return options.parts, options.streams

        self.assertEqual(parts(), (("jobs",), 0))
        self.assertEqual(parts("--short"), (("jobs", "streams"), 60))
        self.assertEqual(parts("--streams", "7"), (("streams",), 7))
        self.assertEqual(parts("--parts", "streams"), (("streams",), 500))
        self.assertEqual(parts("--short", "--parts", "jobs"), (("jobs",), 0))


class WireTests(unittest.TestCase):
    """Against servers of a few lines on loopback."""

    def serve(self, answers: bytes) -> int:
        """Listens, answers whatever comes with `answers`, and keeps the connection. Returns the port."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def run() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=echo, args=(client,), daemon=True).start()

        def echo(client: socket.socket) -> None:
            with client:
                while client.recv(4096):
                    client.sendall(answers)

        threading.Thread(target=run, daemon=True).start()
        return int(listener.getsockname()[1])

    def test_replies_of_redis(self) -> None:
        client = Redis(self.serve(b"*4\r\n:7\r\n$2\r\nhi\r\n$-1\r\n*1\r\n+OK\r\n"), "secret")
        self.addCleanup(client.close)
        self.assertEqual(client.call("ANY"), [7, "hi", None, ["OK"]])

    def test_a_silent_connection_stays_open_and_says_nothing(self) -> None:
        proxies = Proxies()
        self.addCleanup(proxies.close)
        proxy = proxies.open(free_port(set()), self.serve(b"heard"))
        with socket.create_connection(("127.0.0.1", proxy.port), 5) as old:
            old.sendall(b"one")
            self.assertEqual(old.recv(100), b"heard")
            self.assertEqual(proxies.silence(proxy), 1)
            old.settimeout(0.3)
            old.sendall(b"two")
            with self.assertRaises(socket.timeout):
                old.recv(100)
            # What is opened afterwards is whole.
            with socket.create_connection(("127.0.0.1", proxy.port), 5) as new:
                new.sendall(b"three")
                self.assertEqual(new.recv(100), b"heard")
            with self.assertRaises(socket.timeout):
                old.recv(100)
            self.assertEqual(proxies.silence(proxy), 0)


if __name__ == "__main__":
    unittest.main()
