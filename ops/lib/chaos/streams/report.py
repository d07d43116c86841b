"""The tables, and the same as JSON."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from ..checks import Check
from ..options import Options
from ..report import checks_text, table
from .checks import KINDS
from .story import Story
from .strikes import Strike
from .takeover import percentile, takeovers
from .verdict import DOUBLED, FALSE


@dataclass
class StreamReport:
    options: Options
    seconds: float
    stories: list[Story]
    strikes: list[Strike]
    checks: list[Check]
    # Why the run ended before its end, if it did.
    trouble: str | None = None

    @property
    def holds(self) -> bool:
        return self.trouble is None and bool(self.checks) and all(check.holds for check in self.checks)

    # MARK: For people

    def text(self) -> str:
        parts = [self._streams(), self._strikes(), checks_text(self.checks) if self.checks else ""]
        if self.trouble:
            parts.append(f"The run could not go on: {self.trouble}")
        verdict = "every promise held" if self.holds else "BROKEN, see ✘"
        parts.append(f"streams, seed {self.options.seed}, {self.seconds:.0f} s: {verdict}. The same again: {self.options.command}")
        return "\n\n".join(part for part in parts if part)

    def _streams(self) -> str:
        figures = self.figures()
        times = figures["takeover_seconds"]
        rows = [["streams", "completed", "incomplete", "failed", "no end", "cuts survived", "doubled", "false completed", "takeover p50 s", "p99 s",
                 "max s"]]
        rows.append([f"{figures[name]:,}" for name in (
            "streams", "completed", "incomplete", "failed", "without_end", "cuts_survived", "doubled", "false_completed")] + [
                f"{times[name]:.2f}" if times["count"] else "–" for name in ("p50", "p99", "max")])
        text = table(rows, numbers=set(range(11)))
        text += "\nwith tools: " + ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in figures["tools"].items())
        for title, counts in (("ended", figures["outcomes"]), ("cut", figures["cuts"]), ("made to wait", figures["waits"])):
            text += f"\n{title}: " + (", ".join(f"{count:,} × {what}" for what, count in counts.items()) or "none")
        return text

    def _strikes(self) -> str:
        rows = [["kill", "times", "victims"]]
        for kind in KINDS:
            mine = Counter(strike.victim for strike in self.strikes if strike.kind == kind)
            rows.append([kind, f"{sum(mine.values())}", ", ".join(f"{name} {count} ×" for name, count in sorted(mine.items()))])
        return table(rows, numbers={1})

    # MARK: For programs

    def figures(self) -> dict[str, Any]:
        outcomes = Counter(story.outcome for story in self.stories)
        times = [takeover.seconds for takeover in takeovers(self.stories, self.strikes)]

        def of(state: str) -> int:
            return sum(count for outcome, count in outcomes.items() if outcome.split(":")[0] == state)

        def broken(promise: str) -> int:
            return sum(int(check.found.replace(",", "")) for check in self.checks if check.what == promise)

        def told(event: str) -> int:
            return sum(frame.event == event for story in self.stories for frame in story.frames)

        return {
            "streams": len(self.stories), "completed": of("completed"), "incomplete": of("incomplete"), "failed": of("failed") + of("cancelled"),
            "without_end": of("none"), "cuts_survived": sum(sum(story.cuts.values()) for story in self.stories if story.is_over),
            "doubled": broken(DOUBLED), "false_completed": broken(FALSE),
            "takeover_seconds": {
                "count": len(times), "p50": round(percentile(times, 0.5), 2), "p99": round(percentile(times, 0.99), 2),
                "max": round(max(times, default=0.0), 2),
            },
            "tools": {
                "streams": sum(bool(story.tale.calls) for story in self.stories), "calls": told("tool_call.completed"),
                "results": told("tool.result"), "results_posted": sum(len(story.posted) for story in self.stories),
                "memories": told("memory.written"), "gone_on_with": told("run.resumed"),
            },
            "outcomes": dict(outcomes.most_common()),
            "cuts": dict(_sum(story.cuts for story in self.stories).most_common()),
            "waits": dict(_sum(story.waits for story in self.stories).most_common()),
        }

    def document(self) -> dict[str, Any]:
        return {
            "version": 1, "seed": self.options.seed, "command": self.options.command, "seconds": round(self.seconds, 1), "holds": self.holds,
            "trouble": self.trouble, **self.figures(), "kills": dict(Counter(strike.kind for strike in self.strikes)),
            "checks": [asdict(check) for check in self.checks],
        }


def _sum(counters: Any) -> Counter[str]:
    whole: Counter[str] = Counter()
    for counter in counters:
        whole.update(counter)
    return whole
