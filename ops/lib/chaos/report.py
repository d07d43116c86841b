"""The tables, and the same as JSON."""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass
from typing import Any

from .checks import Check
from .faultnames import NAMES
from .load import REPEAT
from .options import Options
from .recovery import Recovery


@dataclass
class Struck:
    """A fault that was injected."""

    name: str
    # Seconds since the run's load began.
    at: float
    note: str
    recovery: Recovery


@dataclass
class Report:
    options: Options
    seconds: float
    struck: list[Struck]
    checks: list[Check]
    # What producers met beside 202, by why.
    answers: dict[str, int]
    # Why the run ended before its end, if it did.
    trouble: str | None = None

    @property
    def holds(self) -> bool:
        return self.trouble is None and all(check.holds for check in self.checks)

    def _recoveries(self, name: str | None = None) -> list[float]:
        found = [one.recovery for one in self.struck if name in (None, one.name)]
        return [recovery.seconds for recovery in found if recovery.seconds is not None]

    def text(self) -> str:
        parts = [self._faults(), checks_text(self.checks)]
        met = sorted(((count, what) for what, count in self.answers.items() if what != REPEAT), reverse=True)
        parts.append(
            f"Producers sent {self.answers.get(REPEAT, 0):,} requests again that had been answered 202. Before it they met "
            + (", ".join(f"{count:,} × {what}" for count, what in met) or "nothing else") + ".")
        if self.trouble:
            parts.append(f"The run could not go on: {self.trouble}")
        verdict = "every promise held" if self.holds else "BROKEN, see ✘"
        parts.append(f"seed {self.options.seed}, {self.seconds:.0f} s: {verdict}. The same again: {self.options.command}")
        return "\n\n".join(parts)

    def _faults(self) -> str:
        rows = [["fault", "times", "median s", "worst s", "rate before", "oldest s", "waiting", "what"]]
        for name in NAMES:
            mine = [one for one in self.struck if one.name == name]
            if not mine:
                continue
            seconds = self._recoveries(name)
            missing = len(seconds) < len(mine)
            rows.append([
                name, f"{len(mine)}", _seconds(statistics.median(seconds)) if seconds else "–",
                "never" if missing else _seconds(max(seconds)), f"{statistics.mean(one.recovery.rate for one in mine):.0f}/s",
                f"{max(one.recovery.oldest for one in mine):.1f}", f"{max(one.recovery.backlog for one in mine):,}",
                "; ".join(one.note for one in mine if one.note)])
        seconds = self._recoveries()
        if seconds:
            rows.append(["all", f"{len(self.struck)}", _seconds(statistics.median(seconds)), _seconds(max(seconds)), "", "", "", ""])
        return table(rows, numbers={1, 2, 3, 4, 5, 6})

    def document(self) -> dict[str, Any]:
        return {
            "version": 1, "seed": self.options.seed, "command": self.options.command, "seconds": round(self.seconds, 1), "holds": self.holds,
            "trouble": self.trouble, "answers": self.answers,
            "faults": [{"fault": one.name, "at": round(one.at, 1), "note": one.note, **_rounded(asdict(one.recovery))} for one in self.struck],
            "checks": [asdict(check) for check in self.checks],
        }


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value, 2) if isinstance(value, float) else value for name, value in values.items()}


def _seconds(seconds: float) -> str:
    # What was over after a second was not felt, and is not measured more finely.
    return "≤ 1" if seconds <= 1 else f"{seconds:.1f}"


def checks_text(checks: list[Check]) -> str:
    """The promises as a table, and below it the examples of what was broken."""
    rows = [["", "promise", "found", "promised"]]
    for check in checks:
        rows.append(["✔" if check.holds else "✘", check.what, check.found, check.promised])
    text = table(rows, numbers={2})
    for check in checks:
        if not check.holds and check.examples:
            text += f"\n\n{check.what}:\n  " + "\n  ".join(check.examples)
    return text


def table(rows: list[list[str]], numbers: set[int]) -> str:
    """Aligned text; the columns `numbers` at their right edge."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.rjust(width) if column in numbers else cell.ljust(width) for column, (cell, width) in enumerate(zip(row, widths))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
