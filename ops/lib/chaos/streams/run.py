"""One run of streams, from the first request to the last check."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random

from ..checks import Check
from ..evidence import settle
from ..options import Options, say
from ..trouble import Trouble, eventually
from .acts import Written
from .checks import Course, judge
from .client import LIMIT, Client, replay
from .frames import Decoder, Frame, frame
from .progress import Progress
from .report import StreamReport
from .site import DRAIN, INGRESSES, StreamSite
from .story import Story
from .strikes import plan
from .striker import Striker
from .tale import Tale

# Readers at once, of runs that are over.
READERS = 8


class StreamRun:
    def __init__(self, options: Options) -> None:
        self.options = options
        self.stories = [Story(Tale.draw(options.seed, number)) for number in range(options.streams)]
        self.site = StreamSite(options, options.folder / "streams", [story.tale for story in self.stories])
        self.course = Course(streams=options.streams, lease=options.lease)
        self.begin = time.time()

    def go(self) -> StreamReport:
        """Leaves nothing running, however it ends."""
        trouble: str | None = None
        checks: list[Check] = []
        try:
            self.site.open()
            self.begin = time.time()
            try:
                self._stream()
                checks = self._close()
            except Trouble as error:
                trouble = str(error)
        finally:
            self.site.close()
        return StreamReport(self.options, time.time() - self.begin, self.stories, self.course.strikes, checks, trouble)

    # MARK: Streams

    def _stream(self) -> None:
        options, progress = self.options, Progress()
        points = plan(options.seed, [len(story.tale.pieces) for story in self.stories])
        say(f"{options.streams} streams, {options.at_once} at once; kills when a stream has shown so many pieces, stream.piece:\n  "
            + ", ".join(point.words() for point in points))
        striker = Striker(self.site, points, progress)
        places = threading.Semaphore(options.at_once)
        clients: list[Client] = []
        striker.start()
        try:
            for story in self.stories:
                places.acquire()
                client = Client(story, self.site.ports, self.site.token(story.tale.number), options.seed, progress,
                                f"stream-{options.seed}-{story.tale.number}", places.release)
                clients.append(client)
                client.start()
            end = time.monotonic() + LIMIT + 60
            for client in clients:
                client.join(max(0.0, end - time.monotonic()))
                if client.is_alive():
                    self.course.broken.append(f"{client.name} did not end")
        finally:
            progress.over()
        striker.join(180)
        if striker.is_alive():
            raise Trouble("what was killed last did not come back")
        self.course.strikes = striker.struck
        self.course.broken += striker.faults

    # MARK: Afterwards

    def _close(self) -> list[Check]:
        site, course = self.site, self.course
        say("no more kills; reading all of it again …")
        for name in (*INGRESSES, *site.workers):
            site.fleet.until_ready(name)
        course.leaked = settle(site, 3 * self.options.lease + 20)
        self._read_again("from an ingress")
        self._read_logs()
        self._read_memories()
        # It keeps no file: what is read from here on comes from PostgreSQL.
        site.run_log.kill()
        site.run_log.start()
        for name in INGRESSES:
            site.fleet.until_ready(name)
        self._read_again("from PostgreSQL alone")
        course.verify = site.examine("verify")
        for name in (*site.workers, *INGRESSES):
            course.goodbyes[name], _ = site.fleet.leave(name, DRAIN + 15)
        course.surprises = site.fleet.surprises
        return judge(course, self.stories)

    def _read_again(self, place: str) -> None:
        """Every run that is over, from its beginning and from behind one of its events, each at some ingress."""

        def read(story: Story) -> None:
            chance = Random(f"{self.options.seed} {place} {story.tale.number}")
            after = chance.choice(story.frames).id
            token = self.site.token(story.tale.number)
            story.replays[place] = self._frames(story, lambda: replay(chance.choice(self.site.ports), token, story.run))
            story.resumed.append((place, after, self._frames(story, lambda: replay(chance.choice(self.site.ports), token, story.run, after))))

        with ThreadPoolExecutor(READERS) as readers:
            list(readers.map(read, [story for story in self.stories if story.is_over]))

    def _frames(self, story: Story, ask: Callable[[], bytes]) -> list[Frame]:
        decoder = Decoder()
        frames: list[Frame] = []

        def is_read() -> bool:
            nonlocal frames
            try:
                frames = decoder.feed(ask())
                return True
            except (OSError, http.client.HTTPException) as error:
                raise Trouble(f"{error}") from error

        try:
            eventually(f"stream {story.tale.number} ({story.run}) is read again", 30, is_read, every=0.3)
        except Trouble as trouble:
            self.course.broken.append(str(trouble))
        story.gaps += decoder.gaps
        story.strange += decoder.strange
        return frames

    def _read_logs(self) -> None:
        """What the run logs' Redis holds itself, without an ingress in between."""
        redis = self.site.run_log.client
        for story in self.stories:
            if story.is_over:
                entries = redis.call("XRANGE", f"mainstay:{{run:{story.run}}}:log", "-", "+")
                story.log = [_entry(id, fields) for id, fields in entries] or None

    def _read_memories(self) -> None:
        """What the runs wrote, as PostgreSQL has it."""
        rows = self.site.postgres.query("""
            select e.run_id, e.id, e.memory_id,
              (select count(*) from memories m where m.workspace_id = e.workspace_id and m.content = e.content)
            from memory_events e order by e.id;
            """)
        for story in self.stories:
            story.rows = [Written(event, memory, int(alike)) for run, event, memory, alike in rows if run == story.run]
        orphans = self.site.postgres.query("""
            select m.id from memories m
            where not exists (select 1 from memory_events e where e.workspace_id = m.workspace_id and e.memory_id = m.id);
            """)
        self.course.orphans = [row[0] for row in orphans]


def _entry(id: str, fields: list[str]) -> Frame:
    """An entry of a log as the frame that an ingress makes of it."""
    payload = dict(zip(fields[::2], fields[1::2])).get("e", "")
    event = payload.removeprefix('{"type":"').partition('"')[0]
    return frame(id, event, payload)
