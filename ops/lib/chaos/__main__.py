"""python3 -m chaos --program FILE --folder FOLDER [options]: what ops/chaos calls."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from random import Random
from typing import Any

from .checks import Check, Course, judge
from .evidence import gather, settle, snapshot
from .faults import FAULTS
from .interrupt import heed_interrupts
from .options import JOBS, STREAMS, Options, read, say
from .recovery import Recovery, is_calm, recovery
from .report import Report, Struck
from .site import DRAIN, INGRESS, Site
from .streams.run import StreamRun
from .trouble import Trouble, eventually

# Seconds within which a fault has to be got over, from the moment that its harm is undone.
LIMIT = 90.0
# For the queues to become empty when nobody sends any more.
DRAINED = 120.0


def plan(options: Options) -> Iterator[tuple[int, str]]:
    """The faults in their order, round after round, each round in an order of its own. Without end."""
    chance = Random(f"{options.seed} order")
    number = 0
    while True:
        for name in chance.sample(options.faults, len(options.faults)):
            number += 1
            yield number, name


class Run:
    """One run from the first ticket to the last check."""

    def __init__(self, options: Options, site: Site) -> None:
        self.options, self.site = options, site
        self.struck: list[Struck] = []
        self.course = Course(drain=DRAIN)
        self.begin = time.time()

    def go(self) -> Report:
        self.begin = time.time()
        self.site.load.start()
        self.site.follower.start()
        trouble: str | None = None
        checks: list[Check] = []
        try:
            self._storm()
            checks = self._close()
        except Trouble as error:
            trouble = str(error)
        return Report(self.options, time.time() - self.begin, self.struck, checks, dict(self.site.load.counts), trouble)

    def _storm(self) -> None:
        """Fault after fault until the time is up; each at least once, even if that takes longer."""
        end = time.monotonic() + 60 * self.options.minutes
        for number, name in plan(self.options):
            if number > len(self.options.faults) and time.monotonic() > end:
                return
            self._wait_for_calm()
            self._strike(number, name)

    def _wait_for_calm(self) -> None:
        def is_quiet() -> bool:
            until = self.site.follower.known_until
            return until > self.begin + 5 and is_calm(self.site.book.times(until - 5), until)

        try:
            eventually("the load is calm", 60, is_quiet, every=0.25)
        except Trouble:
            # A machine that is busy with other things may never be. What recovery means is taken from what was before.
            say("  the load did not become calm; going on")

    def _strike(self, number: int, name: str) -> None:
        moment = time.time()

        def begin() -> None:
            nonlocal moment
            moment = time.time()

        note = ""
        try:
            note = FAULTS[name](self.site, Random(f"{self.options.seed} {number} {name}"), begin)
        except (Trouble, OSError) as error:
            # What the fault itself watches over (a zombie is found out, say) is a promise too.
            self.site.broken.append(f"{name}: {error}")
            say(f"  {self.site.broken[-1]}")
            snapshot(self.site, name)
        found = self._until_recovered(moment)
        self.struck.append(Struck(name, moment - self.begin, note, found))
        self.course.faults += 1
        self.course.recovered += found.seconds is not None
        felt = "not got over" if found.seconds is None else f"got over in {found.seconds:.1f} s" if found.was_felt else "not felt"
        say(f"  {moment - self.begin:6.1f} s  {name:18} {felt}{f' ({note})' if note else ''}")

    def _until_recovered(self, moment: float) -> Recovery:
        end = time.monotonic() + LIMIT
        while True:
            until = self.site.follower.known_until
            found = recovery(self.site.book.times(moment - 5), moment, max(until, moment))
            if found.seconds is not None or time.monotonic() > end:
                return found
            time.sleep(0.5)

    def _close(self) -> list[Check]:
        """Lets everything come to its end, looks, asks all to leave, and looks again."""
        site, course = self.site, self.course
        say("no more faults; letting the queues empty …")
        site.load.stop(60)
        try:
            eventually("the queues are empty", DRAINED, lambda: site.book.waiting == 0, every=0.2)
        except Trouble:
            # What is not done by now counts as lost.
            say(f"  {site.book.waiting} jobs are still not done after {DRAINED:.0f} s")
            snapshot(site, "end")
        leaked = settle(site, 3 * self.options.lease + 20)
        if leaked:
            snapshot(site, "leaked")
        course.verify = site.examine("verify")
        course.doctor = site.examine("doctor")
        for name in [*site.workers, INGRESS]:
            course.goodbyes[name], _ = site.fleet.leave(name, DRAIN + 15)
        course.broken = site.broken
        course.refusals = site.load.faults + site.book.faults
        course.surprises = site.fleet.surprises
        return judge(course, gather(site, leaked))


def jobs(options: Options) -> Report:
    """Leaves nothing running, however it ends."""
    site = Site(options)
    try:
        site.open()
        return Run(options, site).go()
    finally:
        site.close()


def main() -> int:
    options = read(sys.argv[1:])
    heed_interrupts()
    say(f"seed {options.seed}; the same again: {options.command}")
    holds = True
    document: dict[str, Any] = {"version": 1}
    try:
        if JOBS in options.parts:
            report = jobs(options)
            print(report.text(), flush=True)
            holds = holds and report.holds
            document.update(report.document())
        if STREAMS in options.parts:
            told = StreamRun(options).go()
            print(("\n" if JOBS in options.parts else "") + told.text(), flush=True)
            holds = holds and told.holds
            document["streams"] = told.document()
    except Trouble as error:
        say(f"ops/chaos: {error}")
        return 1
    except KeyboardInterrupt:
        say("ops/chaos: interrupted")
        return 130
    if options.json is not None:
        document["holds"] = holds
        options.json.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
