import Foundation
import HTTPTypes
import Jobs
import JobsTesting
import Postgres
import TestSupport
import Testing
import Web
import Workspaces

@testable import Operations

@Suite("Finding jobs", .timeLimit(.minutes(2))) struct JobSearchTests {
    private static let path = "/v1/operations/jobs"

    /// Every job of a search, page by page.
    private static func all(_ ask: Asker, _ query: String, limit: Int = 2) async throws -> [String] {
        var found: [String] = []
        var cursor = ""
        for _ in 0..<200 {
            let page = try await ask(.get, "\(path)?limit=\(limit)&\(query)\(cursor)")
            #expect(page.status == .ok, "\(page.text)")
            #expect(page.items.count <= limit)
            found += page.items.compactMap { $0["id"]?.string }
            guard let next = page.json["next_cursor"]?.string else { return found }
            cursor = "&cursor=\(next)"
        }
        throw TestSupportError("the pages of \(query) have no end")
    }

    @Test("jobs are found over all workspaces or in one, by state, kind and time, the newest first and each once")
    func search() async throws {
        try await OperationsFixture.with { fixture in
            let other = try await fixture.otherWorkspace()
            var done: [String] = []
            for number in 0..<3 { done.append(try await fixture.engine.accept(Note(text: "\(number)")).lowercased) }
            let dead = try await fixture.die(of: "no good")[0].lowercased
            let theirs = try await fixture.engine.accept(Note(text: "theirs"), workspace: other).lowercased
            try await fixture.engine.drain()
            let waiting = try await fixture.engine.accept(Note(text: "waits"), after: .seconds(3600)).lowercased
            // Ids of the same millisecond stand in any order.
            let newest = ([waiting, theirs, dead] + done).sorted(by: >)
            let finished = ([theirs] + done).sorted(by: >)
            try await fixture.asking { ask in
                #expect(try await Self.all(ask, "") == newest)
                #expect(try await Self.all(ask, "", limit: 50) == newest)
                #expect(try await Self.all(ask, "workspace=other") == [theirs])
                #expect(try await Self.all(ask, "workspace=default") == newest.filter { $0 != theirs })
                #expect(try await Self.all(ask, "workspace=\(other)&state=done") == [theirs])
                #expect(try await Self.all(ask, "state=done") == finished)
                #expect(try await Self.all(ask, "state=dead") == [dead])
                #expect(try await Self.all(ask, "state=queued") == [waiting])
                #expect(try await Self.all(ask, "state=running").isEmpty)
                #expect(try await Self.all(ask, "kind=test.note").count == 6)
                #expect(try await Self.all(ask, "kind=none").isEmpty)
                #expect(try await Self.all(ask, "since=1h").count == 6)
                #expect(try await Self.all(ask, "until=1h").isEmpty)
                for wrong in ["workspace=none", "state=retrying", "since=soon", "cursor=odd", "limit=201"] {
                    #expect(try await ask(.get, "\(Self.path)?\(wrong)").status == .badRequest, "\(wrong)")
                }
                let line = try #require(await ask(.get, "\(Self.path)?state=dead").items.first)
                #expect(line["error"] == "no good (broken)" && line["workspace_name"] == "default" && line["attempts"] == 1)
            }
        }
    }

    @Test("a page that looked at enough jobs ends there, and the next ones find what it did not reach, in every workspace")
    func horizon() async throws {
        try await OperationsFixture.with { fixture in
            let other = try await fixture.otherWorkspace()
            // Ids in one order of time over both workspaces: of each ten, nine are theirs.
            _ = try await fixture.database.psql(
                """
                insert into outcomes (workspace_id, id, kind, state, attempts, accepted_at)
                select case when n % 10 = 0 then '\(Workspace.defaultID)'::uuid else '\(other)'::uuid end,
                  (left(uuid_v7_floor(now() - (3000 - n) * interval '1 second')::text, 24) || lpad(to_hex(n), 12, '0'))::uuid,
                  case when n % 500 = 0 then 'rare' else 'common' end, 'done', 1, now()
                from generate_series(1, 2000) n
                """)
            try await fixture.asking { ask in
                let first = try await ask(.get, "\(Self.path)?kind=rare&limit=50")
                #expect(first.json["next_cursor"]?.string != nil, "not all was looked at")
                #expect(first.items.count < 4)
                let found = try await Self.all(ask, "kind=rare", limit: 50)
                #expect(found.count == 4 && found == found.sorted(by: >))
                #expect(try await Self.all(ask, "workspace=other&kind=rare").isEmpty)
                #expect(try await Self.all(ask, "kind=common", limit: 200).count == 1996)
                #expect(try await Self.all(ask, "workspace=default", limit: 150).count == 200)
            }
        }
    }

    @Test("a job tells its story: what failed and when, its death, its replays, its end")
    func story() async throws {
        try await OperationsFixture.with { fixture in
            let engine = fixture.engine
            let retried = try await engine.accept(Note(text: "in the end", failures: 1))
            let id = try await fixture.die(of: "no good")[0]
            try await fixture.asking { ask in
                func story(_ job: UUID) async throws -> (state: String?, events: [String], json: JSONValue) {
                    let answer = try await ask(.get, "\(Self.path)/\(job.lowercased)").json
                    return (answer["state"]?.string, (answer["timeline"]?.elements ?? []).compactMap { $0["event"]?.string }, answer)
                }
                let waiting = try await story(retried)
                #expect(waiting.state == "retrying" && waiting.events == ["accepted", "failed", "due"])
                #expect(waiting.json["timeline"]?[1]?["error"] == "not yet, attempt 1" && waiting.json["due_at"] != nil)
                let line = try await ask(.get, "\(Self.path)?state=queued").items.first
                #expect(line?["state"] == "retrying" && line?["error"] == "not yet, attempt 1")
                engine.advance(by: .seconds(1))
                try await engine.drain()
                let ended = try await story(retried)
                #expect(ended.state == "done" && ended.events == ["accepted", "done"] && ended.json["attempts"] == 2)
                #expect(ended.json["result"]?["note"] == "in the end" && ended.json["worker"]?["name"] == "test")

                let dead = try await story(id)
                #expect(dead.state == "dead" && dead.events == ["accepted", "died"] && dead.json["dead_letter"] == "open")
                #expect(try await ask(.post, "/v1/operations/dead-letters/\(id.lowercased)/replay").json["changed"] == true)
                let replayed = try await story(id)
                #expect(replayed.state == "queued" && replayed.events == ["accepted", "died", "replayed"])
                #expect(replayed.json["timeline"]?[2]?["by"] == "ann" && replayed.json["timeline"]?[2]?["generation"] == 1)
                try await engine.drain()
                let again = try await story(id)
                #expect(again.events == ["accepted", "failed", "replayed", "died"], "\(again.events)")
                #expect(again.json["timeline"]?[3]?["generation"] == 1)
                #expect(try await ask(.get, "\(Self.path)/\(UUID.version7().lowercased)").status == .notFound)
                #expect(try await ask(.get, "\(Self.path)/nothing").status == .notFound)
            }
        }
    }

    @Test("a job of another workspace is found by its id and cancelled there; one that has ended is left as it is")
    func cancel() async throws {
        try await OperationsFixture.with { fixture in
            let other = try await fixture.otherWorkspace()
            let id = try await fixture.engine.accept(Note(text: "later"), workspace: other, after: .seconds(3600))
            try await fixture.asking { ask in
                let job = try await ask(.get, "\(Self.path)/\(id.lowercased)").json
                #expect(job["workspace_name"] == "other" && job["state"] == "queued" && job["queue"] == "notes")
                #expect(try await ask(.get, "\(Self.path)/\(id.lowercased)?workspace=default").status == .notFound)
                #expect(try await ask(.post, "\(Self.path)/\(id.lowercased)/cancel?workspace=default").status == .notFound)
                let asked = try await ask(.post, "\(Self.path)/\(id.lowercased)/cancel")
                #expect(asked.status == .accepted && asked.json["cancel_requested_at"] != nil)
                try await fixture.engine.withWorker { _ = try await fixture.engine.finished(id, workspace: other) }
                let late = try await ask(.post, "\(Self.path)/\(id.lowercased)/cancel")
                #expect(late.status == .ok && late.json["state"] == "cancelled")
                #expect(late.json["timeline"]?.elements?.last?["event"] == "cancelled")
            }
        }
    }
}
