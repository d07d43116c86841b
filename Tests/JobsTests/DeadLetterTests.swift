import Foundation
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Jobs

private enum Sample {
    static let wallet = "0x52908400098527886E0F7030069857D2E4169EE7"
    static let hidden = "0x" + String(repeating: "0", count: 39) + "1"
    static let token = "mst_4f9Kq2LmN8xR7tYwZ3vB6cD1eG5hJ0pS9uTa"
    static let longToken = "token-1" + String(repeating: "x", count: 25)

    /// Texts, and what is left of them.
    static let texts: [(String, String)] = [
        ("password=hunter22 and more", "password=secret-1 and more"),
        (#"{"token": "abc", "count": 3}"#, #"{"token": "secret-1", "count": 3}"#),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer secret-1"),
        ("write to ann@example.org.", "write to person-1@example.invalid."),
        ("from \(wallet), twice \(wallet.lowercased())", "from \(hidden), twice \(hidden)"),
        ("0x12ab…34cd is short", "0x0000…0000 is short"),
        ("with \(token)!", "with \(longToken)!"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", longToken),
        ("postgres://owner:pa55word@db.internal/mainstay", "postgres://owner:person-1@example.invalid/mainstay"),
    ]
}

@Suite struct RedactionTests {
    @Test("what is secret in a text is replaced, and only that", arguments: Sample.texts)
    func texts(found: String, expected: String) {
        var redaction = Redaction()
        let redacted = redaction.text(found)
        #expect(redacted == expected)
        // What is redacted is left alone: by the same value, and by another.
        let again = redaction.text(redacted)
        var other = Redaction()
        let elsewhere = other.text(redacted)
        #expect(again == expected && elsewhere == expected)
    }

    @Test(
        "what an operator reads an error by stays",
        arguments: [
            "job 019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071 failed 3 times", "/srv/mainstay/Sources/Support/TicketStore.swift:42",
            "value too long for type character varying(40)", "swift-argument-parser-1-8-0 is new", "duplicate key value (SQLSTATE 23505)",
            #"keyNotFound(CodingKeys(stringValue: "subject", intValue: nil))"#, "the basic information is missing", "",
        ])
    func kept(text: String) {
        var redaction = Redaction()
        let redacted = redaction.text(text)
        #expect(redacted == text)
    }

    @Test("a document keeps its shape, and the same secret is the same placeholder wherever it stands")
    func document() throws {
        let body = """
            {"subject":"Card shows 0","wallet":"\(Sample.wallet)","requester":"Ann Lee-Smith","email":"ann@example.org","api_key":"k3y","pin":1234,
             "max_tokens":512,"body":"Ann Lee-Smith, ann@example.org, \(Sample.wallet)","labels":["a",null,true,2.5],"\(Sample.wallet)":1,"token":""}
            """
        var redaction = Redaction()
        let document = try #require(FixtureValue(json: Array(body.utf8)))
        let redacted = redaction.json(document)
        let expected: FixtureValue = .object([
            "subject": .string("Card shows 0"), "wallet": .string(Sample.hidden), "requester": .string("secret-1"),
            "email": .string("person-1@example.invalid"), "api_key": .string("secret-2"), "pin": .integer(1000), "max_tokens": .integer(512),
            "body": .string("secret-1, person-1@example.invalid, \(Sample.hidden)"),
            "labels": .array([.string("a"), .null, .bool(true), .number(2.5)]), Sample.hidden: .integer(1), "token": .string(""),
        ])
        #expect(redacted == expected)
        let error = redaction.text("no room for Ann Lee-Smith")
        #expect(error == "no room for secret-1")
        var other = Redaction()
        let again = other.json(redacted)
        #expect(again == redacted)
    }

    @Test("a placeholder is of the length class of its secret", arguments: [1, 7, 8, 15, 16, 40, 64, 300, 5000])
    func lengths(count: Int) {
        var redaction = Redaction()
        let secret = String(repeating: "é", count: count)
        let redacted = redaction.json(.object(["password": .string(secret)]))
        guard case .object(let members) = redacted, case .string(let placeholder)? = members["password"] else {
            Issue.record("the shape has changed: \(redacted)")
            return
        }
        #expect(Placeholder.lengthClass(placeholder.count) == Placeholder.lengthClass(count))
        #expect(count < 8 || placeholder.count <= count)
    }

    @Test("names are telling by their words, however these are joined")
    func names() {
        for name in ["api_key", "apiKey", "APIKey", "X-Api-Key", "accessToken", "requester_name", "walletAddress", "PASSWORD"] {
            #expect(SecretName.isTelling(name), "\(name)")
        }
        for name in ["monkey", "subject", "keyboard", "priority", "stringValue"] { #expect(!SecretName.isTelling(name), "\(name)") }
    }
}

@Suite(.timeLimit(.minutes(1))) struct DeadLetterTests {
    private static func administration(_ engine: EngineFixture) -> JobAdministration {
        JobAdministration(pool: engine.pool, redis: engine.redis, configuration: engine.configuration)
    }

    @Test("a replayed job that dies again is one letter, whose history goes on under the next generation")
    func again() async throws {
        try await EngineFixture.with { engine in
            let administration = Self.administration(engine)
            let accepted = try await engine.producer.accept(Note(text: "never", failures: 99), workspace: engine.workspace)
            try await engine.withWorker { _ in
                try await engine.expect(accepted.id, .dead)
                try await eventually { try await engine.isEmpty() }
                let first = try #require(await administration.letters.find(accepted.id))
                #expect(first.failures.map(\.attempt) == [1, 2, 3] && first.state == .open)
                #expect(try await administration.replay(first, by: "ann"))
                #expect(try await administration.replay(first, by: "bob") == false)
                try await eventually { try await administration.letters.find(accepted.id)?.diedAt != first.diedAt }
                let second = try #require(await administration.letters.find(accepted.id))
                #expect(second.failures.map(\.attempt) == [1, 2, 3, 1, 2, 3] && second.state == .open)
                #expect(second.failures.map(\.generation) == [0, 0, 0, 1, 1, 1])
                #expect(abs(second.failures[2].at.timeIntervalSince(first.diedAt)) < 0.001 && second.replays.map(\.by) == ["ann"])
            }
            let outcomes = try await engine.pool.query(
                .workspaces([engine.workspace]), "select state from outcomes where id = $1", accepted.id)
            #expect(try outcomes.map { try $0.decode("state", as: String.self) } == ["dead"])
        }
    }

    @Test("a replay is owed from its commit: the relay appends what the one who replayed could not")
    func owed() async throws {
        // Longer than a confirmation takes, a second: the first acceptance must not be doubled, or the copy could die as well,
        // after the replay.
        try await EngineFixture.with(configure: { $0.relayAge = .seconds(2) }) { engine in
            let repaired = Signal()
            let accepted = try await engine.producer.accept(Note(text: "in the end"), workspace: engine.workspace)
            try await engine.withWorker(onBatch: { _ in
                if !repaired.isRaised { throw PermanentJobError("not yet", code: "broken") }
            }) { _ in
                try await engine.expect(accepted.id, .dead)
                repaired.raise()
                let key = JobName(workspace: engine.workspace, id: accepted.id)
                let replayed = try await DeadLetterStore(pool: engine.pool).replay([key], by: nil, inline: 0) { _ in 0 }
                #expect(replayed.jobs.map(\.envelope.marks) == [[.seen, .stored]])
                try await eventually { try await engine.status(accepted.id)?.state == .done }
                #expect(try await engine.notes() == ["in the end"])
            }
        }
    }

    @Test("two replays of many letters at once are one, page by page, and each job is in its queue once")
    func many() async throws {
        try await EngineFixture.with { engine in
            let administration = Self.administration(engine)
            try await engine.die(count: 1100)
            try await engine.die(kind: "unreadable")
            async let one = administration.perform(.replay, on: DeadLetterFilter(), by: "one")
            async let other = administration.perform(.replay, on: DeadLetterFilter(), by: "other")
            let tallies = await [one, other]
            #expect(tallies.map(\.fault) == [nil, nil])
            #expect(tallies.reduce(0) { $0 + $1.changed } == 1100)
            #expect(try await engine.queue().measure().total == 1100)
            #expect(try await administration.letters.list().map(\.kind) == ["unreadable"])
            let groups = try await engine.pool.query(.unscoped, "select 1 from append_groups")
            #expect(groups.isEmpty)
            #expect(await administration.perform(.replay, on: DeadLetterFilter(), by: nil) == DeadLetterTally())

            try await engine.die(code: "other", count: 700)
            var filter = DeadLetterFilter()
            filter.code = "other"
            let pages = Mutex<[Int]>([])
            let tally = await administration.perform(.discard, on: filter, limit: 600, by: nil) { tally in
                pages.withLock { $0.append(tally.changed) }
            }
            let steps = pages.withLock { $0 }
            #expect(tally.changed == 600 && steps == [500, 600])
            #expect(try await administration.letters.list(filter, limit: 1000).count == 100)
        }
    }

    @Test("a filter means the letters of which all holds that it says, the newest first")
    func filters() async throws {
        try await EngineFixture.with { engine in
            let letters = Self.administration(engine).letters
            try await engine.die(kind: "a", code: "slow", error: "Timed OUT after 30 s", hoursAgo: 3)
            try await engine.die(kind: "a", code: "wrong", hoursAgo: 2)
            try await engine.die(kind: "b", code: "wrong", error: "100% of it", hoursAgo: 1)
            func found(_ change: (inout DeadLetterFilter) -> Void) async throws -> [String] {
                var filter = DeadLetterFilter()
                change(&filter)
                return try await letters.list(filter, limit: 10).map { "\($0.kind) \($0.code)" }
            }
            #expect(try await found { _ in } == ["b wrong", "a wrong", "a slow"])
            #expect(try await found { $0.kind = "a" } == ["a wrong", "a slow"])
            #expect(try await found { $0.code = "wrong" } == ["b wrong", "a wrong"])
            #expect(try await found { $0.text = "timed out" } == ["a slow"])
            // A text and no pattern.
            #expect(try await found { $0.text = "%" } == ["b wrong"])
            #expect(try await found { $0.since = Date(timeIntervalSinceNow: -9000) } == ["b wrong", "a wrong"])
            #expect(try await found { $0.until = Date(timeIntervalSinceNow: -9000) } == ["a slow"])
            #expect(try await found { $0.queue = "other" }.isEmpty)
            #expect(try await found { $0.workspace = .version7() }.isEmpty)
            #expect(try await found { $0.workspace = engine.workspace }.count == 3)
            let groups = try await letters.summary(DeadLetterFilter())
            #expect(groups.map { "\($0.kind) \($0.code) \($0.count)" } == ["a slow 1", "a wrong 1", "b wrong 1"])
            let newest = try #require(await letters.list(limit: 1).first)
            #expect(try await letters.list(DeadLetterFilter(), after: newest, limit: 10).map(\.code) == ["wrong", "slow"])
        }
    }

    @Test("a discarded letter is kept with its author, and is never replayed")
    func discarded() async throws {
        try await EngineFixture.with { engine in
            let administration = Self.administration(engine)
            try await engine.die()
            let line = try #require(await administration.letters.list().first)
            #expect(try await administration.perform(.discard, on: [line.key], by: "ann") == [line.key])
            #expect(try await administration.perform(.discard, on: [line.key], by: "bob").isEmpty)
            #expect(try await administration.perform(.replay, on: [line.key], by: "bob").isEmpty)
            let letter = try #require(await administration.letters.find(line.key.id))
            #expect(letter.state == .discarded && letter.discardedBy == "ann" && letter.replays.isEmpty)
            #expect(DeadLetterAct.replay.fate(of: letter.state, kind: letter.kind) == .refused("it was discarded, for good"))
            #expect(try await administration.letters.list().isEmpty)
        }
    }

    @Test("a fixture runs against a handler and through a queue, as the job did")
    func fixture() async throws {
        try await EngineFixture.with { engine in
            let note = Note(text: "of ann@example.org", failures: 1, isPermanent: true)
            let accepted = try await engine.producer.accept(note, workspace: engine.workspace)
            try await engine.withWorker { _ in
                try await engine.expect(accepted.id, .dead)
                let letter = try #require(await DeadLetterStore(pool: engine.pool).find(accepted.id))
                let written = try DeadLetterFixture(letter).json()
                #expect(!String(decoding: written, as: UTF8.self).contains("ann@"))
                let fixture = try DeadLetterFixture(json: written)
                #expect(fixture == DeadLetterFixture(letter))
                #expect(try fixture.payload(as: Note.self) == Note(text: "of person-1@example.invalid", failures: 1, isPermanent: true))
                #expect(throws: PermanentJobError.self) { try fixture.payload(as: StreamNote.self) }
                let fault = await #expect(throws: PermanentJobError.self) {
                    try await engine.pool.transaction(.workspaces([engine.workspace])) { transaction in
                        try await fixture.handle(by: NoteHandler(), workspace: engine.workspace, in: transaction)
                    }
                }
                #expect(fault?.code == letter.code)
                let again = try await fixture.accept(as: Note.self, by: engine.producer, workspace: engine.workspace)
                try await engine.expect(again.id, .dead)
            }
        }
    }

    @Test("a history is read for what can be read of it, and does not grow for ever")
    func history() {
        let stored = Array(#"[{"attempt":1,"error":"e","code":"c","at":1000},{"odd":true},{"attempt":2,"error":"f","code":"c","at":2000}]"#.utf8)
        let history = DeadLetterHistory(json: stored)
        #expect(history.failures.map(\.attempt) == [1, 2] && history.failures[0].at == Date(timeIntervalSince1970: 1))
        #expect(DeadLetterHistory(json: history.json) == history && DeadLetterHistory(json: Array("?".utf8)).failures.isEmpty)
        let death = FailedAttempt(attempt: 3, generation: 0, at: Date(timeIntervalSince1970: 3), code: "c", error: "g")
        let longer = (0..<100).reduce(history) { longer, _ in longer.continued(past: death, by: history, generation: 1) }
        #expect(longer.failures.count == DeadLetterHistory.most && longer.failures.last?.generation == 1)
    }
}

extension EngineFixture {
    /// Letters of jobs that nobody saw alive.
    fileprivate func die(kind: String = "test.note", code: String = "c", error: String = "e", hoursAgo: Double = 0, count: Int = 1) async throws {
        _ = try await pool.execute(
            .workspaces([workspace]),
            """
            insert into dead_letters (workspace_id, id, kind, version, queue, attempts, code, error, body, accepted_at, died_at)
            select $1, gen_random_uuid(), $2, 1, 'notes', 3, $3, $4, '{}', now(), clock_timestamp() - $5 * interval '1 hour'
            from generate_series(1, $6)
            """, workspace, kind, code, error, hoursAgo, count)
    }
}
