"""The walk of a person who comes for the first time: from the landing page to a fork in the workspace."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from chaos.trouble import Trouble, eventually

from .browser import Browser
from .checks import Fault
from .pages import Look
from .site import GUIDE, Site

TITLE = "Harbor Guide"


@dataclass
class Step:
    what: str
    # Since the landing page was asked for.
    seconds: float


@dataclass
class Walk:
    look: Look
    steps: list[Step] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    # From the landing page until the fork was seen; None where it was not.
    seconds: float | None = None


class Walker:
    """Not for two walks."""

    def __init__(self, browser: Browser, site: Site, look: Look) -> None:
        self.browser, self.site = browser, site
        self.walk = Walk(look)
        self._begin = 0.0

    def go(self) -> Walk:
        """A step that cannot be taken ends the walk, and is a fault of what it met."""
        self.browser.forget()
        self.browser.see(self.walk.look)
        self._begin = time.monotonic()
        try:
            self._find()
            self._read()
            self._fork()
        except Trouble as trouble:
            self.walk.faults.append(Fault("walk", str(trouble)))
        self.walk.faults += [Fault("console", words[:300]) for words in self.browser.complaints()]
        return self.walk

    def _done(self, what: str) -> None:
        self.walk.steps.append(Step(what, time.monotonic() - self._begin))

    def _expect(self, what: str, holds: bool) -> None:
        if not holds:
            raise Trouble(f"{self.browser.path}: {what}")

    # MARK: The ways

    def _find(self) -> None:
        browser = self.browser
        browser.go("/")
        self._expect("the landing page is not the directory", browser.path == "/agents")
        self._done("the directory is there")
        browser.type("#q", "harbr giude")
        browser.press("button", "Search")
        eventually("the search is answered", 60, lambda: browser.path.startswith("/agents?q="))
        self._expect(f"“harbr giude” does not find {TITLE}", TITLE in " ".join(browser.texts(".card h3")))
        self._done("a search with two typos has found the agent")
        browser.press(".card h3 a", TITLE)
        browser.until_at(f"/agents/default/{GUIDE}")
        self._done("its page is open")

    def _read(self) -> None:
        browser = self.browser
        browser.press("a", "what changed")
        browser.until_at(f"/agents/default/{GUIDE}/diff")
        self._expect("the difference does not tell the new plugin", any("plugin-solana" in text for text in browser.texts("table td")))
        self._done("what changed between its versions is read")
        browser.press("main a", "Back to")
        browser.until_at(f"/agents/default/{GUIDE}")
        browser.press("a", "Report this agent")
        browser.until_at(f"/agents/default/{GUIDE}/report")
        self._expect("the form offers no reasons", len(browser.texts("input[name=reason]")) > 1)
        browser.press("a", "Back without reporting")
        browser.until_at(f"/agents/default/{GUIDE}")
        self._done("the form that reports it was seen, and left")

    def _fork(self) -> None:
        browser = self.browser
        browser.press("button", "Fork this agent")
        browser.until_at("/sign-in")
        sign_in(browser, self.site.token)
        browser.until_at(f"/agents/default/{GUIDE}/fork")
        self._done("signed in, and back at the fork")
        advice = " ".join(browser.texts("main"))
        self._expect("the form says nothing of the plugin that nobody looks after", "plugin-solana" in advice and "No longer looked after" in advice)
        browser.press("button", "Fork it")
        browser.until_at("/workspace/agents/")
        self._expect("the fork's page has another title", TITLE in " ".join(browser.texts("h1")))
        self.walk.seconds = time.monotonic() - self._begin
        self._done("the fork's page is there")
        address = browser.path.split("?")[0]
        browser.press("nav a", "Workspace")
        browser.until_at("/workspace")
        self._expect("the workspace does not list the fork", address in browser.addresses("tbody th a"))
        self._done("it is listed in the workspace")


def sign_in(browser: Browser, token: str) -> None:
    """In the form that is shown."""
    browser.type("input[name=token]", token)
    browser.press("button", "Sign in")
