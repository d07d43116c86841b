import Foundation
import HTTPTypes
import Jobs
import JobsTesting
import Postgres
import TestSupport
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("A takedown reaches forks")
struct NoticeTests {
    /// What a sweep would enqueue.
    private actor Collected {
        private(set) var jobs: [(workspace: UUID, id: UUID, removal: UUID)] = []

        func add(_ notice: NoteAgentRemoval, _ workspace: UUID, _ id: UUID) {
            jobs.append((workspace: workspace, id: id, removal: notice.removal))
        }

        func take() -> [(workspace: UUID, id: UUID, removal: UUID)] {
            defer { jobs = [] }
            return jobs
        }
    }

    private static func sweep(_ fixture: ReportsFixture, into collected: Collected) -> NoticeSweep {
        NoticeSweep(pool: fixture.pool) { notice, workspace, job in await collected.add(notice, workspace, job) }
    }

    /// Runs the handler as the engine does.
    private static func handle(_ removal: UUID, in workspace: UUID, _ fixture: ReportsFixture) async throws -> Int {
        let job = Job(id: UUID.version7(), workspace: workspace, acceptedAt: Date(), payload: NoteAgentRemoval(removal: removal))
        let result = try await fixture.pool.transaction(.workspaces([workspace])) { try await NoteAgentRemovalHandler().handle(job, in: $0) }
        return try JSONDecoder().decode(NoticeResult.self, from: Data(try #require(result).json)).notices
    }

    private static func remove(_ fixture: ReportsFixture, _ ask: DirectoryFixture.Asker) async throws -> UUID {
        _ = try await ask.decide(try await fixture.reported(ask), "remove")
        return try #require(UUID(uuidString: try await fixture.text("select id from agent_removals")))
    }

    @Test("every fork of a removed agent has a notice in its own workspace, by a worker", .timeLimit(.minutes(1)))
    func whole() async throws {
        try await ReportsFixture.with { fixture in
            let one = try await fixture.fork(as: "eliza", in: fixture.rival)
            try await fixture.fork(as: "eliza-2", in: fixture.rival)
            let third = UUID.version7()
            try await fixture.fork(as: "mine", in: third)
            try await fixture.asking { ask in
                _ = try await Self.remove(fixture, ask)
                let serving = fixture.engine.serving { fixture.reports.register(in: &$0) }
                #expect(try await NoticeSweep(pool: fixture.pool, producer: fixture.engine.producer).sweep() == 2, "two workspaces")
                #expect(try await serving.drain().done == 2)

                let all = try await ask(.get, "/v1/notices", token: "rival")
                let items = try #require(all.json["items"]?.elements)
                #expect(Set(items.compactMap { $0["name"]?.string }) == ["eliza", "eliza-2"])
                #expect(items.allSatisfy { $0["state"] == "unread" && $0["kind"] == "origin_removed" && $0["source"]?["agent"] == "acme/eliza" })
                #expect(items[0]["source"]?["decision"] == "remove" && items[0]["source"]?["ground"] == "malware")
                #expect(try await ask(.get, "/v1/notices", token: "acme").json["items"]?.elements?.isEmpty == true, "the owner has a statement")

                let id = try #require(items.first(where: { $0["agent"]?.string == one.lowercased })?["id"]?.string)
                #expect(try await ask(.post, "/v1/notices/\(id)/read", token: "acme").status == .notFound, "it is rival's alone")
                #expect(try await ask(.post, "/v1/notices/\(id)/read").status == .noContent)
                let readAt = try await ask(.get, "/v1/notices?state=read").json["items"]?[0]?["read_at"]
                #expect(readAt != nil)
                try await fixture.moveTime(by: 60)
                #expect(try await ask(.post, "/v1/notices/\(id)/read", "{}").status == .noContent)
                #expect(try await ask(.get, "/v1/notices?state=read").json["items"]?[0]?["read_at"] == readAt, "the first time counts")
                #expect(try await ask(.get, "/v1/notices?state=unread").names == ["eliza-2"])
                #expect(try await ask(.get, "/v1/notices?state=lost").status == .badRequest)
            }
            #expect(try await fixture.count("select count(*) from agent_notices where workspace_id = '\(third)'") == 1)
        }
    }

    @Test("a decision that removes nothing tells nobody, and neither does a fork of another agent", .timeLimit(.minutes(1)))
    func nobody() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.publish("lisa", as: UUID.version7())
            try await fixture.fork(as: "eliza", in: fixture.rival)
            let collected = Collected()
            try await fixture.asking { ask in
                _ = try await ask.decide(try await fixture.reported(ask), "quarantine")
                _ = try await ask.decide(try await fixture.reported(ask, agent: "acme/lisa"), "remove")
                #expect(try await Self.sweep(fixture, into: collected).sweep() == 0)
            }
            #expect(await collected.take().isEmpty)
        }
    }

    @Test("the handler writes once, whoever read what it wrote", .timeLimit(.minutes(1)))
    func again() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.fork(as: "eliza", in: fixture.rival)
            try await fixture.asking { ask in
                let removal = try await Self.remove(fixture, ask)
                #expect(try await Self.handle(removal, in: fixture.rival, fixture) == 1)
                let id = try #require(try await ask(.get, "/v1/notices").json["items"]?[0]?["id"]?.string)
                _ = try await ask(.post, "/v1/notices/\(id)/read")
                #expect(try await Self.handle(removal, in: fixture.rival, fixture) == 0)
                #expect(try await ask(.get, "/v1/notices?state=read").names == ["eliza"])
                #expect(try await Self.handle(UUID(), in: fixture.rival, fixture) == 0, "no such removal")
            }
        }
    }

    @Test("pages go on from where the last one ended, and each workspace is handed out once in a pass", .timeLimit(.minutes(1)))
    func pages() async throws {
        try await ReportsFixture.with { fixture in
            _ = try await fixture.database.psql(
                """
                with forkers as (
                  insert into workspaces (id, slug, name)
                  select gen_random_uuid(), 'f' || n, 'F' from generate_series(1, 1203) n returning id
                )
                insert into agents (workspace_id, id, name, display_name, forked_from_owner, forked_from_name, forked_from_version, forked_from_agent)
                select id, gen_random_uuid(), 'eliza', 'Eliza', 'acme', 'eliza', 1, '\(fixture.eliza)' from forkers;
                """)
            let collected = Collected()
            try await fixture.asking { ask in
                let removal = try await Self.remove(fixture, ask)
                #expect(try await Self.sweep(fixture, into: collected).sweep() == 1203)
                let jobs = await collected.take()
                #expect(Set(jobs.map(\.workspace)).count == 1203 && Set(jobs.map(\.id)).count == 1203)
                #expect(jobs.allSatisfy { $0.removal == removal })
                #expect(try await Self.sweep(fixture, into: collected).sweep() == 0, "the takedown rests")
            }
        }
    }

    @Test("who was missed, and forks that came late, are found by the next pass; when nobody is left it ends", .timeLimit(.minutes(1)))
    func passes() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.fork(as: "eliza", in: fixture.rival)
            let collected = Collected()
            let sweep = Self.sweep(fixture, into: collected)
            try await fixture.asking { ask in
                let removal = try await Self.remove(fixture, ask)
                #expect(try await sweep.sweep() == 1)
                let first = await collected.take()
                _ = try await Self.handle(removal, in: fixture.rival, fixture)

                // Made while the first pass was over already.
                let late = UUID.version7()
                try await fixture.fork(as: "late", in: late)
                #expect(try await sweep.sweep() == 0)
                try await fixture.moveTime(by: 601)
                #expect(try await sweep.sweep() == 1)
                let second = await collected.take()
                #expect(second.map(\.workspace) == [late] && first.map(\.workspace) == [fixture.rival])

                // Its job is lost: the third pass makes another one, and the fourth finds nobody.
                try await fixture.moveTime(by: 1202)
                #expect(try await sweep.sweep() == 1)
                let third = await collected.take()
                #expect(third.map(\.workspace) == [late] && third.map(\.id) != second.map(\.id))
                _ = try await Self.handle(removal, in: late, fixture)
                try await fixture.moveTime(by: 1803)
                #expect(try await sweep.sweep() == 0)
                #expect(try await fixture.count("select count(*) from agent_takedowns where finished_at is not null") == 1)
            }
        }
    }

    @Test("sweeps at the same time hand each workspace out once", .timeLimit(.minutes(1)))
    func together() async throws {
        try await ReportsFixture.with { fixture in
            for number in 1...5 { try await fixture.fork(as: "f\(number)", in: UUID.version7()) }
            let collected = Collected()
            try await fixture.asking { ask in
                _ = try await Self.remove(fixture, ask)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<4 { group.addTask { _ = try await Self.sweep(fixture, into: collected).sweep() } }
                    try await group.waitForAll()
                }
            }
            #expect(await collected.take().count == 5)
        }
    }

    @Test("one workspace sees nothing of another's notices, and may change nothing of its own but that it has read them", .timeLimit(.minutes(1)))
    func isolation() async throws {
        try await ReportsFixture.with { fixture in
            try await fixture.fork(as: "eliza", in: fixture.rival)
            try await fixture.asking { ask in
                let removal = try await Self.remove(fixture, ask)
                _ = try await Self.handle(removal, in: fixture.rival, fixture)
            }
            let (own, foreign) = (PostgresScope.workspaces([fixture.rival]), PostgresScope.workspaces([fixture.acme]))
            #expect(try await fixture.pool.query(own, "select 1 from agent_notices").count == 1, "the positive control")
            #expect(try await fixture.pool.query(foreign, "select 1 from agent_notices").isEmpty)
            #expect(try await fixture.pool.execute(foreign, "update agent_notices set read_at = now()") == 0)
            #expect(try await fixture.pool.query(foreign, "select 1 from agent_statements").count == 1, "the positive control")
            #expect(try await fixture.pool.query(own, "select 1 from agent_statements").isEmpty)
            for statement in [
                "delete from agent_notices", "update agent_notices set created_at = now()", "delete from agent_statements",
                "update agent_statements set facts = 'x'", "update agent_appeals set outcome = 'reversed'",
            ] as [SQL] {
                let error = await #expect(throws: PostgresError.self) { _ = try await fixture.pool.execute(foreign, statement) }
                #expect(error?.sqlState == "42501", "\(statement.label)")
            }
        }
    }
}
