"""The deployment that streams go through: three ingresses, some workers, a Redis for the queues and one for the run logs, and an
emulator of each provider behind the workers."""

from __future__ import annotations

import http.client
from pathlib import Path

from ..options import Options
from ..servers import RedisServer, Server
from ..stack import Stack
from ..trouble import Trouble
from . import tale
from .tale import Tale

WORKSPACES = ("harbor", "quay")
INGRESSES = ("serve-1", "serve-2", "serve-3")
# Seconds that a leaving worker may use.
DRAIN = 5


class Emulator(Server):
    """`mainstay emulate`. Nobody kills it: what a provider's own end does to a stream is the adapters' tests to show."""

    def __init__(self, folder: Path, port: int, program: str, kind: str, script: str) -> None:
        super().__init__(f"emulate-{kind}", folder, port)
        # Ours, and not a server that refuses to be root.
        self._as_user = {}
        self._words = [program, "emulate", kind, "--port", str(port), "--script", str(self.home / "script.json")]
        self.write(self.home / "script.json", script)

    def words(self) -> list[str]:
        return self._words

    def is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=3)
        try:
            connection.request("GET", "/_emulator/requests")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


class StreamSite(Stack):
    """`open` brings it up, `close` leaves nothing running."""

    def __init__(self, options: Options, folder: Path, tales: list[Tale]) -> None:
        super().__init__(options.program, folder)
        self.options = options
        self._script = tale.script(tales)
        self.workers = [f"work-{place + 1}" for place in range(options.workers)]
        # Those of the ingresses, in their order.
        self.ports: list[int] = []

    def open(self) -> None:
        """Starts all of it, and returns when the ingresses and the workers are ready."""
        # User postgres, who runs the servers when we are root, has to pass through.
        self.folder.mkdir()
        self.folder.chmod(0o711)
        self.start_servers()
        # As `mainstay up` and docker-compose.yml set it: without a file.
        self.run_log = RedisServer(self.folder, self.port(), name="run-log", is_durable=False)
        self._closers.append(self.run_log.kill)
        self.run_log.start()
        self.prepare({
            "MAINSTAY_MULTI_USER": "true", "MAINSTAY_LEASE_SECONDS": str(self.options.lease), "MAINSTAY_DRAIN_SECONDS": str(DRAIN),
            "MAINSTAY_LOG_LEVEL": "info", "MAINSTAY_RUN_LOG_URL": self.run_log.url(), **self._providers(),
        })
        for slug in WORKSPACES:
            self.command("workspace", "create", slug)
        self.start_fleet()
        self.ports = [self.port() for _ in INGRESSES]
        for name, port in zip(INGRESSES, self.ports):
            self.fleet.add(name, ["serve"], {"MAINSTAY_HTTP_PORT": str(port)}, port)
        for name in self.workers:
            port = self.port()
            self.fleet.add(name, ["work"], {"MAINSTAY_METRICS_PORT": str(port), "MAINSTAY_WORKER_NAME": name}, port)
        for name in (*INGRESSES, *self.workers):
            self.fleet.until_ready(name)
        self.tokens = [self.command("token", "create", "--workspace", slug, "--name", "chaos").strip() for slug in WORKSPACES]

    def _providers(self) -> dict[str, str]:
        """Starts an emulator of each provider; returns the settings by which workers find them (ops/providers.md)."""
        variables = {"MAINSTAY_PROVIDERS": ",".join(tale.PROVIDERS)}
        for name, kind in tale.PROVIDERS.items():
            emulator = Emulator(self.folder, self.port(), self.program, kind, self._script)
            self._closers.append(emulator.kill)
            emulator.start()
            variables.update({
                f"MAINSTAY_PROVIDER_{name.upper()}_URL": f"http://127.0.0.1:{emulator.port}/v1",
                f"MAINSTAY_PROVIDER_{name.upper()}_KEY": "sk-none",
                f"MAINSTAY_PROVIDER_{name.upper()}_MODEL": tale.MODEL,
                f"MAINSTAY_PROVIDER_{name.upper()}_FORMAT": kind,
            })
        return variables

    # MARK: Looking

    def token(self, number: int) -> str:
        """That of the stream of this number: the workspaces take turns."""
        return self.tokens[number // len(tale.PROVIDERS) % len(self.tokens)]

    def runs_of(self, worker: str) -> set[str]:
        """Runs in the hands of a worker's process; none where a store is away."""
        try:
            pid = self.fleet[worker].pid
            identity = self.postgres.value(
                f"select id from workers where pid = {pid} and stopped_at is null and dead_at is null order by started_at desc limit 1;")
            if not identity:
                return set()
            return {run for lane in self.redis.client.keys("*{runs/*}:*", kind="stream") for run in self._pending(lane, identity)}
        except Trouble:
            return set()

    def _pending(self, lane: str, worker: str) -> set[str]:
        """Runs that a lane has delivered to a worker and that are not acknowledged."""
        redis, runs = self.redis.client, set()
        for pending in redis.call("XPENDING", lane, "workers", "-", "+", 1_000, worker):
            for _, fields in redis.call("XRANGE", lane, pending[0], pending[0]):
                # The header: format, id, workspace and more, a space between.
                words = dict(zip(fields[::2], fields[1::2])).get("h", "").split(" ")
                runs.update(words[1:2])
        return runs
