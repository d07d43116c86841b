"""The court: published agents that are reported, removed by an operator, appealed against and decided by another operator, one after the other.

One thread does it with the tokens of owners and of two operators, for each step needs the one before; left to chance, a short run would hardly
ever come to its end.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from random import Random

from chaos.trouble import Trouble, eventually

from .acts_agents import publish_new, take_fork, take_report
from .answer import Answer
from .client import Shared
from .journal import APPEAL, NOTICE, OWN, REFUSED, STATEMENT, VERIFICATION
from .operators import Operator, secrets
from .people import Person
from .shelf import Listing
from .site import Site
from .user import User

# Of the ten reports that are taken from one address in an hour the users send five.
MOST_REPORTS = 3
# Cases of a run, one about every second; and of each workspace, for its owner's token forks as a user's, too, and the watch counts both.
MOST_CASES, MOST_OF_EACH, PACE = 40, 4, 1.0
# Seconds until the owners of forks are told: a sweep comes every five.
TOLD = 30.0


class Court(threading.Thread):
    def __init__(self, shared: Shared, owners: list[Person], seed: int, tokens: tuple[str, str]) -> None:
        super().__init__(name="court", daemon=True)
        self._shared = shared
        self._chance = Random(f"{seed} court")
        # Marks of theirs are their own, and not those of the users with the same tokens.
        self._owners = [User(shared, replace(owner, number=1_000 + owner.number), seed, []) for owner in owners]
        self._first, self._second = (Operator(shared, name, Random(f"{seed} {name}"), token) for name, token in zip(("ann", "ben"), tokens))
        # Forks whose owners have to be told, by workspace.
        self._waiting: list[tuple[User, str]] = []
        self._reports = 0
        # What agents are called that the court itself has brought before it.
        self._own: set[str] = set()

    def run(self) -> None:
        count = len(self._owners)
        try:
            self._first.pause("profiles")
            for owner in self._owners:
                self._verify(owner)
            for number in range(min(MOST_CASES, count * MOST_OF_EACH)):
                self._try(self._owners[number % count], self._owners[(number + 1) % count], number)
                self._dismiss_others()
                self._first.look_around()
                self._read_notices()
                if self._shared.stopping.wait(PACE):
                    break
            if self._waiting:
                eventually("the owners of forks are told", TOLD, self._read_notices, every=0.5)
        except (Trouble, ValueError, KeyError, TypeError, IndexError) as error:
            self._shared.journal.fault(REFUSED, f"the court: {type(error).__name__}: {error}")
        for each in (*self._owners, self._first, self._second):
            each.client.close()

    # MARK: Who stands behind an owner

    def _verify(self, owner: User) -> None:
        """Verified, taken back, and verified as somebody else: the last one holds."""
        route = "PUT /v1/operations/verified-owners/{owner}"
        for number, name in enumerate(("The people", "The company")):
            answer = self._first.client.write(route, owner.slug, document={"name": f"{name} {owner.words.public}"}, expect=(200,))
            if answer is None:
                return
            id: str = answer.json()["id"]
            owner.accept(VERIFICATION, id, id)
            if number == 0:
                reason = f"It is not so at {owner.words.public}."
                self._first.client.write(
                    "POST /v1/operations/verified-owners/{owner}/withdrawal", owner.slug, document={"reason": reason}, expect=(200,))
        shown = self._second.client.ask("GET /v1/operations/verified-owners/{owner}", owner.slug)
        listed = self._second.client.ask("GET /v1/operations/verified-owners", query={"limit": "200"})
        if f"The company {owner.words.public}".encode() not in shown.body or owner.slug.encode() not in listed.body:
            self._fault(f"{owner.name} was verified and is not shown", shown)

    # MARK: A case

    def _try(self, accused: User, other: User, number: int) -> None:
        """An agent of one workspace, of which another has a fork, from its publication to what the appeal comes to."""
        listing = publish_new(accused, stays=True, is_shown=False)
        fork = take_fork(other, listing) if listing else None
        if listing is None or fork is None:
            return
        self._own.add(listing.address)
        self._shared.shelf.put("accused", accused.slug, listing.agent)
        statement = self._remove(accused, other, listing)
        if not statement:
            return
        self._waiting.append((other, fork))
        accused.accept(STATEMENT, statement, statement)
        other.accept(NOTICE, fork, fork)
        text = self._appeal(accused, listing, statement)
        if text:
            self._decide_appeal(accused, listing, text, "restore" if number % 3 == 2 else "dismiss")

    def _remove(self, accused: User, other: User, listing: Listing) -> str:
        """On a report, or of the operator's own accord. Returns the statement of reasons that the owner is given."""
        facts = f"It says of itself what is not so at {accused.words.public}."
        mark = None
        if self._reports < MOST_REPORTS:
            self._reports += 1
            mark = take_report(other, listing, "misleading")
        if mark:
            case = self._first.case(listing.address, "report")
            shown = self._first.client.ask("GET /v1/operations/agent-reports/{case}", case)
            if mark.encode() not in shown.body:
                self._fault(f"the case {case} does not show its report", shown)
            self._first.decide(case, {"decision": "remove", "ground": "misleading", "facts": facts, "rule": f"rules of {accused.words.public}"})
        else:
            document = {"status": "removed", "reason": facts, "ground": "misleading"}
            route = "PUT /v1/operations/directory/{owner}/{name}/status"
            self._first.client.write(route, listing.slug, listing.name, document=document, expect=(200,))
        told = accused.client.ask("GET /v1/agents/{agent}/moderation", listing.agent)
        found = told.json()["items"] if told.status == 200 else []
        if len(found) != 1 or found[0]["facts"] != facts:
            self._fault(f"{accused.name} was to be told why {listing.address} was removed", told)
            return ""
        log = accused.client.ask("GET /v1/directory/removals", query={"limit": "200"}, is_open=True)
        if listing.address.encode() not in log.body and listing.name.encode() not in log.body:
            self._fault(f"{listing.address} is not in the log of removals", log)
        id: str = found[0]["id"]
        return id

    def _appeal(self, accused: User, listing: Listing, statement: str) -> str:
        text = accused.mark("appeal")
        route = "POST /v1/agents/{agent}/appeals"
        answer = accused.client.write(route, listing.agent, document={"text": text}, expect=(201,), key=accused.key())
        if answer is None:
            return ""
        accused.accept(APPEAL, text, answer.json()["id"])
        if answer.json()["statement"] != statement:
            self._fault(f"{accused.name}: the appeal is against another statement than {statement}", answer)
        accused.show("GET /v1/agents/{agent}/moderation", listing.agent, accused.words.private)
        return text

    def _decide_appeal(self, accused: User, listing: Listing, text: str, decision: str) -> None:
        case = self._second.case(listing.address, "appeal")
        document = {"decision": decision, "ground": "misleading", "facts": f"Looked at again for {accused.words.public}."}
        refused = self._first.client.ask("POST /v1/operations/agent-reports/{case}/decision", case, document=document, note=" (the same operator)")
        if refused.status != 403:
            self._fault(f"whoever decided about {listing.address} was to decide about the appeal against it", refused)
        # What is left of it is the appeal's text, which the second operator reads.
        shown = self._second.client.ask("GET /v1/operations/agent-reports/{case}", case, whose=accused.slug)
        if text.encode() not in shown.body:
            self._fault(f"the case {case} does not show its appeal", shown)
        decided = self._second.decide(case, document)
        accused.accept(STATEMENT, decided["statement"], decided["statement"])

    # MARK: Others' cases, and notices

    def _dismiss_others(self) -> None:
        """What users have reported is nothing: its owners are told so."""
        for case in self._first.cases("report"):
            if case["agent"] in self._own:
                continue
            decided = self._first.decide(case["case"], {"decision": "dismiss", "ground": "other", "facts": "Nothing is wrong with it."})
            owner = case["agent"].split("/", 1)[0]
            self._shared.journal.accept(STATEMENT, owner, decided["statement"], decided["statement"])

    def _read_notices(self) -> bool:
        """Those that are there by now. Returns whether all have come."""
        for owner in {waiting.slug: waiting for waiting, _ in self._waiting}.values():
            answer = owner.client.ask("GET /v1/notices", query={"state": "unread", "limit": "200"})
            if answer.status != 200:
                self._fault(f"{owner.name}: notices", answer)
                continue
            for notice in answer.json()["items"]:
                self._shared.shelf.put("notice", owner.slug, notice["id"])
                owner.client.write("POST /v1/notices/{id}/read", notice["id"], document={}, expect=(204,))
                self._waiting = [(each, fork) for each, fork in self._waiting if (each.slug, fork) != (owner.slug, notice["agent"])]
        return not self._waiting

    def _fault(self, sentence: str, answer: Answer) -> None:
        self._shared.journal.fault(OWN, f"the court: {sentence}: {answer.short}")


def court(site: Site, shared: Shared, owners: list[Person], seed: int) -> Court:
    """With two operators, whom the command line makes."""
    return Court(shared, owners, seed, secrets(site))
