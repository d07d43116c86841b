"""What must hold of every page, each held against what the page says of itself. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from .colour import NEEDED, contrast
from .pages import Look, Page

# How many of what Tab reaches are looked at.
TABS = 60


@dataclass(frozen=True)
class Fault:
    # One word for the table.
    kind: str
    words: str


def judge(page: Page, look: Look, seen: dict[str, Any], complaints: list[str], tabs: dict[str, Any] | None, within: float) -> list[Fault]:
    """The faults of one visit.

    - `seen`: as look.js tells it; `complaints`: of the console; `tabs`: as tabs.js tells it, None where no script runs.
    - `within`: milliseconds.
    """
    faults = [*_visit(page, look, seen, within), *_console(page, complaints), *_document(seen), *_headings(seen["headings"]), *_names(seen)]
    if seen["scrollWidth"] > seen["width"]:
        what = ", ".join(seen["beyond"]) or "something"
        faults.append(Fault("overflow", f"{seen['scrollWidth']} px wide in a window of {seen['width']}: {what}"))
    faults += _contrast(seen["texts"])
    return faults + (_tabs(tabs) if tabs is not None else [])


def _visit(page: Page, look: Look, seen: dict[str, Any], within: float) -> list[Fault]:
    """That it is the page that was asked for, and seen as it was to be: else the rest would say nothing."""
    faults = []
    if seen["status"] != page.status:
        faults.append(Fault("status", f"answered {seen['status']} and not {page.status}"))
    if seen["width"] != look.width or seen["isDark"] != (look.scheme == "dark") or seen["hasScript"] != look.has_script:
        faults.append(Fault("look", f"was not seen as {look.name}: {seen['width']} px, dark {seen['isDark']}, script {seen['hasScript']}"))
    if seen["milliseconds"] > within:
        faults.append(Fault("slow", f"was answered after {seen['milliseconds']:.0f} ms"))
    return faults


def _console(page: Page, complaints: list[str]) -> list[Fault]:
    # The browser tells of a page that is meant to be an error as well.
    return [Fault("console", words[:300]) for words in complaints if page.status == 200 or f"status of {page.status}" not in words]


def _document(seen: dict[str, Any]) -> list[Fault]:
    faults = []
    if not seen["title"]:
        faults.append(Fault("title", "the window has no title"))
    if not seen["language"]:
        faults.append(Fault("language", "<html> has no lang"))
    return faults


def _headings(headings: list[dict[str, Any]]) -> list[Fault]:
    faults = []
    first = sum(heading["level"] == 1 for heading in headings)
    if first != 1:
        faults.append(Fault("heading", f"{first} headings of level 1"))
    level = 0
    for heading in headings:
        if heading["level"] > level + 1:
            faults.append(Fault("heading", f"“{heading['words']}” is of level {heading['level']} after one of level {level or 'none'}"))
        level = heading["level"]
    return faults


def _names(seen: dict[str, Any]) -> list[Fault]:
    faults = [Fault("label", f"{field['where']} has no label") for field in seen["fields"] if not field["label"]]
    faults += [Fault("label", f"{where} says nothing") for where in seen["nameless"]]
    # An empty one says that the picture says nothing; none at all says nothing of it.
    return faults + [Fault("image", f"{image['where']} has no alt") for image in seen["images"] if image["alt"] is None]


def _contrast(texts: list[dict[str, Any]]) -> list[Fault]:
    faults = []
    for text in texts:
        if text["ink"] is None or text["grounds"] is None:
            faults.append(Fault("contrast", f"that of {text['where']} cannot be measured"))
            continue
        found = contrast(text["ink"], text["grounds"])
        if found < NEEDED:
            # Cut and not rounded: what misses by little must not read as what is needed.
            faults.append(Fault("contrast", f"{int(100 * found) / 100:.2f} of {text['where']}, at “{text['words']}”"))
    return faults


def _tabs(tabs: dict[str, Any]) -> list[Fault]:
    wanted, reached = Counter(tabs["wanted"]), Counter(each["what"] for each in tabs["reached"])
    faults = [Fault("keyboard", f"Tab does not reach {what}") for what, times in wanted.items() if reached[what] < times]
    for each in tabs["reached"]:
        is_seen = each["isMeant"] and each["isOnPage"] and (each["outline"] >= 1 or each["hasShadow"])
        if not is_seen:
            faults.append(Fault("focus", f"is not seen on {each['what']}"))
    return faults
