"""What a run stands on: servers, a migrated database and processes of the program, all below one folder."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Callable

from .fleet import Fleet, check
from .fleet import run as run_program
from .options import say
from .servers import PostgresServer, RedisServer, free_port


class Stack:
    """A deployment of a run's own. Whoever inherits it says which processes there are; `close` leaves nothing running."""

    def __init__(self, program: str, folder: Path) -> None:
        self.program, self.folder = program, folder
        self._ports: set[int] = set()
        # What has to be ended, in the order in which it was started.
        self._closers: list[Callable[[], None]] = []

    def port(self) -> int:
        return free_port(self._ports)

    # MARK: Coming up

    def start_servers(self) -> None:
        for name in ("log", "run"):
            (self.folder / name).mkdir()
        say("starting redis and postgres …")
        self.redis = RedisServer(self.folder, self.port())
        self._closers.append(self.redis.kill)
        self.postgres = PostgresServer(self.folder, self.port())
        self._closers.append(self.postgres.kill)
        self.redis.start()
        self.postgres.start()

    def prepare(self, variables: dict[str, str]) -> None:
        """Roles, database, migrations. The variables are those of all processes and commands, beside where the servers are."""
        base = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(self.folder)}
        self.postgres.make_database(check(self.program, ["migrate", "--roles"], base))
        self.environment = {
            **base, "MAINSTAY_DATABASE_URL": self.postgres.url("server"), "MAINSTAY_REDIS_URL": self.redis.url(), **variables,
        }
        check(self.program, ["migrate"], {**self.environment, "MAINSTAY_MIGRATION_URL": self.postgres.url("owner")})

    def start_fleet(self) -> None:
        """From now on processes can be added."""
        self.fleet = Fleet(self.program, self.folder, self.environment)
        self._closers.append(self.fleet.close)

    # MARK: Commands

    def command(self, *words: str) -> str:
        """What a command of the program prints; `Trouble` when it fails."""
        return check(self.program, list(words), self.environment)

    def examine(self, *words: str) -> int:
        """The exit code of one of the program's own examinations; what it says goes into a log, and is told when it found something."""
        done = run_program(self.program, list(words), self.environment, limit=300)
        (self.folder / "log" / f"{'-'.join(words)}.log").write_text(done.stdout + done.stderr, encoding="utf-8")
        if done.returncode != 0:
            say(done.stdout + done.stderr)
        return done.returncode

    # MARK: Looking

    def living(self) -> set[str]:
        """Ids of workers that are at work in a process of ours."""
        pids = ",".join(str(pid) for pid in self.fleet.pids) or "0"
        rows = self.postgres.query(f"select id from workers where stopped_at is null and dead_at is null and pid in ({pids});")
        return {row[0] for row in rows}

    def close(self) -> None:
        """Ends everything that was started, whatever state it is in."""
        # A second Ctrl-C must not leave anything behind.
        previous = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            while self._closers:
                closer = self._closers.pop()
                try:
                    closer()
                except Exception as error:  # noqa: BLE001 - the others have to be ended all the same
                    say(f"while ending: {error}")
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
