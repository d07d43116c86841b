"""Tests of what judges a run: a check that cannot fail shows nothing. `ops/tenancy` runs them first."""

from __future__ import annotations

import json
import unittest
import uuid
from random import Random
from typing import Any

from chaos.evidence import compare

from .acts_agents import tells
from .acts_leaving import is_told, moment
from .allowance import Allowance
from .answer import Answer, archive_payloads, difference, event_payloads, plain, streamed
from .burglar import Told, told
from .canaries import WORDLESS, faults
from .checks import NEEDED, Course, judge
from .client import Client, Shared
from .counts import FOLLOWING, KINDS, Counts, accepted, following, unexpected
from .journal import MEMORY, PROMISES, TICKET, Journal, percentile
from .options import read
from .probes import BY_ID, BY_NAME
from .report import unasked
from .shelf import Listing, Shelf, Tenant
from .text import character, profile, run, ticket
from .walk import PUBLISHED, Sight, Walk
from .words import EVERYBODY, Guard, Words, invented_id

ONE, OTHER = Tenant("dock-1", Words.draw(Random(1))), Tenant("dock-2", Words.draw(Random(2)))
GUARD = Guard({tenant.slug: tenant.words for tenant in (ONE, OTHER)})


def answer(status: int, document: Any, *headers: tuple[str, str], kind: str = "application/json") -> Answer:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Answer(status, (("Content-Type", kind), *headers), body)


class GuardTests(unittest.TestCase):
    def test_words(self) -> None:
        text = f"a {OTHER.words.private}-12 b {ONE.words.private} c {ONE.words.public}".encode()
        self.assertEqual(GUARD.foreign(text, ONE.slug), [OTHER.words.private])
        self.assertEqual(GUARD.foreign(text, None), sorted([ONE.words.private, OTHER.words.private]))
        # Sealed ones are nobody's to read; invented ones are nobody's.
        self.assertEqual(GUARD.foreign(ONE.words.sealed.encode(), ONE.slug), [ONE.words.sealed])
        self.assertEqual(GUARD.foreign(b"canary-aaaaaaaaaaaa", ONE.slug), [])
        # An operator may read all but those.
        self.assertEqual(GUARD.foreign(text + ONE.words.sealed.encode(), EVERYBODY), [ONE.words.sealed])

    def look(self, given: Answer, sent: str = "", slug: str | None = ONE.slug) -> int:
        client = Client(Shared((1, 2), GUARD, [ONE, OTHER]), "me", Random(0), ONE)
        client._look(given, "GET /", sent.encode(), slug)
        return sum(map(len, client.shared.journal.faults.values()))

    def test_answers(self) -> None:
        word, problem = OTHER.words.private, "application/problem+json"
        self.assertEqual(self.look(answer(200, {"a": ONE.words.private})), 0)
        self.assertEqual(self.look(answer(200, {"a": word})), 1)
        self.assertEqual(self.look(answer(200, {"a": ONE.words.private}), slug=None), 1)
        self.assertEqual(self.look(answer(200, {}, ("Location", word))), 1)
        # Whoever wrote it there knew it; but no list may tell it.
        self.assertEqual(self.look(answer(404, {"instance": word}, kind=problem), sent=f"/v1/agents/x/{word}"), 0)
        self.assertEqual(self.look(answer(404, {"detail": word}, kind=problem)), 1)
        self.assertEqual(self.look(answer(200, {"items": [word]}), sent=f"/v1/agents?name={word}"), 1)
        # In pieces.
        frames = "".join(f'id: 1-{n}\nevent: text.delta\ndata: {{"type":"text.delta","text":"{word[n:n + 6]}"}}\n\n' for n in range(0, len(word), 6))
        self.assertEqual(self.look(answer(200, frames.encode(), kind="text/event-stream")), 1)
        # In pieces as the compatible endpoints tell them, and in problems of their form.
        for piece in ('{"choices":[{"index":0,"delta":{"content":"%s"}}]}', '{"type":"response.output_text.delta","delta":"%s"}',
                      '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"%s"}}'):
            frames = "".join(f"data: {piece % word[n:n + 6]}\n\n" for n in range(0, len(word), 6))
            self.assertEqual(self.look(answer(200, frames.encode(), kind="text/event-stream")), 1, piece)
        self.assertEqual(self.look(answer(404, {"error": {"message": word}}), sent=word), 0)
        self.assertEqual(self.look(answer(404, {"error": {"message": word}})), 1)
        self.assertEqual(self.look(answer(429, {"type": "…#abnormal-usage-detected"}, kind=problem)), 1)

    def test_events(self) -> None:
        lines = b'1-1 {"type":"run.started"}\n1-2 {"type":"text.delta","text":"cana"}\n1-3 {"type":"text.delta","text":"ry"}\n'
        self.assertEqual(streamed(archive_payloads(lines)), "canary")
        self.assertEqual(event_payloads(b"id: 1\ndata: a\n\n: heartbeat\n\ndata: b\n\n"), ["a", "b"])


class PlainTests(unittest.TestCase):
    def test_same_but_for_the_name(self) -> None:
        one = answer(404, {"detail": "There is no x here.", "request_id": "1"}, ("Date", "now"), ("X-Request-Id", "1"))
        other = answer(404, {"request_id": "2", "detail": "There is no y here."}, ("Date", "later"), ("X-Request-Id", "2"))
        self.assertEqual(difference(plain(one, "x"), plain(other, "y")), "")

    def test_each_difference_is_seen(self) -> None:
        one = plain(answer(404, {"detail": "none"}), "x")
        self.assertIn("status", difference(one, plain(answer(403, {"detail": "none"}), "y")))
        self.assertIn("headers", difference(one, plain(answer(404, {"detail": "none"}, ("ETag", "1")), "y")))
        self.assertIn("no", difference(one, plain(answer(404, {"detail": "no"}), "y")))


class CountsTests(unittest.TestCase):
    def test_accepted(self) -> None:
        journal = Journal()
        journal.accept(TICKET, ONE.slug, "ticket 1", "a")
        kinds = {kind.name: kind for kind in KINDS}
        self.assertEqual(accepted(journal, kinds[TICKET]), {"dock-1 ticket 1": {"a"}})
        self.assertEqual(accepted(journal, kinds["acceptance"]), {"dock-1 a": {"a"}})

    def test_what_was_withdrawn_is_not_accepted(self) -> None:
        journal = Journal()
        journal.accept(MEMORY, ONE.slug, "memory 1", "a")
        journal.withdraw(MEMORY, ONE.slug, "memory 1")
        kind = next(kind for kind in KINDS if kind.name == MEMORY)
        self.assertEqual(compare(accepted(journal, kind), [("dock-1 memory 1", "a")]).unknown, ["dock-1 memory 1"])

    def test_rows_that_follow(self) -> None:
        journal = Journal()
        journal.accept(TICKET, ONE.slug, "ticket 1", "a")
        self.assertEqual(following(journal, {"sla_clocks": {ONE.slug: 2}}, [ONE.slug]), [])
        self.assertEqual(len(following(journal, {"sla_clocks": {ONE.slug: 3}}, [ONE.slug])), 1)
        self.assertEqual(len(following(journal, {}, [ONE.slug])), 1)
        self.assertEqual(set(FOLLOWING) & {kind.table for kind in KINDS}, set())

    def test_rows_of_nobody(self) -> None:
        self.assertEqual(unexpected({"tickets": {ONE.slug: 1}, "dead_letters": {}}, [ONE.slug]), [])
        self.assertEqual(len(unexpected({"dead_letters": {ONE.slug: 1}}, [ONE.slug])), 1)
        self.assertEqual(len(unexpected({"tickets": {"default": 1}}, [ONE.slug])), 1)


class CanariesTests(unittest.TestCase):
    def found(self, names: list[str], tables: list[str], private: list[str]) -> list[str]:
        sights = [Sight(name, "text", ONE.words.public, 1, "") for name in names]
        return faults(tables, [Sight(name, "text", ONE.words.private, 1, "") for name in private], sights)

    def test_every_table_wants_a_word(self) -> None:
        known = [*WORDLESS, *PUBLISHED]
        self.assertEqual(self.found([*PUBLISHED], [*known, "tickets"], ["tickets"]), [])
        self.assertEqual(len(self.found([*PUBLISHED], [*known, "tickets"], [])), 1)
        self.assertEqual(len(self.found([*PUBLISHED[1:]], known, [])), 1)
        # An exception that is none any more.
        self.assertEqual(len(self.found([*PUBLISHED], known[1:], [])), 1)


class JudgeTests(unittest.TestCase):
    def course(self) -> Course:
        return Course(answered={"serve-1": 1, "serve-2": 1}, locked_after=40, is_locked_elsewhere=True, told=Told(1, 1), verify=0, audit=0)

    def journal(self) -> Journal:
        journal = Journal()
        for kind in NEEDED:
            journal.accept(kind, ONE.slug, "mark", "a")
        journal.probed()
        return journal

    def counts(self) -> Counts:
        return Counts({TICKET: compare({"m": {"a"}}, [("m", "a")])}, {}, [], [], 0, 0, 0)

    def walk(self) -> Walk:
        return Walk(1, {ONE.slug: 1}, [], [], [], [])

    def broken(self, course: Course | None = None, journal: Journal | None = None, counts: Counts | None = None, walk: Walk | None = None) -> int:
        checks = judge(course or self.course(), journal or self.journal(), counts or self.counts(), walk or self.walk())
        return sum(not check.holds for check in checks)

    def test_a_run_without_fault_holds(self) -> None:
        self.assertEqual(self.broken(), 0)

    def test_each_promise_can_break(self) -> None:
        def changed(make: Any, **changes: Any) -> Any:
            given = make()
            for name, value in changes.items():
                setattr(given, name, value)
            return given

        for changes in (
            {"answered": {"serve-1": 1, "serve-2": 0}}, {"locked_after": None}, {"locked_after": 79}, {"is_locked_elsewhere": False},
            {"told": Told(0, 1)}, {"told": Told(1, 0)}, {"told": Told(1, 1, ["x"])}, {"verify": 2}, {"verify": None}, {"audit": 2}, {"late": ["x"]},
            {"surprises": ["x"]}, {"goodbyes": ["x"]}, {"logged": ["x"]}, {"wordless": ["x"]},
        ):
            self.assertEqual(self.broken(course=changed(self.course, **changes)), 1, changes)
        for promise in PROMISES:
            journal = self.journal()
            journal.fault(promise, "x")
            self.assertEqual(self.broken(journal=journal), 1, promise)
        self.assertEqual(self.broken(journal=Journal()), len(NEEDED) + 1)
        for changes in (
            {"following": ["x"]}, {"unexpected": ["x"]}, {"outcomes_not_done": 1}, {"dead_letters": 1}, {"appends_not_confirmed": 1},
        ):
            self.assertEqual(self.broken(counts=changed(self.counts, **changes)), 1, changes)
        for rows in (compare({"m": {"a"}}, []), compare({"m": {"a"}}, [("m", "a"), ("m", "b")]), compare({"m": {"a"}}, [("m", "b")])):
            self.assertGreater(self.broken(counts=changed(self.counts, kinds={TICKET: rows})), 0)
        for changes in ({"columns": 0}, {"own": {ONE.slug: 0}}, {"foreign": ["x"]}, {"unscoped": ["x"]}, {"published": ["x"]}, {"sealed": ["x"]}):
            self.assertEqual(self.broken(walk=changed(self.walk, **changes)), 1, changes)

    def test_the_access_log(self) -> None:
        entry = {"subject": "token:a", "action": "access.suspicious", "details": {"signal": "id-walking"}}
        entries = [entry, {**entry, "action": "token.locked"}, {**entry, "subject": "token:b"}, {**entry, "details": {"signal": "key-reuse"}}]
        found = told(entries, "a")
        self.assertEqual((found.suspicious, found.locked, len(found.others)), (1, 1, 2))


class MakingTests(unittest.TestCase):
    def test_the_command_repeats_the_run(self) -> None:
        given = ["--program", "/p", "--folder", "/f"]
        for words in (["--seed", "7"], ["--short"], ["--short", "--users", "9"], ["--minutes", "0.5", "--workspaces", "3", "--seed", "1"]):
            options = read(given + words)
            self.assertEqual(read(given + options.command.split()[1:]), options)

    def test_every_text_has_the_word(self) -> None:
        chance = Random(3)
        for _ in range(20):
            for document in (ticket("m", "canary-x", chance), profile("m", "canary-x", chance), run("m", "canary-x", None, "scripted"),
                             character("canary-x", "sealed-x", 1, chance)):
                self.assertIn("canary-x", json.dumps(document))
            document = character("canary-x", "sealed-x", 1, chance)
            del document["secrets"], document["settings"]["secrets"]
            self.assertNotIn("sealed", json.dumps(document))

    def test_words_of_a_character(self) -> None:
        # A private one's, a published one's, a fork's; and one that has none, or another's private one.
        for word in (ONE.words.private, ONE.words.public, OTHER.words.public):
            self.assertTrue(tells(f'{{"bio":["Brings ships to {word}."]}}'.encode(), ONE.words))
        for body in (b'{"visibility":"public"}', OTHER.words.private.encode()):
            self.assertFalse(tells(body, ONE.words))

    def test_what_left(self) -> None:
        place = {"owner": ONE.slug, "name": "pilot", "updated_at": "2026-01-31T08:30:00.000Z"}
        moved = {"owner": ONE.slug, "name": "tug"}
        renamed = {"status": "renamed", "moved_to": moved}
        for told, wanted in (([], None), ([{**place, "status": "withdrawn"}], {"status": "withdrawn"}), ([{**place, **renamed}], renamed)):
            self.assertTrue(is_told(told, wanted), told)
        for told, wanted in (
            ([{**place, "status": "withdrawn"}], None), ([], renamed), ([{**place, **renamed}], {"status": "withdrawn"}),
            ([{**place, "status": "withdrawn", "moved_to": moved}], {"status": "withdrawn"}), ([{**place, **renamed}] * 2, renamed),
        ):
            self.assertFalse(is_told(told, wanted), told)
        self.assertLess(moment(60), moment())

    def test_ids_and_allowances(self) -> None:
        made = uuid.UUID(invented_id(Random(1), 1_800_000_000.5))
        self.assertEqual((made.version, made.variant, made.int >> 80), (7, uuid.RFC_4122, 1_800_000_000_500))
        now = [0.0]
        allowance = Allowance(2, 10, clock=lambda: now[0])
        self.assertEqual([allowance.take() for _ in range(3)], [True, True, False])
        now[0] = 10.0
        self.assertTrue(allowance.take())
        self.assertEqual([percentile([4, 1, 3, 2], share) for share in (0.5, 0.99)], [2, 4])

    def test_the_shelf_shows_what_others_have(self) -> None:
        shelf = Shelf()
        shelf.put("ticket", ONE.slug, "a")
        self.assertIsNone(shelf.foreign("ticket", ONE.slug, Random(1)))
        self.assertEqual(shelf.foreign("ticket", OTHER.slug, Random(1)), (ONE.slug, "a"))
        shelf.publish(Listing(ONE, "pilot", "b"), "1.0.0")
        self.assertIsNone(shelf.to_report(Random(1), ONE.slug, 8))
        self.assertIsNotNone(shelf.to_report(Random(1), OTHER.slug, 8))
        self.assertIsNone(shelf.to_report(Random(1), OTHER.slug, 8))

    def test_operations_that_nobody_asked_for(self) -> None:
        self.assertEqual(unasked({"paths": {"/v1/a/{id}": {"get": {}, "post": {}}}}, {"GET /v1/a/{agent}"}), ["POST /v1/a/{id}"])
        self.assertEqual(len({(probe.route, probe.kind) for probe in BY_ID + BY_NAME}), len(BY_ID + BY_NAME))


if __name__ == "__main__":
    unittest.main()
