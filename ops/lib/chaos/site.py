"""Everything that a run consists of, in one place: servers, proxies, processes, producers."""

from __future__ import annotations

import secrets

from .book import Book, Follower
from .load import Load
from .options import Options
from .proxy import Proxies, Proxy
from .stack import Stack

# Two tenants, so that batches hold jobs of both.
WORKSPACES = ("harbor", "quay")
INGRESS = "serve"
# Seconds that a leaving worker may use.
DRAIN = 5


class Site(Stack):
    """A deployment of its own under one folder. `open` brings it up, `close` leaves nothing running."""

    def __init__(self, options: Options) -> None:
        super().__init__(options.program, options.folder)
        self.options = options
        self.book = Book()
        # Promises that were found broken on the way, a sentence each.
        self.broken: list[str] = []
        # From when to when a rolling deploy went on, and the processes that left.
        self.deploys: list[tuple[float, float, set[int]]] = []
        # Names of the workers, place by place. The first one talks to its servers through proxies, and so does the ingress.
        self.workers: list[str] = []
        self.redis_proxies: dict[str, Proxy] = {}
        self.postgres_proxies: dict[str, Proxy] = {}
        self._generation = 0

    # MARK: Coming up

    def open(self) -> None:
        """Starts all of it, and returns when the ingress and the workers are ready."""
        self.start_servers()
        self.prepare({
            "MAINSTAY_MULTI_USER": "true", "MAINSTAY_LEASE_SECONDS": str(self.options.lease), "MAINSTAY_DRAIN_SECONDS": str(DRAIN),
            "MAINSTAY_LOG_LEVEL": "info", "MAINSTAY_AUDIT_KEY": f"chaos:{secrets.token_hex(32)}",
        })
        for slug in WORKSPACES:
            self.command("workspace", "create", slug)

        self.proxies = Proxies()
        self._closers.append(self.proxies.close)
        self.ingress_port = self.port()
        self.start_fleet()
        self._ingress()
        for place in range(self.options.workers):
            self.workers.append(self.add_worker(place))
        self.fleet.until_ready(INGRESS)
        for name in self.workers:
            self.fleet.until_ready(name)

        tokens = [self.command("token", "create", "--workspace", slug, "--name", "chaos").strip() for slug in WORKSPACES]
        ids = [row[0] for row in self.postgres.query("select id from workspaces;")]
        self.load = Load(
            self.book, self.ingress_port, tokens, self.options.producers, self.options.rate, self.options.seed, f"chaos-{self.options.seed}")
        self.follower = Follower(self.book, self.postgres, ids)
        self._closers.append(self.follower.close)
        self._closers.append(lambda: self.load.stop(0))

    # MARK: Processes

    def _through_proxies(self, name: str) -> dict[str, str]:
        """The variables by which a process reaches its servers through proxies of its own, which are kept under its place's name."""
        if name not in self.redis_proxies:
            self.redis_proxies[name] = self.proxies.open(self.port(), self.redis.port)
            self.postgres_proxies[name] = self.proxies.open(self.port(), self.postgres.port)
        return {
            "MAINSTAY_REDIS_URL": self.redis.url(self.redis_proxies[name].port),
            "MAINSTAY_DATABASE_URL": self.postgres.url("server", self.postgres_proxies[name].port),
        }

    def _ingress(self) -> None:
        variables = {"MAINSTAY_HTTP_PORT": str(self.ingress_port), **self._through_proxies(INGRESS)}
        self.fleet.add(INGRESS, ["serve"], variables, self.ingress_port)

    def add_worker(self, place: int) -> str:
        """Starts a worker for a place, beside the one that may be there. Returns its name."""
        name = f"work-{place + 1}" + (f".{self._generation}" if self._generation else "")
        port = self.port()
        variables = {"MAINSTAY_METRICS_PORT": str(port), "MAINSTAY_WORKER_NAME": name}
        if place == 0:
            variables.update(self._through_proxies("work-1"))
        self.fleet.add(name, ["work"], variables, port)
        return name

    def next_generation(self) -> None:
        """Workers that are added from now on have new names."""
        self._generation += 1

    # MARK: Looking

    def identity(self, name: str) -> str:
        """The id under which a worker's process works now; empty while it has none."""
        pid = self.fleet[name].pid
        return self.postgres.value(
            f"select id from workers where pid = {pid} and stopped_at is null and dead_at is null order by started_at desc limit 1;")
