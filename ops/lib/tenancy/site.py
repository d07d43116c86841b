"""The deployment that the run looks at: two ingresses and three workers on servers of its own."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path

from chaos.stack import Stack

from .options import Options
from .text import NOBODY

INGRESSES = ("serve-1", "serve-2")
WORKERS = ("work-1", "work-2", "work-3")
# Seconds after which a silent worker is dead, and that a leaving one may use.
LEASE, DRAIN = 5, 5
# A registry of plugins, which belongs to no workspace.
PLUGINS = Path(__file__).resolve().parents[2] / "samples" / "plugins.json"


class Site(Stack):
    def __init__(self, options: Options) -> None:
        super().__init__(options.program, options.folder)
        # Those of the ingresses, in their order.
        self.ports: tuple[int, ...] = ()

    def open(self) -> None:
        """Starts all of it, and returns when the ingresses and the workers are ready."""
        self.start_servers()
        self.prepare({
            "MAINSTAY_MULTI_USER": "true", "MAINSTAY_LEASE_SECONDS": str(LEASE), "MAINSTAY_DRAIN_SECONDS": str(DRAIN),
            "MAINSTAY_LOG_LEVEL": "info", "MAINSTAY_AUDIT_KEY": f"tenancy:{secrets.token_hex(32)}",
            "MAINSTAY_CREDENTIALS_KEYS": f"tenancy:{base64.b64encode(secrets.token_bytes(32)).decode()}", "MAINSTAY_TOOLS_ALLOW": NOBODY,
        })
        self.command("plugins", "import", str(PLUGINS))
        self.start_fleet()
        self.ports = tuple(self.port() for _ in INGRESSES)
        for name, port in zip(INGRESSES, self.ports):
            self.fleet.add(name, ["serve"], {"MAINSTAY_HTTP_PORT": str(port)}, port)
        for name in WORKERS:
            port = self.port()
            self.fleet.add(name, ["work"], {"MAINSTAY_METRICS_PORT": str(port), "MAINSTAY_WORKER_NAME": name}, port)
        for name in (*INGRESSES, *WORKERS):
            self.fleet.until_ready(name)

    def leave(self) -> list[str]:
        """Asks all to leave, the workers first; a sentence for each that did not leave in good order."""
        codes = {name: self.fleet.leave(name, DRAIN + 15)[0] for name in (*WORKERS, *INGRESSES)}
        return [f"{name}: {'killed' if code is None else f'exit code {code}'}" for name, code in codes.items() if code != 0]

    def logs_with(self, words: set[str]) -> list[str]:
        """Which of the words stand in a log of a process, servers included, or in what Redis keeps on its disk, and in which."""
        found = []
        for path in [*sorted((self.folder / "log").glob("*.log")), *sorted(self.redis.home.rglob("*.aof"))]:
            with path.open(encoding="utf-8", errors="replace") as file:
                there = {word for line in file for word in words if word in line}
            found += [f"{path.name}: {word}" for word in sorted(there)]
        return found
