"""A page with every fault: what does not find them there would find nothing anywhere."""

from __future__ import annotations

from chaos.trouble import Trouble

from .browser import Browser
from .checks import TABS, judge
from .pages import LOOKS, Page

BROKEN = """<!doctype html>
<html>
<body style="background: #fff">
<h2>Not the first</h2>
<p style="color: #999">Hardly read</p>
<div style="width: 2000px">Too wide</div>
<input name="nameless">
<img src="data:,">
<button style="outline: none">Nobody sees where one is</button>
<a href="#" inert>Never reached</a>
<script>console.error("a complaint")</script>
</body>
</html>
"""

KINDS = {"title", "language", "heading", "contrast", "overflow", "label", "image", "focus", "keyboard", "console"}


def require_eyes(browser: Browser) -> None:
    """`Trouble` where a fault of the broken page is not seen."""
    look = LOOKS[0]
    browser.see(look)
    browser.show(BROKEN)
    seen, tabs = browser.snapshot(), browser.tab_through(TABS)
    found = {fault.kind for fault in judge(Page("control", "", status=seen["status"]), look, seen, browser.complaints(), tabs, within=60_000)}
    if missed := KINDS - found:
        raise Trouble(f"the look at a broken page does not see its faults: {', '.join(sorted(missed))}")
    if strange := found - KINDS:
        raise Trouble(f"the look at a broken page sees faults that it does not have: {', '.join(sorted(strange))}")
