"""The browser as somebody uses it: goes somewhere, reads, types, presses; on a phone or a desk, by day or by night."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from chaos.trouble import Trouble, eventually

from .driver import Driver
from .pages import Look

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
TAB = "\ue004"

HERE = Path(__file__).resolve().parent
LOOK, TABS = ((HERE / name).read_text(encoding="utf-8") for name in ("look.js", "tabs.js"))


class Browser:
    def __init__(self, driver: Driver, origin: str) -> None:
        self._driver, self.origin = driver, origin

    # MARK: How it looks

    def see(self, look: Look) -> None:
        """From the next page on."""
        self.devtools("Emulation.setDeviceMetricsOverride", width=look.width, height=look.height, deviceScaleFactor=1, mobile=False)
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": look.scheme}])
        self.devtools("Emulation.setScriptExecutionDisabled", value=not look.has_script)

    def forget(self) -> None:
        """Signs out everywhere, by forgetting who one was."""
        self.devtools("Network.clearBrowserCookies")

    def devtools(self, command: str, **parameters: Any) -> Any:
        return self._driver.ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    # MARK: Going

    def go(self, path: str) -> None:
        """Returns when the page has been loaded."""
        self._driver.ask("POST", "/url", {"url": self.origin + path})

    def show(self, document: str) -> None:
        """A page that comes from nowhere."""
        self._driver.ask("POST", "/url", {"url": "data:text/html;base64," + base64.b64encode(document.encode()).decode()})

    @property
    def path(self) -> str:
        """Of the page that is shown, with its query."""
        return self._driver.ask("GET", "/url").removeprefix(self.origin)

    def until_at(self, path: str, limit: float = 60) -> None:
        """Waits for the page of that path, whatever its query; where the path ends with a slash, for one below it."""
        eventually(f"the browser is at {path}", limit, lambda: is_at(self.path, path))

    # MARK: Reading and doing

    def texts(self, selector: str) -> list[str]:
        """What elements say, as it is shown."""
        return self.run("return [...document.querySelectorAll(arguments[0])].map(e => e.innerText.trim())", selector)

    def addresses(self, selector: str) -> list[str]:
        return self.run("return [...document.querySelectorAll(arguments[0])].map(e => e.getAttribute('href'))", selector)

    def press(self, selector: str, words: str = "") -> None:
        """Presses the first link or button that is like that, and has these words."""
        self._driver.ask("POST", f"/element/{self._find(selector, words)}/click")

    def type(self, selector: str, text: str) -> None:
        self._driver.ask("POST", f"/element/{self._find(selector, '')}/value", {"text": text})

    def _find(self, selector: str, words: str) -> str:
        found = self._driver.ask("POST", "/elements", {"using": "css selector", "value": selector})
        for element in found:
            if not words or words in self._driver.ask("GET", f"/element/{element[ELEMENT]}/text"):
                return element[ELEMENT]
        raise Trouble(f"{self.path} has no {selector}{f' that says “{words}”' if words else ''}")

    def run(self, script: str, *arguments: Any) -> Any:
        """Runs a script in the page, past its policy, and even where the page's own scripts do not run."""
        return self._driver.ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    # MARK: Looking

    def snapshot(self) -> dict[str, Any]:
        """What look.js tells of the page."""
        return self.run(LOOK)

    def tab_through(self, most: int) -> dict[str, Any]:
        """Goes through the page by Tab. What should be reached, and what was, as tabs.js tells it: the first `most`."""
        presses = self.run(TABS, most)
        keys = [{"type": kind, "value": TAB} for _ in range(presses) for kind in ("keyDown", "keyUp")]
        self._driver.ask("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": keys}]})
        return self.run("return window.mainstayTabs")

    def complaints(self) -> list[str]:
        """The errors of the console since it was asked last."""
        return [entry["message"] for entry in self._driver.ask("POST", "/se/log", {"type": "browser"}) if entry["level"] == "SEVERE"]

    def picture(self, file: Path) -> None:
        """Saves the whole page, not only what is in the window."""
        size = self.run("return [innerWidth, Math.min(document.documentElement.scrollHeight, 12000)]")
        clip = {"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1}
        shot = self.devtools("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        file.write_bytes(base64.b64decode(shot["data"]))


def is_at(address: str, path: str) -> bool:
    """Pure."""
    place = address.split("?")[0]
    return place.startswith(path) and place != path if path.endswith("/") else place == path
