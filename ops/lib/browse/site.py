"""The deployment that is looked at: `mainstay up` below one folder, and something of everything that pages show."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from pathlib import Path
from typing import Any

from chaos.fleet import check
from chaos.options import say
from chaos.servers import free_port
from chaos.trouble import Trouble, eventually

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
# The agent that is looked for, and the one that operators look into.
GUIDE, SUSPECT = "harbor-guide", "migration-clerk"


class Site:
    def __init__(self, program: str, folder: Path) -> None:
        self.program, self.folder = program, folder
        self._ports: set[int] = set()
        self._is_up = False
        self.environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(folder), "MAINSTAY_MULTI_USER": "true"}
        # What stands in the paths of pages.
        self.facts: dict[str, str] = {}
        # Tokens: an operator's, and that of the owner of a workspace of two.
        self.operator = self.owner = ""

    @property
    def url(self) -> str:
        return self.environment["MAINSTAY_URL"]

    @property
    def token(self) -> str:
        """The one that `up` has made, for its workspace."""
        return self.environment["MAINSTAY_TOKEN"]

    def port(self) -> int:
        return free_port(self._ports)

    # MARK: Coming up and down

    def open(self) -> None:
        say("starting the deployment …")
        self._is_up = True
        self.command("up", "--detach", "--no-demo", "--folder", str(self.folder), "--port", str(self.port()), "--workers", "1")
        self.environment |= variables((self.folder / "env").read_text(encoding="utf-8"))
        self._fill()

    def close(self) -> None:
        if self._is_up:
            self._is_up = False
            self.command("up", "--down", "--folder", str(self.folder))

    def command(self, *words: str, token: str = "") -> str:
        """What a command of the program prints; `Trouble` when it fails."""
        return check(self.program, list(words), {**self.environment, **({"MAINSTAY_TOKEN": token} if token else {})})

    def rows(self, *words: str, token: str = "") -> list[dict[str, Any]]:
        return json.loads(self.command(*words, "--json", token=token))["rows"]

    def ask(self, method: str, path: str, document: Any = None, is_open: bool = False) -> Any:
        """A request to the API, with the workspace's token unless it is open."""
        headers = {"Content-Type": "application/json"} | ({} if is_open else {"Authorization": f"Bearer {self.token}"})
        data = None if document is None else json.dumps(document).encode()
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url + path, data, headers, method=method), timeout=30) as answer:
                return json.load(answer)
        except (OSError, ValueError) as error:
            raise Trouble(f"{method} {path}: {error}") from error

    # MARK: Something of everything

    def _fill(self) -> None:
        say("filling it …")
        self.command("plugins", "import", str(SAMPLES / "plugins.json"))
        self.command("agent", "import", str(SAMPLES / "agents"), "--publish")
        self.command("agent", "fork", f"default/{GUIDE}", "--name", "our-guide")
        self._next_version()
        self.operator = self.command("token", "create", "--operator", "--name", "walker").strip()
        self.command("token", "create", "--name", "a-second-one")
        agents = {row["name"]: row["id"] for row in self.rows("agent", "list")}
        tokens = {row["name"]: row["id"] for row in self.rows("token", "list")}
        self.facts = {
            "version": "1.0.0", "quarantined": SUSPECT, "own": agents[GUIDE], "fork": agents["our-guide"], "decided": agents[SUSPECT],
            "token": tokens["a-second-one"],
        }
        self._moderate()
        self._invite()
        # Its name is taken, so it becomes a dead letter.
        self.facts["dead"] = self._fork("our-guide")
        eventually("a fork has died", 60, lambda: self.ask("GET", f"/v1/jobs/{self.facts['dead']}")["state"] == "dead")

    def _next_version(self) -> None:
        """Of an agent that was forked: with something new, and a plugin that nobody looks after."""
        character = json.loads((SAMPLES / "agents" / f"{GUIDE}.character.json").read_text(encoding="utf-8"))
        character["bio"].append("It knows the new pier.")
        character["plugins"].append("@elizaos/plugin-solana")
        file = self.folder / f"{GUIDE}.character.json"
        file.write_text(json.dumps(character), encoding="utf-8")
        self.command("agent", "import", str(file), "--name", GUIDE)
        self.command("agent", "publish", GUIDE, "--version", "2.0.0", "--changelog", "It knows the new pier.")

    def _moderate(self) -> None:
        """An owner that is verified; one case that is decided, and one that waits."""
        self.command("directory", "verify", "default", "--name", "Office of the Harbour", "--site", "https://harbour.example", token=self.operator)
        for name in (SUSPECT, "tidewatch"):
            receipt = self.ask("POST", f"/v1/agents/default/{name}/reports", {"reason": "malware", "text": "It asks for seed phrases."}, is_open=True)
            if name == SUSPECT:
                self.facts |= {"report": receipt["id"], "receipt": receipt["receipt"]}
        cases = {row["agent"]: row["case"] for row in self.rows("directory", "reports", token=self.operator)}
        self.facts["case"] = cases["default/tidewatch"]
        self.command("directory", "decide", cases[f"default/{SUSPECT}"], "--decision", "quarantine", "--ground", "malware", "--facts",
                     "It asks for seed phrases.", "--yes", token=self.operator)

    def _invite(self) -> None:
        """An empty workspace with an owner and a viewer, and somebody who has not come yet."""
        self.command("workspace", "create", "Harbour Office", "--slug", "office")
        invitations = {
            role: self.rows("workspace", "invite", "office", "--role", role, "--email", f"{role}@office.example")[0]
            for role in ("owner", "viewer", "member")
        }
        self.owner = self._join(invitations["owner"], "owner")["token"]["token"]
        self.facts["member"] = self._join(invitations["viewer"], "viewer")["member"]["id"]
        self.facts["invitation"] = invitations["member"]["id"]

    def _join(self, invitation: dict[str, Any], role: str) -> dict[str, Any]:
        document = {"token": invitation["token"], "name": f"The {role}", "email": f"{role}@office.example"}
        return self.ask("POST", "/v1/invitations/accept", document, is_open=True)

    def _fork(self, name: str) -> str:
        return self.ask("POST", f"/v1/agents/default/{GUIDE}/forks", {"name": name})["id"]

    def hold_a_fork(self) -> None:
        """From now on no fork is made, and one waits: so its page can be looked at in peace."""
        self.command("queues", "pause", "forks", "--reason", "Its pages are looked at.")
        # Workers hear it within a second.
        time.sleep(2)
        self.facts["under_way"] = self._fork("one-that-waits")


def variables(text: str) -> dict[str, str]:
    """Those of the file `env` that `up` writes. Pure."""
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {name: value.strip("'") for name, value in pairs}
