"""ChromeDriver as a process, and what it is asked by the WebDriver protocol."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from chaos.trouble import Trouble, eventually

# Seconds for one command: the longest is a page that does not come.
SILENCE = 60.0


class Driver:
    """One driver with one browser, both ended by `close`."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder, self._port = folder, port
        self._profile = folder / "browser"
        self._process: subprocess.Popen[bytes] | None = None
        self._session = ""

    # MARK: Coming up

    def start(self) -> None:
        """Returns when there is a browser."""
        program = shutil.which("chromedriver")
        if program is None:
            raise Trouble("chromedriver is not installed")
        for name in ("log", "run"):
            (self._folder / name).mkdir(exist_ok=True)
        # By the folder in its command line a process is told from a stranger that got its id.
        words = [program, f"--port={self._port}", f"--log-path={self._folder / 'log' / 'chromedriver.log'}"]
        with open(self._folder / "log" / "browser.log", "ab") as log:
            self._process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=self._folder)
        self._note("chromedriver", self._process.pid)
        eventually("chromedriver is ready", 60, lambda: bool(self._ask("GET", "/status").get("ready")))
        answer = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": self._capabilities()}})
        self._session = answer["sessionId"]
        browser = answer["capabilities"].get("goog:processID")
        if browser:
            self._note("browser", browser)

    def _capabilities(self) -> dict[str, Any]:
        # Nothing of it goes anywhere but to our ingress: no updates, no reports, no first steps.
        words = [
            "--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--disable-default-apps", "--lang=en", f"--user-data-dir={self._profile}",
        ]
        if os.geteuid() == 0:
            # Chromium refuses to sandbox itself as root; it sees no page but ours.
            words.append("--no-sandbox")
        options: dict[str, Any] = {"args": words}
        program = shutil.which("chromium")
        if program is not None:
            options["binary"] = program
        return {"browserName": "chrome", "goog:loggingPrefs": {"browser": "ALL"}, "goog:chromeOptions": options}

    def _note(self, name: str, pid: int) -> None:
        (self._folder / "run" / f"{name}.pid").write_text(f"{pid}\n", encoding="utf-8")

    # MARK: Asking

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """A command to the browser: the value that it answers with; `Trouble` when it refuses."""
        return self._ask(method, f"/session/{self._session}{path}", body)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}{path}", method=method, data=data, headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=SILENCE) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise Trouble(refusal(method, path, error.read())) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Trouble(f"chromedriver does not answer {method} {path.rsplit('/', 1)[-1]} ({type(error).__name__}: {error})") from None

    # MARK: Ending

    def close(self) -> None:
        if self._session:
            try:
                self.ask("DELETE", "")
            except Trouble:
                # Then it is ended with its driver.
                pass
            self._session = ""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
        # Of no use to anybody, and large. What is left of the browser may write into it for a moment.
        shutil.rmtree(self._profile, ignore_errors=True)


def refusal(method: str, path: str, body: bytes) -> str:
    """What the driver said no to, and the first line of why."""
    try:
        value = json.loads(body)["value"]
        reason = f"{value['error']}: {value['message'].splitlines()[0]}"
    except (ValueError, KeyError, TypeError, IndexError):
        reason = body[:200].decode(errors="replace")
    return f"chromedriver refused {method} {path.rsplit('/', 1)[-1]}: {reason}"
