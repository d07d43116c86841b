import Foundation
import HTTPTypes
import Jobs
import Postgres
import TestSupport
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("Statuses of published agents")
struct ListingStatusTests {
    private static let paths = ["", "/versions", "/v/1.0.0", "/diff?from=1.0.0&to=1.0.0"]

    private static func body(_ status: String, _ reason: String? = "It asks for keys.") -> String {
        reason.map { "{\"status\": \"\(status)\", \"reason\": \"\($0)\"}" } ?? "{\"status\": \"\(status)\"}"
    }

    @Test("its owner deprecates an agent, with a reason, and takes it back", .timeLimit(.minutes(1)))
    func deprecated() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await fixture.publish(#"{"name": "Eliza"}"#)
            try await fixture.asking { ask in
                let path = "/v1/agents/acme/eliza/status"
                let set = try await ask(.put, path, Self.body("deprecated", "Take Lisa."), token: "acme")
                #expect(set.status == .ok)
                #expect(set.json["status"] == "deprecated" && set.json["reason"] == "Take Lisa." && set.json["changed_at"] != nil)
                let shown = try await ask(.get, "/v1/agents/acme/eliza", token: nil)
                #expect(shown.json["status"] == "deprecated" && shown.json["status_reason"] == "Take Lisa.")
                #expect(shown.json["character"] != nil)
                #expect(shown.json["status_changed_at"] == set.json["changed_at"])
                #expect(try await ask(.get, "/v1/directory", token: nil).names == ["eliza"])
                #expect(try await ask(.post, "/v1/agents/acme/eliza/forks").status == .accepted)
                let again = try await ask(.put, path, Self.body("deprecated", "Take Lisa."), token: "acme")
                #expect(again.json["changed_at"] == set.json["changed_at"], "nothing changed")
                let active = try await ask(.put, path, Self.body("active", nil), token: "acme")
                #expect(active.json["status"] == "active" && active.json["reason"] == nil)
                let told = try await fixture.database.psql(
                    """
                    select string_agg(action || ' ' || actor_kind || ' ' || workspace || ' ' || subject || ' ' || details, E'\\n' order by sequence)
                    from access_log where action like 'agent.deprecat%'
                    """)
                let what = "token \(fixture.acme.uuidString.lowercased()) agent:acme/eliza {}\n"
                #expect(told == "agent.deprecated \(what)agent.deprecation_ended \(what)", "each once, and not the reason")
            }
        }
    }

    @Test("a status that is not one's to set is refused", .timeLimit(.minutes(1)))
    func refusals() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await fixture.publish(#"{"name": "Eliza"}"#)
            try await fixture.asking { ask async throws in
                let (owners, operators) = ("/v1/agents/acme/eliza/status", "/v1/operations/directory/acme/eliza/status")
                let long = String(repeating: "x", count: 501)
                let cases: [(path: String, body: String, token: String?, status: HTTPResponse.Status)] = [
                    (owners, Self.body("quarantined"), "acme", .unprocessableContent), (owners, Self.body("removed"), "acme", .unprocessableContent),
                    (owners, Self.body("deprecated", nil), "acme", .unprocessableContent),
                    (owners, Self.body("deprecated", " "), "acme", .unprocessableContent),
                    (owners, Self.body("deprecated", long), "acme", .unprocessableContent),
                    (owners, Self.body("gone"), "acme", .unprocessableContent),
                    (owners, "{}", "acme", .unprocessableContent), (owners, "", "acme", .badRequest),
                    (owners, Self.body("deprecated"), "rival", .forbidden), (owners, Self.body("deprecated"), "reader", .forbidden),
                    (owners, Self.body("deprecated"), "operator", .forbidden), (owners, Self.body("deprecated"), nil, .unauthorized),
                    ("/v1/agents/acme/nobody/status", Self.body("deprecated"), "acme", .notFound),
                    (operators, Self.body("quarantined"), "acme", .forbidden), (operators, Self.body("quarantined"), nil, .unauthorized),
                    (operators, Self.body("quarantined", nil), "operator", .unprocessableContent),
                    (operators, #"{"status": "removed", "reason": "x", "ground": "ugly"}"#, "operator", .unprocessableContent),
                    ("/v1/operations/directory/acme/nobody/status", Self.body("removed"), "operator", .notFound),
                ]
                for (path, body, token, status) in cases {
                    #expect(try await ask(.put, path, body, token: token).status == status, "\(path) \(body.prefix(60)) \(token ?? "")")
                }
                #expect(try await fixture.count("select count(*) from published_agents where status = 'active' and status_changed_at is null") == 1)
            }
        }
    }

    @Test("in quarantine an agent is not found, not forked, and shown without its document", .timeLimit(.minutes(1)))
    func quarantined() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await fixture.publish(#"{"name": "Eliza", "bio": "secret words"}"#)
            try await fixture.asking { ask in
                #expect(try await ask(.put, "/v1/operations/directory/acme/eliza/status", Self.body("quarantined"), token: "operator").status == .ok)
                for query in ["", "?q=eliza", "?q=elzia", "?sort=forks", "?owner=acme", "?facets=true"] {
                    #expect(try await ask(.get, "/v1/directory\(query)", token: nil).names == [], "\(query)")
                }
                let shown = try await ask(.get, "/v1/agents/acme/eliza", token: nil)
                #expect(shown.status == .ok)
                #expect(shown.json["status"] == "quarantined" && shown.json["status_reason"] == "It asks for keys.")
                #expect(shown.json["character"] == nil)
                #expect(try await ask(.get, "/v1/agents/acme/eliza/versions", token: nil).status == .ok)
                for path in Self.paths[2...] {
                    let refused = try await ask(.get, "/v1/agents/acme/eliza\(path)", token: nil)
                    #expect(refused.status == .conflict && refused.json["type"] == "urn:mainstay:problem:agent-quarantined", "\(path)")
                }
                let fork = try await ask(.post, "/v1/agents/acme/eliza/forks")
                #expect(fork.status == .conflict && fork.json["reason"] == "It asks for keys.")
                #expect(try await ask(.get, "/agents/acme/eliza/.well-known/agent-card.json", token: nil).status == .conflict)
                for path in ["/directory.atom", "/sitemap.xml"] {
                    let text = try await ask(.get, path, token: nil).text
                    #expect(!text.contains("eliza"), "\(path)")
                }
                #expect(try await ask(.put, "/v1/agents/acme/eliza/status", Self.body("active", nil), token: "acme").status == .conflict)
                #expect(try await ask(.put, "/v1/operations/directory/acme/eliza/status", Self.body("active", nil), token: "operator").status == .ok)
                #expect(try await ask(.get, "/v1/directory", token: nil).names == ["eliza"])
            }
        }
    }

    @Test("the access log tells of what an operator decides, and whether that shuts or opens the agent", .timeLimit(.minutes(1)))
    func logged() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await fixture.publish(#"{"name": "Eliza"}"#)
            try await fixture.asking { ask in
                let logged = """
                    select coalesce(string_agg(action || ' ' || workspace || ' ' || subject, E'\\n' order by sequence), '') from access_log
                    where action in ('agent.quarantined', 'agent.released', 'agent.case_decided')
                    """
                let acme = fixture.acme.uuidString.lowercased()
                let decided = "agent.case_decided \(acme) agent:acme/eliza"
                for status in ["deprecated", "active"] {
                    let body = Self.body(status)
                    #expect(try await ask(.put, "/v1/operations/directory/acme/eliza/status", body, token: "operator").status == .ok)
                }
                let before = try await fixture.database.psql(logged).trimmingCharacters(in: .newlines)
                #expect(before == "\(decided)\n\(decided)", "it was open all the time")
                for status in ["quarantined", "quarantined", "active"] {
                    let body = Self.body(status)
                    #expect(try await ask(.put, "/v1/operations/directory/acme/eliza/status", body, token: "operator").status == .ok)
                }
                let after = try await fixture.database.psql(logged).trimmingCharacters(in: .newlines)
                #expect(after == "\(before)\nagent.quarantined \(acme) agent:acme/eliza\nagent.released \(acme) agent:acme/eliza")
            }
        }
    }

    @Test("a removed agent is gone, but for the reason", .timeLimit(.minutes(1)))
    func removed() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await fixture.publish(#"{"name": "Eliza", "bio": "secret words"}"#)
            try await fixture.asking { ask in
                _ = try await ask(.put, "/v1/operations/directory/acme/eliza/status", Self.body("removed"), token: "operator")
                for path in Self.paths {
                    let gone = try await ask(.get, "/v1/agents/acme/eliza\(path)", token: nil)
                    #expect(gone.status == .gone, "\(path)")
                    #expect(gone.json["reason"] == "It asks for keys.")
                    #expect(!gone.text.contains("secret words"))
                }
                #expect(try await ask(.get, "/agents/acme/eliza/.well-known/agent-card.json", token: nil).status == .gone)
                #expect(try await ask(.post, "/v1/agents/acme/eliza/forks").status == .gone)
                #expect(try await ask(.get, "/v1/directory", token: nil).names == [])
            }
        }
    }

    @Test("what a workspace has published leaves the directory with it, and comes back as it was", .timeLimit(.minutes(1)))
    func deletedWorkspace() async throws {
        try await DirectoryFixture.with { fixture in
            for name in ["Eliza", "Lisa", "Sam", "Tom"] { _ = try await fixture.publish("{\"name\": \"\(name)\"}") }
            _ = try await fixture.publish(#"{"name": "Rita"}"#, in: fixture.rival)
            let workspaces = WorkspaceStore(pool: fixture.pool, multiUser: true)
            let actor = AccessActor.operator("tester")
            try await fixture.asking { ask in
                _ = try await ask(.put, "/v1/agents/acme/lisa/status", Self.body("deprecated", "Take Eliza."), token: "acme")
                _ = try await ask(.put, "/v1/operations/directory/acme/sam/status", Self.body("quarantined"), token: "operator")
                _ = try await workspaces.delete(fixture.acme, grace: .standard, by: actor)

                #expect(try await ask(.get, "/v1/directory", token: nil).names == ["rita"])
                #expect(try await ask(.get, "/v1/directory?q=eliza", token: nil).names == [])
                for path in Self.paths.map({ "/v1/agents/acme/lisa\($0)" }) + ["/agents/acme/lisa", "/agents/acme/lisa/.well-known/agent-card.json"] {
                    #expect(try await ask(.get, path, token: nil).status == .notFound, "\(path)")
                }
                #expect(try await ask(.post, "/v1/agents/acme/eliza/forks").status == .notFound)
                for path in ["/directory.atom", "/sitemap.xml"] {
                    let text = try await ask(.get, path, token: nil).text
                    #expect(!text.contains("eliza"), "\(path)")
                }
                // Accepted while the deletion was made.
                _ = try await fixture.publish(#"{"name": "Late"}"#)
                #expect(try await ask(.get, "/v1/agents/acme/late", token: nil).status == .notFound)

                _ = try await workspaces.restore(fixture.acme, by: actor)
                #expect(Set(try await ask(.get, "/v1/directory", token: nil).names) == ["eliza", "late", "lisa", "rita", "tom"])
                let lisa = try await ask(.get, "/v1/agents/acme/lisa", token: nil)
                #expect(lisa.json["status"] == "deprecated" && lisa.json["status_reason"] == "Take Eliza.")
                #expect(try await ask(.get, "/v1/agents/acme/sam", token: nil).json["status"] == "quarantined")
            }
        }
    }

    @Test("a fork that was accepted before ends for good", .timeLimit(.minutes(1)))
    func acceptedFork() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await fixture.publish(#"{"name": "Eliza"}"#)
            let isSet = try await fixture.pool.transaction(.role(.upkeep)) {
                try await DirectoryStore.setStatus(.quarantined, reason: "It asks for keys.", owner: "acme", name: "eliza", in: $0)
            }
            #expect(isSet)
            let error = try await #require(throws: PermanentJobError.self) {
                try await fixture.handle(ForkAgent(owner: "acme", name: "eliza", forkName: nil))
            }
            #expect(error.code == "quarantined_agent")
        }
    }

    @Test("the store sets nothing out of scope", .timeLimit(.minutes(1)))
    func scopes() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await fixture.publish(#"{"name": "Eliza"}"#)
            for scope in [PostgresScope.unscoped, .workspaces([fixture.rival])] {
                let isSet = try await fixture.pool.transaction(scope) {
                    try await DirectoryStore.setStatus(.deprecated, reason: "x", owner: "acme", name: "eliza", in: $0)
                }
                #expect(!isSet)
            }
            let error = try await #require(throws: PostgresError.self) {
                try await fixture.pool.transaction(.role(.upkeep)) { try await $0.execute("update published_agents set summary = 'mine'") }
            }
            #expect(error.sqlState == "42501", "upkeep changes the status alone")
        }
    }
}
