"""What people write: every field that may hold a text holds the word that it is given."""

from __future__ import annotations

from datetime import datetime, timezone
from random import Random
from typing import Any

# Bodies beyond 16 KiB lie in PostgreSQL while their jobs wait.
LARGE = 0.03
LARGE_BYTES = 20_000
# Processes of each profile, each a row of its own; and plugins of each agent.
PROCESSES, PLUGINS = 2, 1
# Where tools are called: the operator allows this one address beside the open internet, and nobody listens at the port that they name.
NOBODY = "127.0.0.1"


def prose(word: str, chance: Random) -> str:
    return " ".join(f"Line {number} about {word}, as the pilot has it." for number in range(chance.randrange(1, 6)))


def ticket(mark: str, word: str, chance: Random) -> dict[str, Any]:
    body = prose(word, chance)
    if chance.random() < LARGE:
        body += " x" * (LARGE_BYTES // 2)
    return {
        "subject": mark, "body": body, "priority": chance.choice(["low", "normal", "high", "urgent"]), "wallet": f"{word}:{chance.randrange(1000)}",
        "requester": f"Ann {word}", "category": chance.choice(["account", "agent", "bug", "question"]),
    }


def profile(mark: str, word: str, chance: Random) -> dict[str, Any]:
    points = LARGE_BYTES // 8 if chance.random() < LARGE else chance.randrange(2, 20)
    return {
        "command": mark, "step": word, "labels": {"branch": word, word: "yes"}, "tools": {"swift": word}, "dirty": False,
        "machine": {"os": f"os {word}", "kernel": word, "architecture": word, "runner": word, "cores": 2},
        "started_at": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"), "duration_ms": 100 * points, "exit_code": 0,
        "peak_rss": chance.randrange(1 << 20, 1 << 32), "timeline": {"at_ms": [100 * point for point in range(points)], "rss": [1 << 20] * points},
        "processes": [{"pid": 100 + place, "command": f"cc {word}", "peak_rss": 1 << 20} for place in range(PROCESSES)],
    }


def run(mark: str, word: str, agent: str | None, model: str) -> dict[str, Any]:
    document: dict[str, Any] = {
        "messages": [{"role": "user", "content": f"How deep is the harbor at {word}? {mark}", "name": word}], "model": model,
        "metadata": {"mark": mark, f"of {word}": word},
        # Its name is in no message, so it is never called.
        "tools": [{"name": f"sound-{word}", "description": f"Sounds the depth at {word}.", "parameters": {"type": "object", "title": word}}],
    }
    return document if agent is None else {**document, "agent": agent}


def character(word: str, sealed: str, serial: int, chance: Random) -> dict[str, Any]:
    """A character file of one of the three generations. What is sealed stands where files keep secrets, and nowhere else."""

    def message(speaker: str, key: str) -> dict[str, Any]:
        return {key: speaker, "content": {"text": f"{speaker} speaks of {word}.", "actions": [f"STEER {word}"]}}

    document: dict[str, Any] = {
        "name": f"Pilot {serial} {word}", "username": f"pilot {word}", "system": f"You are a pilot who knows {word}.",
        "bio": [f"Brings ships to {word}.", prose(word, chance)], "topics": [word, "harbors"], "adjectives": [f"calm as {word}"],
        "postExamples": [f"Fog over {word}."], "style": {part: [f"Speak of {word} ({part})."] for part in ("all", "chat", "post")},
        "knowledge": [f"The depth at {word} is {chance.randrange(5, 40)}."], "plugins": [f"@elizaos/plugin-{word}"][:PLUGINS],
        "settings": {"voice": word, "secrets": {"HARBOR_KEY": sealed}}, "secrets": {"PILOT_KEY": sealed, "OTHER": [sealed]},
        # Members that nobody knows are kept.
        "berth": {"place": word, "ships": [word, word]},
    }
    generation = chance.randrange(3)
    if generation == 0:
        document["lore"], document["clients"] = [f"Was born at {word}."], [word]
        document["messageExamples"] = [[message("{{user1}}", "user"), message("Pilot", "user")]]
    elif generation == 1:
        document["messageExamples"] = [[message("{{name1}}", "name"), message("Pilot", "name")]]
    else:
        document["messageExamples"] = [{"examples": [message("{{name1}}", "name"), message("Pilot", "name")]}]
        document["knowledge"] = [{"item": {"case": "path", "value": f"notes/{word}.md"}}]
    return document
