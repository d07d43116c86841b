"""python3 -m tenancy --program FILE --folder FOLDER [options]: what ops/tenancy calls."""

from __future__ import annotations

import json
import sys
import time
from random import Random

from chaos.checks import Check
from chaos.evidence import settle
from chaos.interrupt import heed_interrupts
from chaos.options import say
from chaos.trouble import Trouble, eventually

from . import canaries
from .acts import acts
from .acts_agents import OPEN_LISTS
from .acts_moderation import court
from .burglar import Burglar, told
from .checks import Course, judge
from .client import Client, Shared
from .counts import Counts, are_there, count
from .ending import Ending
from .journal import OWN
from .options import Options, read
from .people import invite_all, reading_token, tenants
from .report import Forks, Report, unasked
from .site import INGRESSES, LEASE, Site
from .user import User
from .walk import walk
from .words import Guard

# Seconds for what was begun to be answered, and for all of it to be done when nobody sends any more.
ANSWERED, DONE = 90.0, 120.0


class Run:
    """One run from the first invitation to the last check."""

    def __init__(self, options: Options, site: Site) -> None:
        self.options, self.site = options, site
        everybody = tenants(options)
        self.shared = Shared(site.ports, Guard({tenant.slug: tenant.words for tenant in everybody}), everybody)
        self.course = Course()
        self.counts: Counts | None = None
        self.forks = Forks()
        self.unasked: list[str] = []
        self.begin = time.time()

    def go(self) -> Report:
        trouble: str | None = None
        checks: list[Check] = []
        try:
            self._work()
            checks = self._close()
        except Trouble as error:
            trouble = str(error)
        finally:
            self.shared.stopping.set()
        rows = self.counts.tables if self.counts else {}
        return Report(self.options, time.time() - self.begin, self.shared.journal, checks, rows, self.forks, self.unasked, trouble)

    def _work(self) -> None:
        options, shared = self.options, self.shared
        say(f"inviting {options.users} users into {options.workspaces} workspaces …")
        *people, last = invite_all(self.site, shared, options)
        owner = people[0]
        burglar = Burglar(shared, owner.tenant, *reading_token(shared, owner), options.seed)
        users = [User(shared, person, options.seed, acts(person.role)) for person in people]
        others = (court(self.site, shared, people[:options.workspaces], options.seed), Ending(shared, last, options.seed))
        say(f"at work for {60 * options.minutes:.0f} s …")
        for thread in (*users, burglar, *others):
            thread.start()
        shared.stopping.wait(60 * options.minutes)
        shared.stopping.set()
        end = time.monotonic() + ANSWERED
        for thread in (*users, burglar, *others):
            thread.join(max(0.0, end - time.monotonic()))
            if thread.is_alive():
                self.course.late.append(f"{thread.name} is still at work {ANSWERED:.0f} s after the end")
        self.burglar = burglar

    def _close(self) -> list[Check]:
        """Lets everything come to its end, looks through all of it, and asks all to leave."""
        site, course, journal = self.site, self.course, self.shared.journal
        say("letting the queues empty …")
        try:
            eventually("all that was accepted is there", DONE, lambda: are_there(site.postgres, journal), every=0.5)
        except Trouble as error:
            # What is not there by now counts as lost.
            course.late.append(str(error))
        course.late += [f"left in Redis: {left}" for left in settle(site, 3 * LEASE + 20)]
        say("looking through all that is there …")
        for name, port in zip(INGRESSES, site.ports):
            course.answered[name] = journal.ports[port]
        self.counts = count(site.postgres, journal, [tenant.slug for tenant in self.shared.tenants])
        seen = walk(site.postgres, self.shared.tenants, self.shared.guard)
        course.wordless = canaries.faults(canaries.tables(site.postgres), seen.private, seen.public)
        self._look_at_forks()
        self._look_at_the_burglar()
        self._look_at_the_description()
        course.verify = site.examine("verify")
        course.audit = site.examine("audit", "verify")
        course.surprises = site.fleet.surprises
        course.goodbyes = site.leave()
        course.logged = site.logs_with({tenant.words.sealed for tenant in self.shared.tenants})
        return judge(course, journal, self.counts, seen)

    def _look_at_forks(self) -> None:
        """By the rules of the reports `discovery` and `fork-activity`."""
        by_workspace = self.site.postgres.query(
            "select extract(epoch from min(f.created_at) - w.created_at) from agents f join workspaces w on w.id = f.workspace_id "
            "where f.forked_from_agent is not null group by w.id, w.created_at;")
        by_agent = self.site.postgres.query(
            "select extract(epoch from min(f.created_at) - p.published_at) from agents f join published_agents p on p.agent_id = f.forked_from_agent "
            "group by p.agent_id, p.published_at;")
        self.forks = Forks([float(row[0]) for row in by_workspace], [float(row[0]) for row in by_agent])

    def _look_at_the_burglar(self) -> None:
        self.course.locked_after, self.course.is_locked_elsewhere = self.burglar.locked_after, self.burglar.is_locked_elsewhere
        entries = []
        for action in ("access.suspicious", "token.locked"):
            entries += json.loads(self.site.command("audit", "tail", "--action", action, "--lines", "10000", "--json"))["rows"]
        self.course.told = told(entries, self.burglar.token_id)

    def _look_at_the_description(self) -> None:
        client = Client(self.shared, "nobody", Random(0))
        try:
            description = client.ask("GET /openapi.json", is_open=True).json()
            for route in ("GET /livez", "GET /readyz", "GET /v1/contracts/run-events/v1"):
                client.ask(route, is_open=True)
            # Chance may have left one of them out, and by now everything stands in them.
            for route in OPEN_LISTS:
                answer = client.ask(route, is_open=True)
                if answer.status != 200:
                    self.shared.journal.fault(OWN, f"nobody: {route} was answered {answer.short}")
        finally:
            client.close()
        self.unasked = unasked(description, self.shared.journal.routes)


def main() -> int:
    options = read(sys.argv[1:])
    heed_interrupts()
    say(f"seed {options.seed}; the same again: {options.command}")
    site = Site(options)
    try:
        site.open()
        report = Run(options, site).go()
    except Trouble as error:
        say(f"ops/tenancy: {error}")
        return 1
    except KeyboardInterrupt:
        say("ops/tenancy: interrupted")
        return 130
    finally:
        site.close()
    print(report.json() if options.json else report.text(), end="" if options.json else "\n")
    return 0 if report.holds else 1


if __name__ == "__main__":
    sys.exit(main())
