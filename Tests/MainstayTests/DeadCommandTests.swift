import Foundation
import TestSupport
import Testing

@testable import Jobs
@testable import mainstay

@Suite struct MomentWordTests {
    private let now = Date(timeIntervalSince1970: 1_000_000_000)

    @Test(
        "durations are so long ago",
        arguments: [("90s", 90.0), ("15m", 900), ("2h", 7200), ("3d", 259_200), ("1w", 604_800), ("1d12h", 129_600), ("0s", 0)])
    func durations(word: String, seconds: Double) {
        #expect(MomentWord.date(word, now: now) == now.addingTimeInterval(-seconds))
    }

    @Test("times are times in UTC")
    func times() {
        #expect(MomentWord.date("2001-09-09T01:46:40Z", now: .distantPast) == now)
        #expect(MomentWord.date("2001-09-09", now: .distantPast) == now.addingTimeInterval(-6400))
    }

    @Test("anything else is no time", arguments: ["", "h", "2", "2h30", "2x", "-2h", "2.5h", "yesterday", "2001-09", "99999999w"])
    func others(word: String) {
        #expect(MomentWord.date(word, now: now) == nil)
    }
}

@Suite struct DeadReportTests {
    private func line(_ state: DeadLetterState, kind: String = "ticket.create") -> DeadLetterLine {
        DeadLetterLine(
            key: JobName(workspace: .version7(), id: .version7()), kind: kind, queue: "tickets", attempts: 8, code: "57014", error: "e",
            acceptedAt: Date(), diedAt: Date(), state: state, replays: 0)
    }

    @Test("more than one letter needs a yes; a rehearsal needs none")
    func steps() {
        #expect(DeadStep(matched: 0, isDryRun: true, isConfirmed: true) == .nothingMatched)
        #expect(DeadStep(matched: 1, isDryRun: false, isConfirmed: false) == .act)
        #expect(DeadStep(matched: 2, isDryRun: false, isConfirmed: false) == .ask)
        #expect(DeadStep(matched: 2, isDryRun: false, isConfirmed: true) == .act)
        #expect(DeadStep(matched: 2, isDryRun: true, isConfirmed: true) == .rehearse)
    }

    @Test("named letters are told one by one; what was done before is no failure, what cannot be done is one")
    func named() {
        let lines = [line(.open), line(.replayed), line(.discarded), line(.open, kind: "unreadable"), line(.open)]
        let jobs = lines.map(\.key.id)
        func report(_ act: DeadLetterAct, _ places: [Int]) -> (results: [String?], status: Int32) {
            let report = DeadActing.report(act, places.map { jobs[$0] }, lines, changed: [lines[0].key])
            return (report.table?.rows.map { $0[3] } ?? [], report.status)
        }
        let fine = report(.replay, [0, 1, 4])
        #expect(fine.results == ["replayed", "was replayed before", "somebody else was faster"] && fine.status == 0)
        let refused = report(.replay, [0, 2, 3])
        #expect(refused.results[1] == "not replayed: it was discarded, for good" && refused.status == 1)
        #expect(refused.results[2] == "not replayed: what could not be read is no job")
        #expect(report(.discard, [1]).status == 1 && report(.discard, [2]).status == 0)
        let unknown = DeadActing.report(.replay, [.version7()], lines, changed: [])
        #expect(unknown.table?.rows.first?[3] == "there is no such dead letter" && unknown.status == 1)
        let rehearsed = DeadActing.report(.discard, [jobs[0]], lines, changed: nil)
        #expect(rehearsed.table?.rows.first?[3] == "would be discarded")
    }

    @Test("what was chosen is told in numbers: 0 done, 1 stopped, 2 nothing matched")
    func tallies() {
        var tally = DeadLetterTally()
        #expect(DeadActing.report(.replay, tally).status == 2)
        tally.changed = 3
        tally.left = 3
        let left = DeadActing.report(.replay, tally)
        #expect(left.status == 0 && left.said.first?.contains("relay") == true)
        #expect(left.table?.json == "{\"version\":1,\"rows\":[{\"replayed\":3,\"by_somebody_else\":0}]}")
        tally.fault = "connection: gone"
        #expect(DeadActing.report(.discard, tally).status == 1)
    }

    @Test("a list shows what is open unless it is told otherwise")
    func states() {
        #expect(DeadCommand.List.states(replayed: false, discarded: false, all: false) == [.open])
        #expect(DeadCommand.List.states(replayed: true, discarded: false, all: false) == [.replayed])
        #expect(DeadCommand.List.states(replayed: false, discarded: true, all: true).count == 3)
    }
}

/// The command as an operator runs it, on a database of its own.
@Suite(.timeLimit(.minutes(2))) struct DeadCommandTests {
    private struct Place: Sendable {
        let database: TestDatabase

        func run(_ arguments: String...) async throws -> Program.Result {
            try await Program.run(
                ["dead"] + arguments,
                environment: [
                    "PATH": "/usr/bin:/bin", "HOME": "/tmp", "MAINSTAY_DATABASE_URL": database.serverURL,
                    "MAINSTAY_REDIS_URL": database.stack.redisURL,
                ])
        }

        /// A letter of the default workspace.
        func die(_ id: UUID, kind: String = "ticket.create", code: String = "57014") async throws {
            _ = try await database.psql(
                """
                insert into dead_letters (workspace_id, id, kind, version, queue, attempts, code, error, history, body, accepted_at)
                values ('00000000-0000-7000-8000-000000000001', '\(id)', '\(kind)', 1, 'tickets', 2, '\(code)', 'no room for Ann Lee-Smith',
                  '[{"attempt": 1, "at": 1700000000000, "code": "first", "error": "password=hunter22"}]',
                  '{"subject":"s","requester":"Ann Lee-Smith"}', now())
                """)
        }
    }

    private func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test("letters are listed, counted and shown, as JSON too")
    func looking() async throws {
        let place = Place(database: try await TestDatabase.make())
        let (one, other) = (UUID.version7(), UUID.version7())
        try await place.die(one)
        try await place.die(other, kind: "agent.fork")

        let list = try await place.run("list", "--workspace", "default", "--since", "1h", "--kind", "ticket.create", "--json")
        let rows = try object(list.output)["rows"] as? [[String: Any]]
        #expect(list.status == 0 && rows?.map { $0["id"] as? String } == [one.lowercased])
        #expect(rows?.first?["workspace"] as? String == "default" && rows?.first?["state"] as? String == "open")
        let summary = try object(try await place.run("list", "--summary", "--json").output)["rows"] as? [[String: Any]]
        #expect(summary?.map { $0["letters"] as? Int } == [1, 1])
        #expect(try await place.run("list", "--text", "nowhere").status == 0)

        let shown = try object(try await place.run("show", one.lowercased, "--json").output)
        #expect(shown["version"] as? Int == 1 && shown["workspace_name"] as? String == "default" && shown["state"] as? String == "open")
        #expect((shown["history"] as? [[String: Any]])?.map { $0["code"] as? String } == ["first", "57014"])
        #expect((shown["body"] as? [String: Any])?["requester"] as? String == "secret-1")
        let whole = try await place.run("show", one.lowercased, "--body")
        #expect(whole.output.contains("\"requester\" : \"Ann Lee-Smith\"") && whole.output.contains("ticket.create \(one.lowercased)"))
        #expect(try await place.run("show", UUID.version7().lowercased).status == 2)
        #expect(try await place.run("show", "nonsense").status == 64)
    }

    @Test("much is done only with a yes, twice is once, and the exit code says what became of it")
    func acting() async throws {
        let place = Place(database: try await TestDatabase.make())
        let ids = (0..<3).map { _ in UUID.version7() }
        for id in ids { try await place.die(id) }

        let asked = try await place.run("replay", "--code", "57014")
        #expect(asked.status == 1 && asked.errors.contains("3 dead letters") && asked.errors.contains("--yes"))
        let rehearsed = try await place.run("replay", "--all", "--limit", "2", "--dry-run")
        #expect(rehearsed.status == 0 && rehearsed.errors.contains("2 of these 3"))
        #expect(try await place.database.psql("select count(*) from dead_letters where replayed_at is not null") == "0\n")

        let single = try await place.run("replay", ids[0].lowercased, "--by", "ann")
        #expect(single.status == 0 && single.output.contains("replayed"))
        #expect(try await place.run("replay", ids[0].lowercased).output.contains("was replayed before"))
        let discarded = try await place.run("discard", ids[1].lowercased, "--by", "bob")
        #expect(discarded.status == 0)
        #expect(try await place.run("replay", ids[1].lowercased).status == 1)
        let rest = try await place.run("replay", "--since", "1d", "--yes", "--json")
        #expect(rest.status == 0 && rest.output.contains("\"replayed\":1"))
        #expect(try await place.run("replay", "--since", "1d", "--yes").status == 2)
        #expect(try await place.run("discard", UUID.version7().lowercased).status == 2)
        for wrong in [["replay"], ["replay", "--all", "--code", "c"], ["replay", ids[0].lowercased, "--all"], ["list", "--since", "soon"]] {
            let result = try await Program.run(["dead"] + wrong, environment: ["PATH": "/usr/bin:/bin", "HOME": "/tmp"])
            #expect(result.status == 64, "\(wrong)")
        }
        let kept = try await place.database.psql(
            """
            select replays->0->>'by', discarded_by, replayed_at is null from dead_letters
            where discarded_by = 'bob' or replays->0->>'by' = 'ann' order by 2
            """)
        #expect(kept == "|bob|t\nann||f\n")
        #expect(try await place.database.psql("select count(*) from acceptances where kind = 'ticket.create'") == "2\n")
    }

    @Test("an exported letter holds no secret, and is read as a fixture")
    func export() async throws {
        let place = Place(database: try await TestDatabase.make())
        let id = UUID.version7()
        try await place.die(id)
        let file = try TestFolder.make("export") + ".json"
        #expect(try await place.run("export", id.lowercased, "--output", file).status == 0)
        let text = try String(contentsOfFile: file, encoding: .utf8)
        for secret in ["Ann", "hunter22", id.lowercased] { #expect(!text.contains(secret), "\(secret)") }
        let fixture = try DeadLetterFixture(json: Data(text.utf8))
        #expect(fixture.kind == "ticket.create" && fixture.error == "no room for secret-1" && fixture.history.map(\.error) == ["password=secret-2"])
        #expect(try await place.run("export", UUID.version7().lowercased).status == 2)
    }
}
