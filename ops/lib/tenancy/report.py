"""The tables, and the same as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from chaos.checks import Check
from chaos.report import checks_text, table

from .journal import Journal, percentile
from .options import Options


@dataclass
class Forks:
    """How soon forks came. Seconds, as the database has them, by the rules of the reports `discovery` and `fork-activity`."""

    # From the making of each workspace to its first fork, and from each agent's publication to the first fork of it.
    by_workspace: list[float] = field(default_factory=list)
    by_agent: list[float] = field(default_factory=list)


@dataclass
class Report:
    options: Options
    seconds: float
    journal: Journal
    checks: list[Check]
    # Table to workspace to rows.
    tables: dict[str, dict[str, int]]
    forks: Forks
    # Operations of the description that nobody asked for.
    unasked: list[str]
    # Why the run ended before its end, if it did.
    trouble: str | None = None

    @property
    def holds(self) -> bool:
        return self.trouble is None and bool(self.checks) and all(check.holds for check in self.checks)

    # MARK: For people

    def text(self) -> str:
        parts = [self._requests(), self._forks(), self._denials(), self._tables(), checks_text(self.checks) if self.checks else ""]
        if self.unasked:
            parts.append(f"Operations that nobody asked for ({len(self.unasked)}): {', '.join(self.unasked)}.")
        if self.trouble:
            parts.append(f"The run could not go on: {self.trouble}")
        verdict = "every promise held" if self.holds else "BROKEN, see ✘"
        parts.append(f"seed {self.options.seed}, {self.seconds:.0f} s: {verdict}. The same again: {self.options.command}")
        return "\n\n".join(part for part in parts if part)

    def _requests(self) -> str:
        rows = [["request", "answers", "p50 ms", "p99 ms", "by status"]]
        for label in sorted({label for label, _ in self.journal.answers}, key=lambda label: label.split(" ", 1)[1]):
            seconds = self.journal.seconds.get(label, [])
            rows.append([label, f"{len(seconds):,}", _milliseconds(seconds, 0.5), _milliseconds(seconds, 0.99), self._statuses(label)])
        quick = [label for label in self.journal.seconds if not label.endswith(("(waits)", "(to its end)"))]
        everything = [seconds for label in quick for seconds in self.journal.seconds[label]]
        rows.append(["all that do not wait", f"{len(everything):,}", _milliseconds(everything, 0.5), _milliseconds(everything, 0.99), ""])
        return table(rows, numbers={1, 2, 3})

    def _statuses(self, label: str) -> str:
        mine = sorted((status, count) for (other, status), count in self.journal.answers.items() if other == label)
        return ", ".join(f"{status or 'no answer'} × {count:,}" for status, count in mine)

    def _forks(self) -> str:
        rows = [["forks", "how many", "median s", "p99 s"]]
        for what, seconds in (
            ("from the request until it is done", self.journal.forks), ("from a workspace's making to its first fork", self.forks.by_workspace),
            ("from an agent's publication to its first fork", self.forks.by_agent),
        ):
            rows.append([what, f"{len(seconds):,}", f"{percentile(seconds, 0.5):.2f}", f"{percentile(seconds, 0.99):.2f}"])
        return table(rows, numbers={1, 2, 3})

    def _denials(self) -> str:
        """What was asked for on purpose, and was another's or not allowed."""
        rows = [["denied on purpose", "status", "times"]]
        rows += [[route, f"{status}", f"{count:,}"] for (route, status), count in sorted(self.journal.denials.items())]
        return table(rows, numbers={1, 2})

    def _tables(self) -> str:
        rows = [["rows of workspaces", "all", "least", "most"]]
        for name, counted in sorted(self.tables.items()):
            if counted:
                each = [counted.get(f"dock-{number}", 0) for number in range(1, self.options.workspaces + 1)]
                rows.append([name, f"{sum(counted.values()):,}", f"{min(each):,}", f"{max(each):,}"])
        return table(rows, numbers={1, 2, 3})

    # MARK: For programs

    def json(self) -> str:
        journal = self.journal
        labels = sorted({label for label, _ in journal.answers})
        document: dict[str, Any] = {
            "version": 1, "seed": self.options.seed, "command": self.options.command, "seconds": round(self.seconds, 1), "holds": self.holds,
            "trouble": self.trouble,
            "requests": [{
                "request": label, "p50_ms": round(1000 * percentile(journal.seconds.get(label, []), 0.5), 1),
                "p99_ms": round(1000 * percentile(journal.seconds.get(label, []), 0.99), 1),
                "statuses": {str(status): count for (other, status), count in sorted(journal.answers.items()) if other == label},
            } for label in labels],
            "forks": {
                "done": len(journal.forks), "p50_s": round(percentile(journal.forks, 0.5), 3), "p99_s": round(percentile(journal.forks, 0.99), 3),
                "first_by_workspace_s": [round(seconds, 2) for seconds in self.forks.by_workspace],
                "first_by_agent_s": [round(seconds, 2) for seconds in self.forks.by_agent],
            },
            "denials": [{"request": route, "status": status, "times": count} for (route, status), count in sorted(journal.denials.items())],
            "rows": self.tables, "not_asked": self.unasked, "checks": [asdict(check) for check in self.checks],
        }
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _milliseconds(seconds: list[float], share: float) -> str:
    return f"{1000 * percentile(seconds, share):.0f}" if seconds else "–"


def unasked(description: dict[str, Any], asked: set[str]) -> list[str]:
    """Operations that are described and were not asked for, whatever they call what stands in their paths. Pure."""

    def plain(route: str) -> str:
        return "/".join("{}" if part.startswith("{") else part for part in route.split("/"))

    known = {plain(route) for route in asked}
    described = [f"{method.upper()} {path}" for path, operations in description["paths"].items() for method in operations]
    return sorted(route for route in described if plain(route) not in known)
