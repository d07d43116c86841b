import Foundation
import Postgres
import TestSupport
import Testing

@testable import Workspaces

@Suite("Verifying the access log", .timeLimit(.minutes(1)))
struct AuditVerifyTests {
    @Test("a log of several pages with checkpoints in between is clean, and looked at as a whole")
    func pages() async throws {
        try await AuditFixture.with { fixture async throws in
            let keys = try AccessLogKeys.test("a")
            let count = AccessLogStore.page * 2 + 1
            for _ in 0..<3 {
                try await fixture.fill(count / 3)
                _ = try await fixture.checkpointer(keys).step(isLast: true)
            }
            let result = try await fixture.verify(keys)
            #expect(result.isClean)
            #expect(result.entries == count / 3 * 3)
            #expect(result.signed == 3)
            #expect(result.sealed == result.entries)
            #expect(result.head?.sequence == result.entries)
        }
    }

    @Test(
        "what somebody did to the log is named",
        arguments: [
            ("update access_log set subject = 'token:other' where sequence = 3", ["changed 3"]),
            ("update access_log set details = '{\"name\":\"cd\"}' where sequence = 3", ["changed 3"]),
            ("update access_log set at = at + interval '1 microsecond' where sequence = 3", ["changed 3"]),
            ("update access_log set workspace = gen_random_uuid() where sequence = 3", ["changed 3"]),
            (
                "alter table access_log drop constraint access_log_details; update access_log set details = '{\"name\":1}' where sequence = 3",
                ["changed 3"]
            ),
            ("delete from access_log where sequence in (3, 4)", ["missing 3-4"]),
            (
                """
                update access_log set sequence = 1000 where sequence = 3; update access_log set sequence = 3 where sequence = 4;
                update access_log set sequence = 4 where sequence = 1000
                """, ["swapped 3", "swapped 4"]
            ),
            (
                """
                update access_log set subject = 'token:other' where sequence = 3;
                update access_log as l set hash = sha256(access_log_bytes(l)) where sequence = 3
                """, ["replaced 3"]
            ),
            ("delete from access_log where sequence > 4", ["cut 5-6"]),
            ("delete from access_log", ["cut 1-6"]),
            (anew, ["rewritten 6"]),
            ("update access_log_checkpoints set signature = decode(repeat('00', 32), 'hex')", ["bad signature 6"]),
            ("update access_log_checkpoints set at = at - interval '1 second'", ["bad signature 6"]),
            ("update access_log_checkpoints set key_id = 'b'", ["unknown key 6"]),
            (
                """
                update access_log_checkpoints set sequence = 5;
                insert into access_log_checkpoints select 6, hash, now(), null, null from access_log where sequence = 6
                """, ["bad signature 5", "rewritten 5"]
            ),
        ])
    func tampering(_ script: String, _ words: [String]) async throws {
        try await AuditFixture.with { fixture async throws in
            let keys = try AccessLogKeys.test("a")
            try await fixture.fill(6)
            let isKept = try await fixture.checkpointer(keys).step()
            #expect(isKept)
            let before = try await fixture.verify(keys)
            #expect(before.isClean)
            try await fixture.tamper(script)
            let after = try await fixture.verify(keys)
            #expect(after.words == words)
        }
    }

    @Test("what nothing inside of the database shows, a head that was published does: a cut with its checkpoint, a log written anew")
    func published() async throws {
        let keys = try AccessLogKeys.test("a")
        let scripts = [
            "delete from access_log where sequence > 4; delete from access_log_checkpoints", "delete from access_log_checkpoints; \(anew)",
        ]
        for script in scripts {
            try await AuditFixture.with { fixture async throws in
                try await fixture.fill(6)
                _ = try await fixture.checkpointer(keys).step()
                let verifier = AccessLogVerifier(pool: fixture.pool, keys: keys)
                let first = try await verifier.run()
                let made = try #require(verifier.head(of: first, at: Date()))
                let head = try PublishedHead.checkpoint(in: PublishedHead.data(of: made))
                #expect(head.sequence == 6)
                #expect(head.keyID == "a")
                try await fixture.fill(2)
                let grown = try await verifier.run(published: head)
                #expect(grown.isClean)
                #expect(grown.signed == 2)

                try await fixture.tamper(script)
                let inside = try await verifier.run()
                #expect(inside.isClean)
                let outside = try await verifier.run(published: head)
                #expect(!outside.isClean)
                #expect(verifier.head(of: outside, at: Date()) == nil)
            }
        }
    }

    @Test("checkpoints are made when they are due, once, signed with the first key; older ones are checked with theirs")
    func checkpoints() async throws {
        try await AuditFixture.with { fixture async throws in
            let (old, both) = (try AccessLogKeys.test("a"), try AccessLogKeys.test("b", "a"))
            func step(_ keys: AccessLogKeys, isLast: Bool = false) async throws -> Bool {
                try await fixture.checkpointer(keys).step(isLast: isLast)
            }
            let empty = try await step(old)
            try await fixture.fill(1)
            let first = try await step(old)
            try await fixture.fill(1)
            let early = try await step(both)
            try await fixture.moveTime(by: 601)
            let (due, again) = (try await step(both), try await step(both, isLast: true))
            try await fixture.fill(1)
            let last = try await step(both, isLast: true)
            #expect([empty, first, early, due, again, last] == [false, true, false, true, false, true])
            let kept = try await fixture.store.checkpoints(after: 0, through: 10)
            #expect(kept.map(\.sequence) == [1, 2, 3])
            #expect(kept.map(\.keyID) == ["a", "b", "b"])
            let (clean, unknown) = (try await fixture.verify(both), try await fixture.verify(old))
            #expect(clean.isClean)
            #expect(clean.signed == 3)
            #expect(unknown.words == ["unknown key 2", "unknown key 3"])
        }
    }

    @Test("by number of entries a checkpoint is due at once; without a key it is not signed, and the look says so")
    func unsigned() async throws {
        try await AuditFixture.with { fixture async throws in
            var rule = CheckpointRule()
            rule.entries = 3
            try await fixture.fill(1)
            _ = try await fixture.checkpointer(.none, rule).step()
            try await fixture.fill(2)
            let early = try await fixture.checkpointer(.none, rule).step()
            try await fixture.fill(1)
            let due = try await fixture.checkpointer(.none, rule).step()
            #expect([early, due] == [false, true])
            let result = try await fixture.verify()
            #expect(result.isClean)
            #expect(result.unsigned == 2)
            #expect(result.sealed == 0)
        }
    }

    @Test("a checkpoint of an entry that is not there is not kept")
    func invented() async throws {
        try await AuditFixture.with { fixture async throws in
            try await fixture.fill(1)
            let error = await #expect(throws: PostgresError.self) {
                try await fixture.store.keep(AccessLogCheckpoint(sequence: 1, hash: AccessLogForm.origin, microseconds: 0))
            }
            #expect(error?.sqlState == "23503")
        }
    }
}

/// The whole log from entry 2 on with another subject, each hash right for it.
private let anew = """
    do $$
    declare
      entry access_log;
      link bytea := (select hash from access_log where sequence = 1);
    begin
      for entry in select * from access_log where sequence > 1 order by sequence loop
        entry.subject := 'token:other';
        entry.previous_hash := link;
        link := sha256(access_log_bytes(entry));
        update access_log set subject = entry.subject, previous_hash = entry.previous_hash, hash = link where sequence = entry.sequence;
      end loop;
    end
    $$
    """
