"""python3 -m browse --program FILE --folder FOLDER [options]: what ops/browse calls."""

from __future__ import annotations

import sys
import time

from chaos.interrupt import heed_interrupts
from chaos.options import say
from chaos.trouble import Trouble

from .browser import Browser
from .control import require_eyes
from .driver import Driver
from .options import Options, read
from .pages import LOOKS, Look
from .report import Report
from .site import Site
from .survey import Survey
from .walk import Walk, Walker

# At a desk, and on a phone where no script runs.
WAYS = (Look(1280, "light"), LOOKS[-1])


def run(options: Options, site: Site, driver: Driver) -> Report:
    """From an empty folder to the last look; the walk comes first, while nothing is cached yet."""
    begin = time.time()
    if options.screenshots is not None:
        options.screenshots.mkdir(parents=True, exist_ok=True)
    site.open()
    say("starting the browser …")
    driver.start()
    browser = Browser(driver, site.url)
    require_eyes(browser)
    survey = Survey(browser, site, options)
    walks: list[Walk] = []
    trouble: str | None = None
    try:
        for look in WAYS:
            say(f"walking: {look.name} …")
            walks.append(Walker(browser, site, look).go())
        survey.go()
    except Trouble as error:
        trouble = str(error)
    return Report(time.time() - begin, walks, survey.visits, survey.absent, trouble)


def main() -> int:
    options = read(sys.argv[1:])
    heed_interrupts()
    site = Site(options.program, options.folder)
    driver = Driver(options.folder, site.port())
    try:
        report = run(options, site, driver)
    except Trouble as error:
        say(f"ops/browse: {error}")
        return 1
    except KeyboardInterrupt:
        say("ops/browse: interrupted")
        return 130
    finally:
        close(driver, site)
    print(report.json() if options.json else report.text(), end="" if options.json else "\n")
    return 0 if report.holds else 1


def close(driver: Driver, site: Site) -> None:
    for each in (driver, site):
        try:
            each.close()
        except Trouble as error:
            # The other one has to be ended all the same, and what is left by ops/browse.
            say(f"while ending: {error}")


if __name__ == "__main__":
    sys.exit(main())
