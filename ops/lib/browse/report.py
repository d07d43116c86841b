"""The tables, and the same as JSON."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from chaos.report import table

from .checks import Fault
from .survey import Visit
from .walk import Walk


@dataclass
class Report:
    seconds: float
    walks: list[Walk]
    visits: list[Visit]
    absent: list[str]
    # Why the run ended before its end, if it did.
    trouble: str | None = None

    @property
    def holds(self) -> bool:
        """A run that looked at nothing has found nothing either."""
        is_clean = not any(one.faults for one in (*self.walks, *self.visits))
        has_looked = bool(self.visits) and bool(self.walks) and all(walk.seconds is not None for walk in self.walks)
        return self.trouble is None and has_looked and is_clean

    # MARK: For people

    def text(self) -> str:
        parts = [self._pages(), self._faults(), self._walks()]
        if self.absent:
            parts.append(f"Not here: {', '.join(self.absent)}.")
        if self.trouble:
            parts.append(f"The run could not go on: {self.trouble}")
        count = sum(len(one.faults) for one in (*self.walks, *self.visits))
        verdict = "no fault was found" if self.holds else f"{count} faults, see above" if count else "it did not come to its end"
        parts.append(f"{len({visit.page for visit in self.visits})} pages, {len(self.visits)} looks, {self.seconds:.0f} s: {verdict}")
        return "\n\n".join(part for part in parts if part)

    def _pages(self) -> str:
        rows = [["page", "width", "scheme", "script", "ms", "faults"]]
        for visit in self.visits:
            look = visit.look
            script = "yes" if look.has_script else "no"
            rows.append([visit.page, f"{look.width}", look.scheme, script, f"{visit.milliseconds:.0f}", kinds(visit.faults)])
        return table(rows, numbers={1, 4}) if self.visits else ""

    def _faults(self) -> str:
        lines = []
        for page, looks in grouped(self.visits).items():
            lines += [f"{page}: {fault.kind}: {fault.words} [{', '.join(names)}]" for fault, names in looks.items()]
        return "\n".join(lines)

    def _walks(self) -> str:
        """Seconds since the landing page was asked for."""
        parts = []
        for walk in self.walks:
            rows = [["the walk", "s"], *([step.what, f"{step.seconds:.1f}"] for step in walk.steps)]
            end = "the fork was not seen" if walk.seconds is None else f"from landing to the fork being seen: {walk.seconds:.1f} s"
            lines = [table(rows, numbers={1}), f"{walk.look.name}: {end}", *(f"{fault.kind}: {fault.words}" for fault in walk.faults)]
            parts.append("\n".join(lines))
        return "\n\n".join(parts)

    # MARK: For programs

    def json(self) -> str:
        document: dict[str, Any] = {
            "version": 1, "seconds": round(self.seconds, 1), "holds": self.holds, "trouble": self.trouble, "absent": self.absent,
            "walks": [{
                **asdict(walk.look), "landing_to_fork_s": None if walk.seconds is None else round(walk.seconds, 2),
                "steps": [{"what": step.what, "s": round(step.seconds, 2)} for step in walk.steps],
                "faults": [asdict(fault) for fault in walk.faults],
            } for walk in self.walks],
            "visits": [{
                "page": visit.page, **asdict(visit.look), "ms": round(visit.milliseconds, 1), "faults": [asdict(fault) for fault in visit.faults],
            } for visit in self.visits],
        }
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def kinds(faults: list[Fault]) -> str:
    """`contrast × 2, overflow`; a dash for none. Pure."""
    counted = sorted(Counter(fault.kind for fault in faults).items())
    return ", ".join(kind if count == 1 else f"{kind} × {count}" for kind, count in counted) or "–"


def grouped(visits: list[Visit]) -> dict[str, dict[Fault, list[str]]]:
    """Page to fault to the looks that it was seen in: a fault is told once. Pure."""
    found: dict[str, dict[Fault, list[str]]] = {}
    for visit in visits:
        for fault in visit.faults:
            names = found.setdefault(visit.page, {}).setdefault(fault, [])
            if visit.look.name not in names:
                names.append(visit.look.name)
    return found
