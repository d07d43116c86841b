"""Kills what the plan says at the points that it names, one after the other, and starts it again as a supervisor does."""

from __future__ import annotations

import threading
import time

from ..faults import RESTART
from ..options import say
from ..trouble import Trouble
from .progress import Progress
from .site import INGRESSES, StreamSite
from .strikes import INGRESS, REDIS, WORKER, Point, Strike


class Striker(threading.Thread):
    def __init__(self, site: StreamSite, points: list[Point], progress: Progress) -> None:
        super().__init__(name="striker", daemon=True)
        self._site, self._points, self._progress = site, points, progress
        self.struck: list[Strike] = []
        # What went wrong with the killing itself, a sentence each.
        self.faults: list[str] = []

    def run(self) -> None:
        begin = time.monotonic()
        for point in self._points:
            if not self._progress.wait(point.stream, point.piece):
                return
            try:
                strike = self._strike(point)
            except (Trouble, OSError) as error:
                self.faults.append(f"{point.words()}: {error}")
                say(f"  {self.faults[-1]}")
                continue
            self.struck.append(strike)
            held = f", with {len(strike.runs)} runs in its hands" if strike.kind == WORKER else ""
            say(f"  {strike.at - begin:6.1f} s  stream {point.stream} at piece {point.piece}: {strike.kind} {strike.victim}{held}")

    def _strike(self, point: Point) -> Strike:
        site = self._site
        if point.kind in (WORKER, INGRESS):
            names = site.workers if point.kind == WORKER else INGRESSES
            name = names[point.victim % len(names)]
            runs = site.runs_of(name) if point.kind == WORKER else set()
            at = time.monotonic()
            site.fleet.kill(name)
            time.sleep(RESTART)
            site.fleet.start(name)
            return Strike(point.kind, name, at, time.monotonic(), runs)
        server = site.redis if point.kind == REDIS else site.run_log
        at = time.monotonic()
        server.kill()
        time.sleep(RESTART)
        server.start()
        return Strike(point.kind, server.name, at, time.monotonic())
