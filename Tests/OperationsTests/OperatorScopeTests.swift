import HTTPTypes
import Jobs
import JobsTesting
import Testing
import Web
import Workspaces

@testable import Operations

@Suite("What an operator's scopes allow", .timeLimit(.minutes(1))) struct OperatorScopeTests {
    private static func token(_ scopes: Set<Scope>, in fixture: OperationsFixture) async throws -> String {
        let made = try await fixture.workspaces.tokens.create(
            workspace: Workspace.defaultID, user: nil, name: "of few scopes", scopes: scopes, by: .operator("tester"))
        return try #require(made.secret?.text)
    }

    @Test("each scope opens its own routes and no others; the one that there was before opens them all")
    func routes() async throws {
        try await OperationsFixture.with { fixture in
            let places: [(Scope, HTTPRequest.Method, String)] = [
                (.operationsRead, .get, "/v1/operations/jobs"), (.operationsWrite, .post, "/v1/operations/queues/notes/resume"),
                (.auditRead, .get, "/v1/operations/access-log"),
            ]
            for scope in Scope.installation {
                let token = try await Self.token([scope], in: fixture)
                try await fixture.asking { ask in
                    for (wanted, method, path) in places {
                        let answer = try await ask.with(token: token)(method, path)
                        #expect(answer.status == (wanted == scope ? .ok : .forbidden), "\(scope.rawValue) \(path)")
                        #expect(try await ask(method, path).status == .ok, "\(path)")
                    }
                }
            }
        }
    }

    @Test("who may only look sees the pages without their forms, and a form that was sent all the same changes nothing")
    func pages() async throws {
        try await OperationsFixture.with { fixture in
            let letter = try await fixture.die(of: "a")[0].lowercased
            let reader = try await Self.token([.operationsRead], in: fixture)
            try await fixture.browsing { operating in
                let browser = Browser(client: operating.client)
                try await browser.signIn(reader)
                for (page, form) in [("/ops", "/ops/queues"), ("/ops/queues/notes", "/ops/queues"), ("/ops/dead-letters/\(letter)", "/discard")] {
                    let (seen, whole) = (try await browser.get(page), try await operating.get(page))
                    #expect(seen.status == .ok && !seen.text.contains("\(form)\" class=\"act\""), "\(page)")
                    #expect(whole.text.contains("\(form)\" class=\"act\""), "\(page)")
                }
                let pause: [(name: String, value: String?)] = [(name: "queue", value: "notes"), (name: "act", value: "pause")]
                #expect(try await browser.act("/ops/queues", from: "/ops", pause).status == .forbidden)
                #expect(try await browser.act("/ops/dead-letters/\(letter)/discard", from: "/ops").status == .forbidden)
                #expect(try await QueueControl(pool: fixture.engine.pool).paused().isEmpty)
                #expect(try await browser.act("/ops/logout", from: "/ops").status == .seeOther)
                #expect(try await browser.get("/ops").status == .seeOther)
                let writer = Browser(client: operating.client)
                #expect(try await writer.signIn(try await Self.token([.operationsWrite], in: fixture)).status == .forbidden)
            }
        }
    }

    @Test("the access log is read in order, from any entry on, by action and workspace")
    func accessLog() async throws {
        try await OperationsFixture.with { fixture in
            let start = try await fixture.workspaces.log.head()
            let other = try await fixture.otherWorkspace()
            _ = try await Self.token([.auditRead], in: fixture)
            try await fixture.asking { ask in
                let path = "/v1/operations/access-log"
                _ = try await ask(.post, "/v1/operations/queues/notes/pause")
                let all = try await ask(.get, "\(path)?after=\(start)").items
                #expect(all.compactMap { $0["action"]?.string }.suffix(2) == ["token.made", "queue.paused"])
                #expect(all.first?["workspace"]?.string == other.lowercased && all.first?["hash"]?.string?.count == 64)
                let first = try await ask(.get, "\(path)?after=\(start)&limit=1")
                #expect(first.items == [all[0]])
                let cursor = try #require(first.json["next_cursor"]?.string)
                #expect(try await ask(.get, "\(path)?after=\(start)&limit=1&cursor=\(cursor)").items == [all[1]])
                let made = try await ask(.get, "\(path)?action=workspace.made&workspace=other").items
                #expect(made.compactMap { $0["action"]?.string } == ["workspace.made"])
                #expect(try await ask(.get, "\(path)?action=nothing").status == .badRequest)
                #expect(try await ask(.get, "\(path)?after=-1").status == .badRequest)
            }
        }
    }
}
