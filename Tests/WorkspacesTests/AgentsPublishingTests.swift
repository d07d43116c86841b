import Foundation
import HTTPTypes
import Jobs
import Postgres
import TestSupport
import Testing
import Web

@testable import Workspaces

@Suite("Publications")
struct AgentsPublishingTests {
    /// Imports a version of the agent Tess and returns the agent's id.
    private static func tess(_ bio: String, _ ask: AgentsFixture.Asker, token: String = "acme") async throws -> String {
        try #require(try await ask(.post, "/v1/agents", #"{"name": "Tess", "bio": "\#(bio)"}"#, token: token).json["id"]?.string)
    }

    private static func versions(_ fixture: AgentsFixture) async throws -> [String] {
        try await fixture.database.psql("select version || ' of ' || number from published_versions order by precedence").split(separator: "\n")
            .map(String.init)
    }

    @Test("each is a version: the next patch unless one is named, and the same again is none", .timeLimit(.minutes(1)))
    func numbering() async throws {
        try await AgentsFixture.with { fixture in
            try await fixture.asking { ask in
                let id = try await Self.tess("one", ask)
                let path = "/v1/agents/\(id)/publish"
                let first = try await ask(.post, path)
                #expect(first.json["publication"]?["version"] == "1.0.0")
                #expect(first.json["publication"]?["number"] == 1)
                #expect(first.json["publication"]?["change"] == "created")
                #expect(first.json["publication"]?["shown"] == true)
                #expect(first.json["publication"]?["url"] == "/v1/agents/acme/tess/v/1.0.0")
                #expect(first.json["looks_like"] == nil)
                #expect(try await ask(.post, path).json["publication"]?["change"] == "unchanged")
                #expect(try await ask(.post, path, #"{"version": "1.0.0"}"#).json["publication"]?["change"] == "unchanged")

                _ = try await Self.tess("two", ask)
                #expect(try await ask(.post, path).json["publication"]?["version"] == "1.0.1")
                _ = try await Self.tess("three", ask)
                let named = try await ask(.post, path, #"{"version": "2.0.0", "changelog": "Anew."}"#)
                #expect(named.json["publication"]?["version"] == "2.0.0")
                _ = try await Self.tess("four", ask)
                #expect(try await ask(.post, path).json["publication"]?["version"] == "2.0.1")
                #expect(try await Self.versions(fixture) == ["1.0.0 of 1", "1.0.1 of 2", "2.0.0 of 3", "2.0.1 of 4"])
                #expect(try await fixture.count("select count(*) from published_versions where publisher = 'acme' and changelog = 'Anew.'") == 1)
                // What an agent said once and says again is a new version all the same.
                _ = try await Self.tess("one", ask)
                #expect(try await ask(.post, path).json["publication"]?["version"] == "2.0.2")
            }
        }
    }

    @Test("a version that is there never says anything else", .timeLimit(.minutes(1)))
    func immutable() async throws {
        try await AgentsFixture.with { fixture in
            try await fixture.asking { ask in
                let path = "/v1/agents/\(try await Self.tess("one", ask))/publish"
                _ = try await ask(.post, path, #"{"version": "1.2.3+a"}"#)
                _ = try await Self.tess("two", ask)
                for version in ["1.2.3", "1.2.3+a", "1.2.3+b"] {
                    let refused = try await ask(.post, path, #"{"version": "\#(version)"}"#)
                    #expect(refused.status == .conflict, "\(version)")
                    #expect(refused.json["type"] == "urn:mainstay:problem:version-taken")
                }
                #expect(try await Self.versions(fixture) == ["1.2.3+a of 1"])
                #expect(try await fixture.count("select version from published_agents") == 1)
                let changes: [SQL] = ["update published_versions set changelog = 'better'", "delete from published_versions"]
                for sql in changes {
                    let error = try await #require(throws: PostgresError.self) {
                        try await fixture.pool.execute(.workspaces([fixture.acme]), sql)
                    }
                    #expect(error.sqlState == "42501")
                }
            }
        }
    }

    @Test("the directory shows the highest release, whatever was published last", .timeLimit(.minutes(1)))
    func shown() async throws {
        try await AgentsFixture.with { fixture in
            @Sendable func listed() async throws -> String {
                try await fixture.database.psql("select semantic_version || ' ' || summary from published_agents").trimmingCharacters(in: .newlines)
            }
            try await fixture.asking { ask in
                let path = "/v1/agents/\(try await Self.tess("one", ask))/publish"
                #expect(try await ask(.post, path, #"{"version": "2.0.0-rc.1"}"#).json["publication"]?["shown"] == true)
                #expect(try await listed() == "2.0.0-rc.1 one")
                _ = try await Self.tess("two", ask)
                #expect(try await ask(.post, path, #"{"version": "1.5.0"}"#).json["publication"]?["shown"] == true)
                #expect(try await listed() == "1.5.0 two")
                _ = try await Self.tess("three", ask)
                #expect(try await ask(.post, path, #"{"version": "1.4.9"}"#).json["publication"]?["shown"] == false)
                #expect(try await ask(.post, path, #"{"version": "3.0.0-alpha"}"#).json["publication"]?["shown"] == false)
                #expect(try await listed() == "1.5.0 two")
                _ = try await Self.tess("four", ask)
                #expect(try await ask(.post, path).json["publication"]?["version"] == "1.5.1", "after the highest release")
                #expect(try await listed() == "1.5.1 four")
            }
        }
    }

    @Test("what is no version, and too long a changelog, is refused with its place", .timeLimit(.minutes(1)))
    func badInput() async throws {
        try await AgentsFixture.with { fixture in
            try await fixture.asking { ask in
                let path = "/v1/agents/\(try await Self.tess("one", ask))/publish"
                let long = String(repeating: "x", count: 1001)
                let cases: [(body: String, pointers: [String])] = [
                    (#"{"version": "1.0"}"#, ["#/version"]), (#"{"version": "^1.0.0"}"#, ["#/version"]), (#"{"version": 1}"#, ["#/version"]),
                    (#"{"version": "latest", "changelog": "\#(long)"}"#, ["#/version", "#/changelog"]),
                ]
                for (body, pointers) in cases {
                    let refused = try await ask(.post, path, body)
                    #expect(refused.status == .unprocessableContent, "\(body.prefix(40))")
                    #expect(refused.pointers == pointers, "\(body.prefix(40))")
                }
                #expect(try await fixture.count("select count(*) from published_versions") == 0)
            }
        }
    }

    @Test("twenty publications of one agent at once are one version", .timeLimit(.minutes(1)))
    func concurrent() async throws {
        try await AgentsFixture.with { fixture in
            let agent = try await fixture.take(CharacterFile(Array(#"{"name": "Tess"}"#.utf8))).detail.agent.id
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 { group.addTask { _ = try await fixture.desk.publish(agent, workspace: fixture.acme) } }
                try await group.waitForAll()
            }
            #expect(try await Self.versions(fixture) == ["1.0.0 of 1"])
        }
    }

    @Test("a publication of the release before this one has no semantic version, until the next", .timeLimit(.minutes(1)))
    func olderRelease() async throws {
        try await AgentsFixture.with { fixture in
            try await fixture.asking { ask in
                let path = "/v1/agents/\(try await Self.tess("one", ask))/publish"
                _ = try await ask(.post, path)
                _ = try await Self.tess("two", ask)
                // As that release does it.
                try await fixture.pool.execute(
                    .workspaces([fixture.acme]), "update published_agents set version = 2, digest = $1, summary = 'two'",
                    [UInt8](repeating: 7, count: 32))
                #expect(try await fixture.count("select count(*) from published_agents where semantic_version is null") == 1)
                #expect(try await ask(.post, path).json["publication"]?["version"] == "1.0.1")
                #expect(try await fixture.count("select count(*) from published_agents where semantic_version = '1.0.1'") == 1)
            }
        }
    }

    @Test("an agent that is taken back is private, keeps its versions, and says the same when it returns", .timeLimit(.minutes(1)))
    func unpublishing() async throws {
        try await AgentsFixture.with { fixture in
            try await fixture.asking { ask in
                let id = try await Self.tess("one", ask)
                let path = "/v1/agents/\(id)/publish"
                _ = try await ask(.post, path)
                #expect(try await ask(.delete, path, token: "rival").status == .notFound)
                #expect(try await ask(.delete, path, token: "reader").status == .forbidden)
                for _ in 0..<2 { #expect(try await ask(.delete, path).status == .noContent) }
                #expect(try await ask(.get, "/v1/agents/\(id)").json["visibility"] == "private")
                #expect(try await fixture.count("select count(*) from published_agents") == 0)
                #expect(try await fixture.count("select count(*) from reserved_names where owner = 'acme' and name = 'tess'") == 1)
                _ = try await Self.tess("two", ask)
                #expect(try await ask(.post, path, #"{"version": "1.0.0"}"#).status == .conflict)
                #expect(try await ask(.post, path).json["publication"]?["version"] == "1.0.1")
                #expect(try await Self.versions(fixture) == ["1.0.0 of 1", "1.0.1 of 2"])
            }
        }
    }

    @Test("what operators took out cannot be published, unpublished or renamed, and a name that goes with it is gone", .timeLimit(.minutes(1)))
    func moderated() async throws {
        try await AgentsFixture.with { fixture in
            try await fixture.asking { ask in
                let id = try await Self.tess("one", ask)
                let path = "/v1/agents/\(id)/publish"
                _ = try await ask(.post, path)
                for (status, answer) in [("quarantined", HTTPResponse.Status.conflict), ("removed", .gone)] {
                    try await fixture.pool.execute(
                        .role(.upkeep), "update published_agents set status = $1, status_reason = 'It asks for keys.'", status)
                    let refusals = [
                        try await ask(.post, path), try await ask(.delete, path), try await ask(.patch, "/v1/agents/\(id)", #"{"name": "lisa"}"#),
                    ]
                    for refused in refusals {
                        #expect(refused.status == answer)
                        #expect(refused.json["reason"] == "It asks for keys.")
                        #expect(refused.json["agent_status"]?.string == status)
                    }
                    let error = try await #require(throws: PostgresError.self) {
                        try await fixture.pool.execute(.workspaces([fixture.acme]), "update published_agents set status = 'active'")
                    }
                    #expect(error.sqlState == "42501", "its owner does not lift it, past the program neither")
                }
                #expect(try await fixture.pool.execute(.workspaces([fixture.acme]), "delete from agents") == 1)
                let again = try await Self.tess("one", ask)
                let refused = try await ask(.post, "/v1/agents/\(again)/publish")
                #expect(refused.status == .conflict)
                #expect(refused.json["type"] == "urn:mainstay:problem:name-reserved")
            }
        }
    }

    @Test("a version that comes between its reading and its locking is read in its turn, and no unread one is shown", .timeLimit(.minutes(1)))
    func between() async throws {
        try await AgentsFixture.with { fixture in
            let agent = try await fixture.take(CharacterFile(Array(#"{"name": "Tess", "bio": "one"}"#.utf8))).detail.agent
            let next = try CharacterFile(Array(#"{"name": "Tess", "bio": "two"}"#.utf8))
            let name = try #require(AgentName(agent.name))
            let (held, isHeld) = AsyncStream.makeStream(of: Void.self)
            let (release, opens) = AsyncStream.makeStream(of: Void.self)
            try await withThrowingTaskGroup(of: AgentDesk.Published?.self) { group in
                group.addTask {
                    try await fixture.pool.transaction(.workspaces([fixture.acme])) { transaction in
                        _ = try await AgentStore.write(
                            next, as: name, changelog: "", workspace: fixture.acme, versionID: .version7(), in: transaction)
                        isHeld.yield()
                        for await _ in release { break }
                    }
                    return nil
                }
                for await _ in held { break }
                group.addTask { try await fixture.desk.publish(agent.id, workspace: fixture.acme) }
                try await eventually("the publisher has read the first version, and waits") {
                    try await fixture.count(
                        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") > 0
                }
                opens.yield()
                var published: AgentDesk.Published?
                while let ended = try await group.next() { published = ended ?? published }
                #expect(published?.publication?.number == 2)
                #expect(published?.detail.version.number == 2)
            }
            let shown = try await fixture.database.psql("select character ->> 'bio' from published_agents")
            #expect(shown.trimmingCharacters(in: .whitespacesAndNewlines) == "two")
        }
    }
}
