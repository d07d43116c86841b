import Foundation
import HTTPTypes
import Jobs
import Postgres
import TestSupport
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("Where forks come from")
struct LineageTests {
    /// Forks an agent into a workspace and publishes the fork there; returns its id.
    private static func fork(
        _ owner: String, _ name: String, as forkName: String, into workspace: UUID, _ fixture: DirectoryFixture
    ) async throws -> UUID {
        let result = try await fixture.handle(ForkAgent(owner: owner, name: name, forkName: forkName), workspace: workspace)
        let id = try #require(UUID(uuidString: result.agent))
        _ = try await fixture.desk.publish(id, workspace: workspace)
        return id
    }

    /// The lineage that an answer tells.
    private static func steps(_ path: String, _ ask: DirectoryFixture.Asker, token: String? = nil) async throws -> [String] {
        let answer = try await ask(.get, path, token: token)
        return answer.json["lineage"]?.elements?.map { "\($0["owner"]?.string ?? "?")/\($0["name"]?.string ?? "?")" } ?? []
    }

    @Test("the whole way back is told, also when an agent on it is renamed, taken back or deleted", .timeLimit(.minutes(1)))
    func chain() async throws {
        try await DirectoryFixture.with { fixture in
            let first = try await fixture.publish(#"{"name": "First"}"#)
            let second = try await Self.fork("acme", "first", as: "second", into: fixture.rival, fixture)
            let third = try await Self.fork("rival", "second", as: "third", into: fixture.acme, fixture)
            let fourth = try await Self.fork("acme", "third", as: "fourth", into: fixture.rival, fixture)
            let expected = ["acme/third", "rival/second", "acme/first"]
            try await fixture.asking { ask in
                #expect(try await Self.steps("/v1/agents/rival/fourth", ask) == expected)
                #expect(try await Self.steps("/v1/agents/\(fourth)", ask, token: "rival") == expected, "as its own workspace sees it")
                #expect(try await ask(.get, "/v1/agents/acme/first", token: nil).json["lineage"] == nil)
                #expect(try await ask(.get, "/v1/agents/acme/first", token: nil).json["forks"] == 1)

                _ = try await fixture.desk.rename(third, to: try #require(AgentName("tertius")), workspace: fixture.acme)
                try await fixture.desk.unpublish(second, workspace: fixture.rival)
                #expect(try await fixture.pool.execute(.workspaces([fixture.acme]), "delete from agents where id = $1", first) == 1)
                #expect(try await Self.steps("/v1/agents/rival/fourth", ask) == expected)
                let fork = try await fixture.handle(ForkAgent(owner: "rival", name: "fourth", forkName: "fifth"))
                #expect(try await Self.steps("/v1/agents/\(fork.agent)", ask, token: "rival") == ["rival/fourth"] + expected)
            }
        }
    }

    @Test("no more than 32 steps are kept, the nearest")
    func bound() {
        func source(_ number: Int) -> ForkSource { ForkSource(owner: "a", name: "n\(number)", version: 1, agent: UUID()) }
        let kept = AgentLineage.extending((1...32).map(source), by: source(0))
        #expect(kept.map(\.name) == (0...31).map { "n\($0)" })
    }

    @Test("a fork is told how far it is behind, and what its original is now", .timeLimit(.minutes(1)))
    func behind() async throws {
        try await DirectoryFixture.with { fixture in
            let original = try await fixture.publish(#"{"name": "Eliza", "bio": "1"}"#)
            let fork = try await Self.fork("acme", "eliza", as: "mine", into: fixture.rival, fixture)
            try await fixture.asking { ask in
                func both() async throws -> [DirectoryFixture.Answer] {
                    [try await ask(.get, "/v1/agents/\(fork)"), try await ask(.get, "/v1/agents/rival/mine", token: nil)]
                }
                for answer in try await both() {
                    #expect(answer.json["behind"] == 0 && answer.json["latest"] == "1.0.0" && answer.json["original_status"] == "active")
                    #expect(answer.json["forked_from"]?["version"] == 1)
                }
                for bio in ["2", "3"] { _ = try await fixture.publish("{\"name\": \"Eliza\", \"bio\": \"\(bio)\"}") }
                _ = try await fixture.publish(#"{"name": "Eliza", "bio": "4"}"#, publish: false)
                for answer in try await both() {
                    #expect(answer.json["behind"] == 2 && answer.json["latest"] == "1.0.2", "what is not published does not count")
                }

                _ = try await ask(.put, "/v1/operations/directory/acme/eliza/status", #"{"status": "removed", "reason": "x"}"#, token: "operator")
                for answer in try await both() { #expect(answer.json["original_status"] == "removed") }
                #expect(try await fixture.pool.execute(.workspaces([fixture.acme]), "delete from agents where id = $1", original) == 1)
                for answer in try await both() {
                    #expect(answer.json["behind"] == nil && answer.json["latest"] == nil && answer.json["original_status"] == nil)
                    #expect(answer.json["forked_from"]?["name"] == "eliza")
                }
            }
        }
    }

    @Test("a fork that the release before this one made knows its origin at least", .timeLimit(.minutes(1)))
    func olderRelease() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await fixture.publish(#"{"name": "Eliza"}"#)
            let fork = try await Self.fork("acme", "eliza", as: "mine", into: fixture.rival, fixture)
            _ = try await fixture.database.psql("update agents set lineage = '[]'; update published_agents set lineage = '[]'")
            try await fixture.asking { ask async throws in
                #expect(try await Self.steps("/v1/agents/\(fork)", ask, token: "rival") == ["acme/eliza"])
                #expect(try await Self.steps("/v1/agents/rival/mine", ask) == ["acme/eliza"])
            }
        }
    }

    @Test("forks are counted as they are made and deleted, by many at once too", .timeLimit(.minutes(1)))
    func counts() async throws {
        try await DirectoryFixture.with { fixture in
            let original = try await fixture.publish(#"{"name": "Eliza"}"#)
            func forks() async throws -> Int { try await fixture.count("select forks from fork_counts where agent_id = '\(original)'") }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<12 { group.addTask { _ = try await fixture.handle(ForkAgent(owner: "acme", name: "eliza", forkName: nil)) } }
                try await group.waitForAll()
            }
            #expect(try await forks() == 12)
            // The same job again makes no fork.
            let id = UUID.version7()
            for _ in 0..<2 { _ = try await fixture.handle(ForkAgent(owner: "acme", name: "eliza", forkName: nil), id: id) }
            #expect(try await forks() == 13)
            #expect(try await fixture.pool.execute(.workspaces([fixture.rival]), "delete from agents where id = $1", id) == 1)
            #expect(try await forks() == 12)
            try await fixture.desk.unpublish(original, workspace: fixture.acme)
            _ = try await fixture.desk.publish(original, workspace: fixture.acme)
            try await fixture.asking { ask async throws in
                #expect(try await ask(.get, "/v1/agents/acme/eliza", token: nil).json["forks"] == 12, "kept while it was away")
            }
        }
    }
}
