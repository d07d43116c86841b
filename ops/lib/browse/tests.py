"""Tests of what judges a run: a check that cannot fail shows nothing. `ops/browse` runs them first."""

from __future__ import annotations

import json
import unittest
from pathlib import Path
from typing import Any

from .browser import LOOK, TABS, is_at
from .checks import Fault, judge
from .colour import contrast, ground, over
from .driver import refusal
from .options import read
from .pages import LOOKS, NAMES, PAGES, VISITORS, Look, Page
from .report import Report, grouped, kinds
from .site import variables
from .survey import DOORS, Visit
from .walk import Step, Walk

BLACK, WHITE, GREY = [0, 0, 0, 1], [255, 255, 255, 1], [0x76, 0x76, 0x76, 1]
PAGE, PHONE = Page("directory", "/agents"), LOOKS[0]


class ColourTests(unittest.TestCase):
    def test_contrast(self) -> None:
        for ink, layers, expected in (
            (BLACK, [WHITE], 21.0), (WHITE, [WHITE], 1.0), (GREY, [WHITE], 4.54), ([0x77, 0x77, 0x77, 1], [WHITE], 4.47),
            ([255, 0, 0, 1], [WHITE], 3.99), (WHITE, [[0x0B, 0x57, 0xB7, 1]], 6.86),
        ):
            self.assertAlmostEqual(contrast(ink, layers), expected, delta=0.01)
            self.assertAlmostEqual(contrast(layers[0], [ink]), expected, delta=0.01)

    def test_what_lets_something_through(self) -> None:
        self.assertEqual(over([0, 0, 0, 0.5], WHITE), [127.5, 127.5, 127.5, 1.0])
        # The nearest lies in front.
        self.assertEqual(ground([[0, 0, 0, 0.5], [255, 0, 0, 1]])[:3], [127.5, 0, 0])
        self.assertEqual(ground([WHITE]), WHITE)
        self.assertLess(contrast([0, 0, 0, 0.4], [WHITE]), 4.5)


class JudgeTests(unittest.TestCase):
    def seen(self, **changes: Any) -> dict[str, Any]:
        given = {
            "language": "en", "title": "Agents", "width": 390, "scrollWidth": 390, "isDark": False, "hasScript": True, "beyond": [],
            "headings": [{"level": level, "words": "x"} for level in (1, 2, 3, 2)], "fields": [{"where": "input#q", "label": "Search"}],
            "nameless": [], "images": [{"where": "img", "alt": ""}], "texts": [self.text(BLACK)], "status": 200, "milliseconds": 20.0,
        }
        return given | changes

    def text(self, ink: Any, layers: Any = (WHITE,)) -> dict[str, Any]:
        return {"ink": ink, "grounds": layers, "words": "x", "where": "p"}

    def tab(self, what: str = "a", **changes: Any) -> dict[str, Any]:
        return {"what": what, "isMeant": True, "outline": 3, "hasShadow": False, "isOnPage": True} | changes

    def found(self, complaints: tuple[str, ...] = (), tabs: Any = None, page: Page = PAGE, look: Look = PHONE, **changes: Any) -> list[str]:
        return [fault.kind for fault in judge(page, look, self.seen(**changes), list(complaints), tabs, 500)]

    def test_a_page_without_fault_has_none(self) -> None:
        self.assertEqual(self.found(tabs={"wanted": ["a", "b"], "reached": [self.tab("a"), self.tab("b"), self.tab("a scroller")]}), [])

    def test_each_fault_is_seen(self) -> None:
        for expected, changes in (
            (["status"], {"status": 500}), (["look"], {"width": 400, "scrollWidth": 400}), (["look"], {"isDark": True}),
            (["look"], {"hasScript": False}), (["slow"], {"milliseconds": 501.0}), (["title"], {"title": ""}), (["language"], {"language": ""}),
            (["overflow"], {"scrollWidth": 391}), (["label"], {"fields": [{"where": "input", "label": ""}]}), (["label"], {"nameless": ["a"]}),
            (["image"], {"images": [{"where": "img", "alt": None}]}), (["contrast"], {"texts": [self.text([0x77, 0x77, 0x77, 1])]}),
            (["contrast"], {"texts": [self.text(None)]}), (["contrast"], {"texts": [self.text(BLACK, None)]}),
        ):
            self.assertEqual(self.found(**changes), expected, changes)

    def test_headings(self) -> None:
        for levels, count in (((1,), 0), ((1, 2, 3, 2, 3), 0), ((), 1), ((1, 1), 1), ((1, 3), 1), ((2, 1), 1), ((2, 3), 2)):
            self.assertEqual(len(self.found(headings=[{"level": level, "words": "x"} for level in levels])), count, levels)

    def test_the_console(self) -> None:
        words = "http://… - Failed to load resource: the server responded with a status of 404 (Not Found)"
        self.assertEqual(self.found((words, "Refused to …")), ["console", "console"])
        # Of a page that is meant to be an error the browser tells as well; nothing else is excused.
        self.assertEqual(self.found((words, "Refused to …"), page=Page("unknown", "/", status=404), status=404), ["console"])

    def test_tabs(self) -> None:
        for expected, wanted, reached in (
            (["keyboard"], ["a", "b"], [self.tab("a")]), (["keyboard"], ["a", "a"], [self.tab("a")]), (["keyboard"], ["a"], []),
            (["focus"], ["a"], [self.tab(outline=0)]), ([], ["a"], [self.tab(outline=0, hasShadow=True)]),
            (["focus"], ["a"], [self.tab(isMeant=False)]), (["focus"], ["a"], [self.tab(isOnPage=False)]),
        ):
            self.assertEqual(self.found(tabs={"wanted": wanted, "reached": reached}), expected, (wanted, reached))


class ReportTests(unittest.TestCase):
    def report(self, faults: tuple[Fault, ...] = (), walk: Walk | None = None, trouble: str | None = None) -> Report:
        way = walk or Walk(PHONE, [Step("there", 1.0)], [], 4.0)
        return Report(9.0, [way], [Visit("directory", look, 20.0, list(faults)) for look in LOOKS], [], trouble)

    def test_what_holds(self) -> None:
        self.assertTrue(self.report().holds)
        self.assertIn("no fault was found", self.report().text())
        fault = Fault("slow", "was answered late")
        for report in (
            self.report((fault,)), self.report(trouble="x"), self.report(walk=Walk(PHONE)), self.report(walk=Walk(PHONE, [], [fault], 1.0)),
            Report(1.0, [], self.report().visits, []), Report(1.0, self.report().walks, [], []),
        ):
            self.assertFalse(report.holds)
            self.assertEqual(json.loads(report.json())["holds"], False)
            self.assertNotIn("no fault was found", report.text())

    def test_a_fault_is_told_once(self) -> None:
        one, other = Fault("contrast", "3.20 of p"), Fault("overflow", "400 px")
        visits = [Visit("agent", LOOKS[0], 1, [one, other]), Visit("agent", LOOKS[1], 1, [one, one])]
        self.assertEqual(grouped(visits), {"agent": {one: ["390 light", "390 dark"], other: ["390 light"]}})
        self.assertEqual([kinds([]), kinds([one]), kinds([other, one, one])], ["–", "contrast", "contrast × 2, overflow"])

    def test_the_time_is_told(self) -> None:
        self.assertIn("from landing to the fork being seen: 4.0 s", self.report().text())
        self.assertEqual(json.loads(self.report().json())["walks"][0]["landing_to_fork_s"], 4.0)


class MakingTests(unittest.TestCase):
    def test_options(self) -> None:
        given = ["--program", "/p", "--folder", "/f"]
        options = read(given)
        self.assertEqual((options.pages, options.within, options.screenshots), (NAMES, 500, None))
        options = read([*given, "--pages", "ops,agent", "--within", "90", "--screenshots", "/s"])
        self.assertEqual((options.pages, options.within, options.screenshots), (("agent", "ops"), 90, Path("/s")))

    def test_pages(self) -> None:
        self.assertEqual(len(NAMES), len(set(NAMES)))
        self.assertEqual({page.visitor for page in PAGES}, set(VISITORS))
        self.assertEqual(set(DOORS), set(VISITORS))
        self.assertEqual({(look.width, look.scheme) for look in LOOKS if look.has_script}, {(w, s) for w in (390, 1280) for s in ("light", "dark")})
        self.assertEqual(sum(not look.has_script for look in LOOKS), 1)

    def test_places(self) -> None:
        for address, path, is_there in (
            ("/agents?q=x", "/agents", True), ("/agents/a", "/agents", False), ("/agents/a?x", "/agents/", True), ("/agents/", "/agents/", False),
            ("/moderation/sign-in", "/moderation", False),
        ):
            self.assertEqual(is_at(address, path), is_there, (address, path))

    def test_variables(self) -> None:
        text = "# Made by `mainstay up`. It holds secrets.\nMAINSTAY_URL='http://127.0.0.1:1'\nMAINSTAY_KEY='a:b=='\n"
        self.assertEqual(variables(text), {"MAINSTAY_URL": "http://127.0.0.1:1", "MAINSTAY_KEY": "a:b=="})

    def test_refusals(self) -> None:
        body = json.dumps({"value": {"error": "no such element", "message": "Unable to locate\n#0 0x55"}}).encode()
        self.assertEqual(refusal("POST", "/session/1/element", body), "chromedriver refused POST element: no such element: Unable to locate")
        self.assertIn("oops", refusal("POST", "/session/1/url", b"oops"))

    def test_what_is_asked_of_the_page_is_told(self) -> None:
        """The names by which scripts and judges speak."""
        for name in JudgeTests().seen():
            self.assertRegex(LOOK, rf"\b{name}\b")
        for name in (*JudgeTests().tab(), "wanted", "reached", "mainstayTabs"):
            self.assertRegex(TABS, rf"\b{name}\b")


if __name__ == "__main__":
    unittest.main()
