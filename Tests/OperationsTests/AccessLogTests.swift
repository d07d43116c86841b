import Foundation
import HTTPTypes
import Jobs
import JobsTesting
import TestSupport
import Testing
import Web
import Workspaces

@testable import Operations

/// What operators do to queues and dead letters stands in the access log, by the token that they showed.
@Suite("The access log of operators", .timeLimit(.minutes(2))) struct AccessLogTests {
    /// What was appended behind an entry, a line each.
    private static func told(_ fixture: OperationsFixture, after start: Int) async throws -> [String] {
        let tokens = try await fixture.workspaces.tokens.list(workspace: Workspace.defaultID, limit: 10)
        let names = Dictionary(uniqueKeysWithValues: tokens.map { ($0.id.lowercased, $0.name) })
        return try await fixture.workspaces.log.entries(after: start, limit: 100).map { entry in
            let details = (entry.details ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            let place = entry.workspace == nil ? "installation" : entry.workspace == Workspace.defaultID ? "default" : "other"
            let actor = entry.actorKind == "token" ? names[entry.actor] ?? entry.actor : "\(entry.actorKind):\(entry.actor)"
            return ([entry.action, actor, place, entry.subject] + details).joined(separator: " ")
        }
    }

    @Test("a queue that is paused and resumed is told of, once each, by the API and by a page")
    func queues() async throws {
        try await OperationsFixture.with { fixture in
            let start = try await fixture.workspaces.log.head()
            try await fixture.asking { ask in
                for _ in 0..<2 { _ = try await ask(.post, "/v1/operations/queues/notes/pause", #"{"reason":"ann@example.org"}"#) }
                for _ in 0..<2 { _ = try await ask(.post, "/v1/operations/queues/notes/resume") }
                _ = try await ask(.post, "/v1/operations/queues/none/pause")
                _ = try await ask.with(token: fixture.tenantToken)(.post, "/v1/operations/queues/notes/pause")
            }
            try await fixture.browsing { browser in
                for act in ["pause", "pause", "resume", "resume"] {
                    _ = try await browser.act("/ops/queues", from: "/ops", [(name: "queue", value: "notes"), (name: "act", value: act)])
                }
            }
            let told = try await Self.told(fixture, after: start)
            let once = ["queue.paused ann installation queue:notes", "queue.resumed ann installation queue:notes"]
            #expect(told == once + once)
        }
    }

    @Test("a job whose end an operator asks for is told of, once, by the API and by a page")
    func jobs() async throws {
        try await OperationsFixture.with { fixture in
            let first = try await fixture.engine.accept(Note(text: "1"), after: .seconds(86_400))
            let second = try await fixture.engine.accept(Note(text: "2"), after: .seconds(86_400))
            let owed = try await fixture.engine.accept(OwedNote(), after: .seconds(86_400))
            let start = try await fixture.workspaces.log.head()
            try await fixture.asking { ask in
                for _ in 0..<2 { _ = try await ask(.post, "/v1/operations/jobs/\(first.lowercased)/cancel") }
                #expect(try await ask(.post, "/v1/operations/jobs/\(UUID().lowercased)/cancel").status == .notFound)
                #expect(try await ask(.post, "/v1/operations/jobs/\(owed.lowercased)/cancel").status == .conflict)
            }
            try await fixture.browsing { browser in
                let page = "/ops/jobs/\(second.lowercased)"
                let answer = try await browser.act("\(page)/cancel", from: page)
                #expect(answer.status == .seeOther)
            }
            let told = try await Self.told(fixture, after: start)
            #expect(told == [first, second].map { "job.cancelled ann default job:\($0.lowercased) kind=test.note" })
        }
    }

    @Test("a letter that is replayed or discarded is told of, once, by the API and by a page")
    func letters() async throws {
        try await OperationsFixture.with { fixture in
            let ids = try await fixture.die(of: "a", "b", "c", "d")
            let start = try await fixture.workspaces.log.head()
            try await fixture.asking { ask in
                let list = "/v1/operations/dead-letters"
                for _ in 0..<2 { _ = try await ask(.post, "\(list)/\(ids[0].lowercased)/replay") }
                for _ in 0..<2 { _ = try await ask(.post, "\(list)/\(ids[1].lowercased)/discard") }
                #expect(try await ask(.post, "\(list)/\(ids[1].lowercased)/replay").status == .conflict)
            }
            try await fixture.browsing { browser in
                for (act, id) in [("replay", ids[2]), ("discard", ids[3])] {
                    let page = "/ops/dead-letters/\(id.lowercased)"
                    let answer = try await browser.act("\(page)/\(act)", from: page, [(name: "replays", value: "0")])
                    #expect(answer.status == .seeOther)
                }
            }
            let told = try await Self.told(fixture, after: start)
            let expected = [("replayed", ids[0]), ("discarded", ids[1]), ("replayed", ids[2]), ("discarded", ids[3])]
            #expect(told == expected.map { "dead_letter.\($0.0) ann default job:\($0.1.lowercased) kind=test.note" })
        }
    }

    @Test("many letters that are replayed together are one entry, which says how many and not what was looked for")
    func bulk() async throws {
        try await OperationsFixture.with { fixture in
            try await fixture.die(of: "disk full", "disk full", "other", "another")
            let start = try await fixture.workspaces.log.head()
            try await fixture.asking { ask in
                let path = "/v1/operations/dead-letters/replay"
                _ = try await ask(.post, path, #"{"text":"disk"}"#)
                for _ in 0..<2 { _ = try await ask(.post, path, #"{"text":"disk","kind":"test.note","code":"broken","dry_run":false}"#) }
                _ = try await ask(.post, path, #"{"all":true,"limit":1,"dry_run":false}"#)
                _ = try await ask(.post, path, #"{"workspace":"default","queue":"notes","dry_run":false}"#)
            }
            let told = try await Self.told(fixture, after: start)
            #expect(
                told == [
                    "dead_letter.replayed ann installation dead_letters:test.note code=broken count=2",
                    "dead_letter.replayed ann installation dead_letters:any count=1",
                    "dead_letter.replayed ann default dead_letters:any count=1 queue=notes",
                ])
        }
    }

    @Test("an operator who has a name is told of by it, whatever token it showed, by the API and by a page")
    func named() async throws {
        try await OperationsFixture.with { fixture in
            let zoe = try await fixture.workspaces.operators.named("Zoe")
            var secrets: [String] = []
            for name in ["desk", "phone"] {
                let made = try await fixture.workspaces.tokens.create(
                    workspace: Workspace.defaultID, user: nil, operator: zoe, name: name, scopes: Scope.installation, by: .operator("tester"))
                secrets.append(try #require(made.secret?.text))
            }
            let (desk, phone) = (secrets[0], secrets[1])
            let ids = try await fixture.die(of: "a")
            let start = try await fixture.workspaces.log.head()
            try await fixture.asking { ask in
                _ = try await ask.with(token: desk)(.post, "/v1/operations/queues/notes/pause")
                _ = try await ask.with(token: desk)(.post, "/v1/operations/dead-letters/\(ids[0].lowercased)/discard")
            }
            try await fixture.browsing { operating in
                let browser = Browser(client: operating.client)
                try await browser.signIn(phone)
                _ = try await browser.act("/ops/queues", from: "/ops", [(name: "queue", value: "notes"), (name: "act", value: "resume")])
            }
            let told = try await fixture.workspaces.log.entries(after: start, limit: 10)
            #expect(told.map(\.action) == ["queue.paused", "dead_letter.discarded", "queue.resumed"])
            #expect(told.allSatisfy { $0.actorKind == "operator" && $0.actor == "zoe" })
            let shown = told.compactMap { $0.details?["token"] }
            #expect(shown.count == 3 && Set(shown).count == 2)
            let history = try await fixture.database.psql("select discarded_by from dead_letters")
            #expect(history == "zoe\n")
        }
    }

    @Test("where the log takes no entry the act is done, and whoever acted is told")
    func refused() async throws {
        try await OperationsFixture.with { fixture in
            let ids = try await fixture.die(of: "a", "b")
            _ = try await fixture.database.psql(
                """
                create function refuse() returns trigger language plpgsql as $$ begin raise exception 'on purpose'; end $$;
                create trigger refuses before insert on access_log for each row execute function refuse();
                """)
            try await fixture.asking { ask in
                #expect(try await ask(.post, "/v1/operations/queues/notes/pause").status == .internalServerError)
                #expect(try await ask(.post, "/v1/operations/dead-letters/\(ids[0].lowercased)/discard").status == .internalServerError)
                let many = try await ask(.post, "/v1/operations/dead-letters/replay", #"{"all":true,"dry_run":false}"#).json
                #expect(many["replayed"] == 1 && many["stopped"] == true)
            }
            #expect(try await QueueControl(pool: fixture.engine.pool).paused().map(\.queue) == ["notes"])
            #expect(try await fixture.letter(ids[0]).state == .discarded)
            #expect(try await fixture.letter(ids[1]).state == .replayed)
        }
    }
}
