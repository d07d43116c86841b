"""The look at every page, in each of the ways."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chaos.options import say
from chaos.trouble import Trouble

from .browser import Browser
from .checks import TABS, Fault, judge
from .options import Options
from .pages import ANYBODY, LOOKS, MEMBER, OPERATOR, OWNER, PAGES, VISITORS, Look, Page
from .site import Site
from .walk import sign_in

# Where a visitor signs in, and what that leads to.
WORKSPACE = {"/sign-in": "/workspace"}
DOORS: dict[str, dict[str, str]] = {
    ANYBODY: {}, MEMBER: WORKSPACE, OWNER: WORKSPACE, OPERATOR: {"/ops/login": "/ops", "/moderation/sign-in": "/moderation"},
}


@dataclass
class Visit:
    """A page that was looked at in one way."""

    page: str
    look: Look
    milliseconds: float
    faults: list[Fault]


class Survey:
    def __init__(self, browser: Browser, site: Site, options: Options) -> None:
        self.browser, self.site, self.options = browser, site, options
        self.visits: list[Visit] = []
        # Names of optional pages that this deployment does not have.
        self.absent: list[str] = []

    def go(self) -> None:
        self.site.hold_a_fork()
        for visitor in VISITORS:
            pages = [page for page in PAGES if page.visitor == visitor and page.name in self.options.pages]
            if pages:
                self._sign_in(visitor)
            for page in pages:
                self._look_at(page)

    def _sign_in(self, visitor: str) -> None:
        """As somebody else than before."""
        self.browser.see(LOOKS[0])
        self.browser.forget()
        for door, home in DOORS[visitor].items():
            self.browser.go(door)
            sign_in(self.browser, self._token(visitor))
            self.browser.until_at(home)

    def _token(self, visitor: str) -> str:
        return {MEMBER: self.site.token, OWNER: self.site.owner, OPERATOR: self.site.operator}[visitor]

    def _look_at(self, page: Page) -> None:
        say(f"looking at {page.name} …")
        for look in LOOKS:
            try:
                visit = self._visit(page, look)
            except Trouble as trouble:
                visit = Visit(page.name, look, 0, [Fault("look", str(trouble))])
            if visit is None:
                self.absent.append(page.name)
                return
            self.visits.append(visit)

    def _visit(self, page: Page, look: Look) -> Visit | None:
        """None where the page need not be, and is not."""
        browser = self.browser
        path = page.path.format_map(self.site.facts)
        browser.see(look)
        browser.go(path)
        seen = browser.snapshot()
        if page.is_optional and seen["status"] == 404:
            browser.complaints()
            return None
        if seen["milliseconds"] > self.options.within:
            # Of two the quicker one counts: a machine has other things to do now and then.
            browser.go(path)
            again = browser.snapshot()
            seen["milliseconds"] = min(seen["milliseconds"], again["milliseconds"])
        arrived = browser.path
        folder = self.options.screenshots
        if folder is not None:
            browser.picture(folder / f"{page.name}-{look.name.replace(' ', '-')}.png")
        tabs = browser.tab_through(TABS) if look.has_script else None
        faults = judge(page, look, seen, browser.complaints(), tabs, self.options.within)
        if arrived != path:
            faults.insert(0, Fault("look", f"leads to {arrived}"))
        return Visit(page.name, look, seen["milliseconds"], faults)
