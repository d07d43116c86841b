"""The program's own processes: one ingress and some workers, each with a log, a port to ask and a name to be killed by."""

from __future__ import annotations

import contextlib
import http.client
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from .options import say
from .trouble import Trouble, eventually


@dataclass
class Child:
    """A process and how to start it again."""

    name: str
    words: list[str]
    variables: dict[str, str]
    # Where /readyz is.
    port: int
    process: subprocess.Popen[bytes] | None = None
    # False while somebody of ours has ended it: then its end is no news.
    is_wanted: bool = True
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def pid(self) -> int:
        return self.process.pid if self.process is not None else 0

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Fleet:
    """Starts, ends and watches children. One that ends by itself is started again, as a supervisor would, and noted."""

    def __init__(self, program: str, folder: Path, environment: dict[str, str]) -> None:
        self._program, self._folder, self._environment = program, folder, environment
        self._children: dict[str, Child] = {}
        self._closing = threading.Event()
        self._watch = threading.Thread(target=self._tend, name="fleet", daemon=True)
        self._watch.start()
        # One sentence for each process that ended and was not asked to.
        self.surprises: list[str] = []

    def __getitem__(self, name: str) -> Child:
        return self._children[name]

    @property
    def names(self) -> list[str]:
        return list(self._children)

    @property
    def pids(self) -> set[int]:
        """Of the children that run now."""
        return {child.pid for child in list(self._children.values()) if child.is_alive}

    # MARK: Starting

    def add(self, name: str, words: list[str], variables: dict[str, str], port: int) -> None:
        """Starts a process that is to run from now on."""
        child = Child(name, words, variables, port)
        self._children[name] = child
        self._spawn(child)

    def start(self, name: str) -> None:
        """Starts one that was ended by us."""
        child = self._children[name]
        with child.lock:
            child.is_wanted = True
            self._spawn(child)

    def _spawn(self, child: Child) -> None:
        environment = {**self._environment, **child.variables}
        # By the folder in its command line a process is told from a stranger that got its id.
        words = [self._program, *child.words, "--stack", str(self._folder)]
        with open(self._folder / "log" / f"{child.name}.log", "ab") as log:
            child.process = subprocess.Popen(
                words, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=self._folder)
        (self._folder / "run" / f"{child.name}.pid").write_text(f"{child.pid}\n", encoding="utf-8")

    def is_ready(self, name: str) -> bool:
        child = self._children[name]
        if not child.is_alive:
            return False
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", child.port, timeout=3)) as connection:
            try:
                connection.request("GET", "/readyz")
                return connection.getresponse().status == 200
            except (OSError, http.client.HTTPException):
                return False

    def until_ready(self, name: str, limit: float = 90) -> float:
        return eventually(f"{name} is ready", limit, lambda: self.is_ready(name))

    # MARK: Ending

    def kill(self, name: str) -> None:
        """kill -9."""
        child = self._children[name]
        with child.lock:
            child.is_wanted = False
            self.signal(name, signal.SIGKILL)
            assert child.process is not None
            child.process.wait()

    def leave(self, name: str, limit: float) -> tuple[int | None, float]:
        """SIGTERM, and wait. Returns the exit code (None: it did not end within `limit` and was killed) and the seconds."""
        child = self._children[name]
        begin = time.monotonic()
        with child.lock:
            child.is_wanted = False
            self.signal(name, signal.SIGTERM)
            assert child.process is not None
            code: int | None
            try:
                code = child.process.wait(limit)
            except subprocess.TimeoutExpired:
                code = None
                child.process.kill()
                child.process.wait()
        return code, time.monotonic() - begin

    def forget(self, name: str) -> None:
        """Takes a child that has left off the list."""
        del self._children[name]

    def signal(self, name: str, number: signal.Signals) -> None:
        child = self._children[name]
        if child.process is not None:
            with contextlib.suppress(ProcessLookupError):
                child.process.send_signal(number)

    def close(self) -> None:
        """Ends all at once; what they hold is thrown away."""
        self._closing.set()
        self._watch.join(5)
        for child in self._children.values():
            child.is_wanted = False
            if child.process is not None:
                with contextlib.suppress(ProcessLookupError):
                    child.process.kill()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.process.wait(10)

    def _tend(self) -> None:
        while not self._closing.wait(0.2):
            for child in list(self._children.values()):
                with child.lock:
                    if not child.is_wanted or child.process is None or child.process.poll() is None:
                        continue
                    code = child.process.returncode
                    ending = f"signal {-code}" if code < 0 else f"exit code {code}"
                    self.surprises.append(f"{child.name} ended by itself with {ending}")
                    say(f"  {self.surprises[-1]}; it is started again")
                    if len(self.surprises) > 50:
                        return
                    try:
                        self._spawn(child)
                    except OSError as error:
                        self.surprises.append(f"{child.name} could not be started again: {error}")


def run(program: str, words: list[str], environment: dict[str, str], limit: float = 120) -> subprocess.CompletedProcess[str]:
    """Runs a command of the program to its end."""
    try:
        return subprocess.run([program, *words], env=environment, capture_output=True, text=True, timeout=limit, check=False, cwd="/")
    except subprocess.TimeoutExpired:
        raise Trouble(f"mainstay {' '.join(words[:2])} did not end within {limit:g} s") from None


def check(program: str, words: list[str], environment: dict[str, str]) -> str:
    """The same, for one that must go well; returns what it printed."""
    done = run(program, words, environment)
    if done.returncode != 0:
        raise Trouble(f"mainstay {' '.join(words[:2])} failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout
