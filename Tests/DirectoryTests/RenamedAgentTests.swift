import Foundation
import HTTPTypes
import Jobs
import Postgres
import TestSupport
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("Agents that were renamed")
struct RenamedAgentTests {
    @Test("the old address leads to the new one, on every route, after every renaming", .timeLimit(.minutes(1)))
    func redirects() async throws {
        try await DirectoryFixture.with { fixture in
            let agent = try await fixture.publish(#"{"name": "Eliza"}"#)
            for name in ["lisa", "elly"] {
                _ = try await fixture.desk.rename(agent, to: try #require(AgentName(name)), workspace: fixture.acme)
            }
            try await fixture.asking { ask in
                let cases = [
                    ("/v1/agents/acme/OLD", "/v1/agents/acme/elly"),
                    ("/v1/agents/acme/OLD/versions?limit=2", "/v1/agents/acme/elly/versions?limit=2"),
                    ("/v1/agents/acme/OLD/v/1.0.0%2Bx", "/v1/agents/acme/elly/v/1.0.0%2Bx"),
                    ("/v1/agents/acme/OLD/diff?from=1.0.0&to=1.0.0", "/v1/agents/acme/elly/diff?from=1.0.0&to=1.0.0"),
                    ("/agents/acme/OLD/.well-known/agent-card.json", "/agents/acme/elly/.well-known/agent-card.json"),
                ]
                for (path, place) in cases {
                    for old in ["eliza", "lisa"] {
                        let moved = try await ask(.get, path.replacing("OLD", with: old), token: nil)
                        #expect(moved.status == .movedPermanently, "\(path)")
                        #expect(moved.headers[.location] == place, "\(path)")
                    }
                    #expect(try await ask(.get, place, token: nil).status == .ok, "\(place)")
                }
                #expect(try await ask(.get, "/v1/directory", token: nil).names == ["elly"])
                #expect(try await ask(.get, "/v1/agents/rival/eliza", token: nil).status == .notFound)
            }
        }
    }

    @Test("a name that was taken back is the agent's own again", .timeLimit(.minutes(1)))
    func back() async throws {
        try await DirectoryFixture.with { fixture in
            let agent = try await fixture.publish(#"{"name": "Eliza"}"#)
            for name in ["lisa", "eliza"] { _ = try await fixture.desk.rename(agent, to: try #require(AgentName(name)), workspace: fixture.acme) }
            try await fixture.asking { ask async throws in
                #expect(try await ask(.get, "/v1/agents/acme/eliza", token: nil).status == .ok)
                #expect(try await ask(.get, "/v1/agents/acme/lisa", token: nil).headers[.location] == "/v1/agents/acme/eliza")
            }
            try await fixture.desk.unpublish(agent, workspace: fixture.acme)
            try await fixture.asking { ask async throws in
                for name in ["eliza", "lisa"] { #expect(try await ask(.get, "/v1/agents/acme/\(name)", token: nil).status == .notFound) }
            }
        }
    }

    @Test("the old name still forks, and is deprecated, whether the agent was renamed before the request or after it", .timeLimit(.minutes(1)))
    func forks() async throws {
        try await DirectoryFixture.with { fixture in
            let agent = try await fixture.publish(#"{"name": "Eliza"}"#)
            _ = try await fixture.desk.rename(agent, to: try #require(AgentName("lisa")), workspace: fixture.acme)
            let result = try await fixture.handle(ForkAgent(owner: "acme", name: "eliza", forkName: nil))
            #expect(result.forkedFrom == "acme/lisa" && result.name == "lisa")
            try await fixture.asking { ask in
                #expect(try await ask(.post, "/v1/agents/acme/eliza/forks").status == .accepted)
                let set = try await ask(.put, "/v1/agents/acme/eliza/status", #"{"status": "deprecated", "reason": "Old."}"#, token: "acme")
                #expect(set.json["name"] == "lisa" && set.json["status"] == "deprecated")
            }
            #expect(try await fixture.count("select count(*) from acceptances where convert_from(body, 'UTF8') like '%lisa%'") == 1)
        }
    }
}
