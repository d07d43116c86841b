import Foundation
import HTTPTypes
import Postgres
import TestSupport
import Testing
import Web

@testable import Workspaces

@Suite("Names in public")
struct AgentsRenamingTests {
    /// Imports an agent of that name and returns its id.
    private static func agent(_ name: String, _ ask: AgentsFixture.Asker, token: String = "acme") async throws -> String {
        try #require(try await ask(.post, "/v1/agents?name=\(name)", #"{"name": "An agent"}"#, token: token).json["id"]?.string)
    }

    private static func publish(_ name: String, _ ask: AgentsFixture.Asker, token: String = "acme") async throws -> AgentsFixture.Answer {
        try await ask(.post, "/v1/agents/\(try await agent(name, ask, token: token))/publish", token: token)
    }

    @Test("an agent gets another name, private or public; a public one leaves the old name behind for good", .timeLimit(.minutes(1)))
    func renaming() async throws {
        try await AgentsFixture.with { fixture in
            try await fixture.asking { ask in
                let id = try await Self.agent("eliza", ask)
                let path = "/v1/agents/\(id)"
                #expect(try await ask(.patch, path, #"{"name": "elly"}"#).json["name"] == "elly")
                #expect(try await fixture.count("select count(*) from reserved_names") == 0, "nobody saw the first name")
                _ = try await ask(.post, "\(path)/publish")
                #expect(try await ask(.patch, path, #"{"name": "lisa"}"#).json["name"] == "lisa")
                #expect(try await ask(.patch, path, #"{"name": "lisa"}"#).status == .ok)
                #expect(try await fixture.database.psql("select owner, name from published_agents") == "acme|lisa\n")
                #expect(try await fixture.database.psql("select owner, name, barred from reserved_names") == "acme|elly|f\n")

                _ = try await Self.agent("walter", ask)
                let taken = try await ask(.patch, path, #"{"name": "walter"}"#)
                #expect(taken.status == .conflict && taken.json["type"] == "urn:mainstay:problem:name-taken")
                for body in [#"{"name": "No Name"}"#, #"{"name": "publish"}"#, #"{"name": 1}"#, "{}"] {
                    #expect(try await ask(.patch, path, body).status == .unprocessableContent, "\(body)")
                }
                #expect(try await ask(.patch, path, #"{"name": "mine"}"#, token: "rival").status == .notFound)
                #expect(try await ask(.patch, path, #"{"name": "mine"}"#, token: "reader").status == .forbidden)
                #expect(try await ask(.get, path).json["name"] == "lisa")
            }
        }
    }

    @Test("a freed name is nobody else's: not another agent's while it leads to the first, and never another owner's", .timeLimit(.minutes(1)))
    func reserved() async throws {
        try await AgentsFixture.with { fixture in
            try await fixture.asking { ask in
                let id = try await Self.agent("eliza", ask)
                _ = try await ask(.post, "/v1/agents/\(id)/publish")
                _ = try await ask(.patch, "/v1/agents/\(id)", #"{"name": "lisa"}"#)

                let second = try await Self.publish("eliza", ask)
                #expect(second.status == .conflict && second.json["type"] == "urn:mainstay:problem:name-reserved")
                // Under another owner it is another address.
                #expect(try await Self.publish("e-liza", ask, token: "rival").status == .ok)
                #expect(try await Self.publish("walter", ask, token: "rival").status == .ok)
                let walter = try #require(try await ask(.get, "/v1/agents?name=walter", token: "rival").json["items"]?[0]?["id"]?.string)
                #expect(try await ask(.patch, "/v1/agents/\(walter)", #"{"name": "e-liza-2"}"#, token: "rival").status == .ok)

                // The agent itself takes its name back, once the other private one has made room.
                #expect(try await fixture.pool.execute(.workspaces([fixture.acme]), "delete from agents where name = 'eliza'") == 1)
                #expect(try await ask(.patch, "/v1/agents/\(id)", #"{"name": "eliza"}"#).json["name"] == "eliza")
                // And once it is gone its owner may, with another agent.
                #expect(try await ask(.delete, "/v1/agents/\(id)/publish").status == .noContent)
                #expect(try await fixture.pool.execute(.workspaces([fixture.acme]), "delete from agents where name = 'eliza'") == 1)
                #expect(try await Self.publish("eliza", ask).status == .ok)
            }
        }
    }

    @Test("a slug that was a workspace's is no other one's, and so are the names under it", .timeLimit(.minutes(1)))
    func otherWorkspaceOfThatSlug() async throws {
        try await AgentsFixture.with { fixture in
            try await fixture.asking { ask in
                _ = try await Self.publish("eliza", ask)
                #expect(try await fixture.pool.execute(.workspaces([fixture.acme]), "delete from agents") == 1)
                _ = try await fixture.database.psql("update workspaces set slug = 'gone' where id = '\(fixture.acme)'")
                await #expect(throws: (any Error).self) {
                    try await fixture.database.psql("update workspaces set slug = 'acme' where id = '\(fixture.rival)'")
                }
                #expect(try await Self.publish("eliza", ask, token: "rival").status == .ok)
            }
        }
    }

    @Test(
        "a name that comes near another owner's is said, and kept for operators",
        .timeLimit(.minutes(1)),
        arguments: ["eliza", "e-liza", "e1iza", "elisa", "elzia", "eliza-2", "elizas"])
    func looksLike(name: String) async throws {
        try await AgentsFixture.with { fixture in
            try await fixture.asking { ask in
                _ = try await Self.publish("eliza", ask)
                let theirs = try await Self.publish(name, ask, token: "rival")
                #expect(theirs.status == .ok)
                #expect(theirs.json["looks_like"] == "acme/eliza")
                #expect(try await fixture.count("select count(*) from published_agents where owner = 'rival' and looks_like = 'acme/eliza'") == 1)
                // It stays as it was said first.
                let id = try #require(theirs.json["id"]?.string)
                #expect(try await ask(.post, "/v1/agents/\(id)/publish", token: "rival").json["looks_like"] == "acme/eliza")
            }
        }
    }

    @Test("names of one's own, and far ones, are said to look like none", .timeLimit(.minutes(1)))
    func looksLikeNone() async throws {
        try await AgentsFixture.with { fixture in
            try await fixture.asking { ask in
                _ = try await Self.publish("eliza", ask)
                #expect(try await Self.publish("elisa", ask).json["looks_like"] == nil)
                #expect(try await Self.publish("harbour-guide", ask, token: "rival").json["looks_like"] == nil)
            }
        }
    }

    @Test(
        "a name that looks the same as an agent that many forked is refused", .timeLimit(.minutes(1)), arguments: ["harborn", "harbom", "h-arborn"])
    func known(name: String) async throws {
        try await AgentsFixture.with { fixture in
            try await fixture.asking { ask in
                _ = try await Self.publish("harborn", ask)
                _ = try await fixture.database.psql("update fork_counts set forks = 10")
                let refused = try await Self.publish(name, ask, token: "rival")
                #expect(refused.status == .conflict)
                #expect(refused.json["type"] == "urn:mainstay:problem:name-looks-like")
                #expect(refused.json["looks_like"] == "acme/harborn")
                #expect(try await fixture.count("select count(*) from published_agents where owner = 'rival'") == 0)
                #expect(try await fixture.count("select count(*) from published_versions where publisher = 'rival'") == 0)
            }
        }
    }

    @Test("the program writes no reservation; the database does, whoever frees a name", .timeLimit(.minutes(1)))
    func rights() async throws {
        try await AgentsFixture.with { fixture in
            let statements: [SQL] = [
                "insert into reserved_names (owner, name, publisher_id, agent_id) values ('acme', 'x', gen_random_uuid(), gen_random_uuid())",
                "update reserved_names set barred = true", "delete from reserved_names", "update fork_counts set forks = 99",
                "insert into fork_counts (agent_id, forks) values (gen_random_uuid(), 99)",
            ]
            for sql in statements {
                for scope in [PostgresScope.workspaces([fixture.acme]), .unscoped, .role(.upkeep)] {
                    let error = try await #require(throws: PostgresError.self) { try await fixture.pool.execute(scope, sql) }
                    #expect(error.sqlState == "42501", "\(sql.label)")
                }
            }
        }
    }
}
