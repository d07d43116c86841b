"""The run's own Redis and PostgreSQL: in its folder, on loopback, with generated passwords.

They are set as `mainstay up` sets them (`appendfsync always`, `fsync = on`, `synchronous_commit = on`), and started here,
so that each can be killed, and started again by whoever killed it.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from random import Random
from typing import Any

from .resp import Redis, RedisAway
from .trouble import Trouble

# PostgreSQL refuses to run as root, and Redis need not.
USER = "postgres"


def free_port(taken: set[int]) -> int:
    """A port on 127.0.0.1 that nobody listens on, below those of outgoing connections."""
    # Not the run's seed: two runs of one seed may go on at once.
    chance = Random()
    for _ in range(500):
        port = chance.randrange(20_000, 32_000)
        with contextlib.closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                probe.listen(1)
            except OSError:
                continue
        if port not in taken:
            taken.add(port)
            return port
    raise Trouble("no free port was found on 127.0.0.1")


class Server:
    """One process that is started and ended by us, its output in a log."""

    def __init__(self, name: str, folder: Path, port: int) -> None:
        self.name, self.folder, self.port = name, folder, port
        self.home = folder / name
        self.password = secrets.token_hex(24)
        self.process: subprocess.Popen[bytes] | None = None
        self.home.mkdir(mode=0o700)
        self._as_user: dict[str, Any] = {}
        if os.geteuid() == 0:
            try:
                entry = pwd.getpwnam(USER)
            except KeyError:
                raise Trouble(f"there is no user {USER} to run {name} as, and we are root") from None
            os.chown(self.home, entry.pw_uid, entry.pw_gid)
            self._as_user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    def write(self, path: Path, text: str) -> None:
        """Writes a file that only the server's user can read."""
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        if self._as_user:
            os.chown(path, self._as_user["user"], self._as_user["group"])

    def run(self, words: list[str]) -> subprocess.CompletedProcess[str]:
        """Runs a command as the server's user, to its end."""
        done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False, cwd="/", **self._as_user)
        if done.returncode != 0:
            raise Trouble(f"{words[0]} failed: {done.stderr.strip() or done.stdout.strip()}")
        return done

    def words(self) -> list[str]:
        raise NotImplementedError

    def is_ready(self) -> bool:
        raise NotImplementedError

    def start(self, limit: float = 120) -> None:
        """Returns when it answers."""
        end = time.monotonic() + limit
        while True:
            with open(self.folder / "log" / f"{self.name}.log", "ab") as log:
                # A session of its own: a Ctrl-C is for us, who then end it.
                self.process = subprocess.Popen(
                    self.words(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/", **self._as_user)
            (self.folder / "run" / f"{self.name}.pid").write_text(f"{self.process.pid}\n", encoding="utf-8")
            while self.process.poll() is None and time.monotonic() < end:
                if self.is_ready():
                    return
                time.sleep(0.02)
            if time.monotonic() > end:
                raise Trouble(f"{self.name} was not ready within {limit:g} s")
            # Backends of a killed postmaster let go of its memory within moments, and until then no other one starts.
            time.sleep(0.2)

    def end(self, number: signal.Signals, limit: float = 60) -> None:
        """Sends a signal and waits for the end."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)
        try:
            self.process.wait(limit)
        except subprocess.TimeoutExpired:
            raise Trouble(f"{self.name} did not end within {limit:g} s of {number.name}") from None

    def kill(self) -> None:
        self.end(signal.SIGKILL)


class RedisServer(Server):
    """The queues' Redis, which keeps the run logs as well where they have none of their own; or, without a file, that of the run logs."""

    def __init__(self, folder: Path, port: int, name: str = "redis", is_durable: bool = True) -> None:
        super().__init__(name, folder, port)
        self._is_durable = is_durable
        program = shutil.which("redis-server")
        if program is None:
            raise Trouble("redis-server is not installed")
        self._program = program
        self.client = Redis(port, self.password)

    def url(self, port: int | None = None) -> str:
        return f"redis://:{self.password}@127.0.0.1:{port or self.port}/0"

    def words(self) -> list[str]:
        file = self.home / "redis.conf"
        keeping = "appendonly yes\nappendfsync always\nhash-max-listpack-entries 32" if self._is_durable else "appendonly no"
        self.write(file, f"""\
bind 127.0.0.1
port {self.port}
requirepass {self.password}
dir "{self.home}"
set-proc-title no
save ""
maxmemory-policy noeviction
{keeping}
""")
        return [self._program, str(file)]

    def is_ready(self) -> bool:
        try:
            return self.client.call("PING") == "PONG"
        except RedisAway:
            return False


class PostgresServer(Server):
    """A PostgreSQL on TCP only, passwords for everyone."""

    DATABASE = "mainstay"

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__("postgres", folder, port)
        self.bin = _postgres_programs()
        self.passwords = {role: secrets.token_hex(24) for role in ("owner", "server", "reporting")}
        self.data = self.home / "data"
        secret = self.home / "initdb.password"
        self.write(secret, self.password + "\n")
        # The cluster itself need not be on disk before the run begins; what the run writes is.
        self.run([str(self.bin / "initdb"), "-D", str(self.data), "-U", "postgres", "-A", "scram-sha-256", "--pwfile", str(secret),
                  "--locale=C", "-E", "UTF8", "--no-sync"])
        secret.unlink()
        self.write(self.data / "postgresql.conf", f"""\
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
shared_buffers = 64MB
max_connections = 200
fsync = on
synchronous_commit = on
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%u@%d '
""")

    def url(self, role: str, port: int | None = None) -> str:
        return f"postgres://mainstay_{role}:{self.passwords[role]}@127.0.0.1:{port or self.port}/{self.DATABASE}"

    def words(self) -> list[str]:
        return [str(self.bin / "postgres"), "-D", str(self.data)]

    def is_ready(self) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").split("\n")
        except FileNotFoundError:
            return False
        # The eighth line is the state of the server that the first names.
        return len(lines) > 7 and lines[0] == str(self.process and self.process.pid) and lines[7].startswith("ready")

    def make_database(self, roles: str) -> None:
        """Makes the roles, of which `roles` is the script, and the database."""
        passwords = "".join(f"\\set {role}_password '{password}'\n" for role, password in self.passwords.items())
        self.query(passwords + roles + f"\ncreate database {self.DATABASE} owner mainstay_owner;\n", database="postgres")

    def query(self, script: str, database: str = DATABASE, limit: float = 30, role: str | None = None) -> list[list[str]]:
        """Runs a script as superuser, or as one of our roles that log in, and returns its rows as text; `Trouble` when the server is
        away or refuses."""
        user, password = ("postgres", self.password) if role is None else (f"mainstay_{role}", self.passwords[role])
        words = [str(self.bin / "psql"), "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1",
                 "-p", str(self.port), "-U", user, "-d", database, "-f", "-"]
        environment = {"PATH": os.environ.get("PATH", ""), "PGPASSWORD": password, "PGCONNECT_TIMEOUT": "5", "LC_ALL": "C"}
        try:
            # By standard input: arguments can be seen by everybody, and have an end.
            done = subprocess.run(words, input=script, capture_output=True, text=True, timeout=limit, check=False, env=environment, cwd="/")
        except subprocess.TimeoutExpired:
            raise Trouble(f"psql did not answer within {limit:g} s") from None
        if done.returncode != 0:
            raise Trouble(f"psql: {done.stderr.strip()}")
        return [line.split("\t") for line in done.stdout.splitlines()]

    def value(self, script: str) -> str:
        """The one value that a script returns."""
        rows = self.query(script)
        return rows[0][0] if rows else ""

    def count(self, script: str) -> int:
        return int(self.value(script))


def _postgres_programs() -> Path:
    """The folder of initdb, postgres and psql of one version: the newest that is installed."""
    found: list[tuple[int, Path]] = []
    for pattern in ("/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin"):
        for folder in Path("/").glob(pattern[1:]):
            version = folder.parent.name.removeprefix("postgresql@")
            if version.isdigit() and all((folder / name).exists() for name in ("initdb", "postgres", "psql")):
                found.append((int(version), folder))
    if found:
        return max(found)[1]
    program = shutil.which("initdb")
    if program is None:
        raise Trouble("PostgreSQL is not installed: there is no initdb")
    return Path(program).resolve().parent
