import Foundation
import HTTPTypes
import TestSupport
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("Versions over HTTP")
struct VersionRoutesTests {
    /// Publishes Eliza's versions, each with a summary of its own; returns the agent's id.
    private static func publish(_ versions: [String], in fixture: DirectoryFixture) async throws -> UUID {
        var agent: UUID?
        for version in versions {
            let id = try await fixture.publish("{\"name\": \"Eliza\", \"bio\": \"of \(version)\"}", publish: false)
            let wanted = try #require(SemanticVersion(version))
            let wish = AgentDesk.Wish(version: wanted, changelog: "to \(version)")
            _ = try await fixture.desk.publish(id, wish, workspace: fixture.acme)
            agent = id
        }
        return try #require(agent)
    }

    @Test("are listed by precedence, page by page", .timeLimit(.minutes(1)))
    func list() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await Self.publish(["1.0.0", "1.10.0", "1.9.0", "2.0.0-rc.1", "0.9.0"], in: fixture)
            try await fixture.asking { ask in
                var (versions, pages): ([String], Int) = ([], 0)
                var path = "/v1/agents/acme/eliza/versions?limit=2"
                while pages < 5 {
                    let page = try await ask(.get, path, token: nil)
                    #expect(page.status == .ok)
                    versions += page.json["items"]?.elements?.compactMap { $0["version"]?.string } ?? []
                    pages += 1
                    guard let cursor = page.json["next_cursor"]?.string else { break }
                    #expect(page.headers[.link]?.contains("rel=\"next\"") == true)
                    path = "/v1/agents/acme/eliza/versions?limit=2&cursor=\(cursor)"
                }
                #expect(versions == ["2.0.0-rc.1", "1.10.0", "1.9.0", "1.0.0", "0.9.0"])
                #expect(pages == 3)
                let first = try await ask(.get, "/v1/agents/acme/eliza/versions", token: nil).json["items"]?[0]
                #expect(first?["prerelease"] == true)
                #expect(first?["number"] == 4)
                #expect(first?["publisher"] == "acme")
                #expect(first?["changelog"] == "to 2.0.0-rc.1")
                #expect(first?["character"] == nil)
                #expect(first?["url"] == "/v1/agents/acme/eliza/v/2.0.0-rc.1")
                #expect(try await ask(.get, "/v1/agents/acme/eliza/versions?cursor=x", token: nil).status == .badRequest)
                #expect(try await ask(.get, "/v1/agents/acme/nobody/versions", token: nil).status == .notFound)
            }
        }
    }

    @Test("say what they said when they were published", .timeLimit(.minutes(1)))
    func show() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await Self.publish(["1.0.0", "1.1.0+build.5"], in: fixture)
            try await fixture.asking { ask in
                let old = try await ask(.get, "/v1/agents/acme/eliza/v/1.0.0", token: nil)
                #expect(old.status == .ok)
                #expect(old.json["character"]?["bio"] == "of 1.0.0")
                #expect(old.json["version"] == "1.0.0")
                let detail = try await ask(.get, "/v1/agents/acme/eliza", token: nil)
                #expect(detail.json["semantic_version"] == "1.1.0+build.5")
                let newest = try await ask(.get, "/v1/agents/acme/eliza/v/1.1.0", token: nil)
                #expect(detail.json["digest"] == newest.json["digest"])
                for version in ["1.1.0", "1.1.0+build.5", "1.1.0%2Bbuild.5", "1.1.0+other"] {
                    #expect(try await ask(.get, "/v1/agents/acme/eliza/v/\(version)", token: nil).json["character"]?["bio"] == "of 1.1.0+build.5")
                }
                for version in ["3.0.0", "latest", "1.0", "%00"] {
                    let status: HTTPResponse.Status = version == "%00" ? .badRequest : .notFound
                    #expect(try await ask(.get, "/v1/agents/acme/eliza/v/\(version)", token: nil).status == status, "\(version)")
                }
            }
        }
    }

    @Test("are read as files of any generation", .timeLimit(.minutes(1)))
    func characters() async throws {
        try await DirectoryFixture.with { fixture in
            let agent = try await Self.publish(["1.0.0", "1.1.0"], in: fixture)
            try await fixture.asking { ask in
                let shown = try await ask(.get, "/v1/agents/acme/eliza/character?format=v0", token: nil)
                #expect(shown.status == .ok && shown.json["shape"] == "v0")
                #expect(shown.json["character"]?["bio"] == "of 1.1.0" && shown.json["character"]?["lore"] == [])
                let old = try await ask(.get, "/v1/agents/acme/eliza/v/1.0.0/character?format=v2", token: nil)
                #expect(old.status == .ok && old.json["character"]?["bio"] == ["of 1.0.0"])
                let stored = try await ask(.get, "/v1/agents/acme/eliza/v/1.0.0/character", token: nil)
                let version = try await ask(.get, "/v1/agents/acme/eliza/v/1.0.0", token: nil)
                #expect(stored.json["digest"] == version.json["digest"])
                let tag = try #require(old.headers[.eTag])
                let again = try await ask(
                    .get, "/v1/agents/acme/eliza/v/1.0.0/character?format=v2", token: nil, headers: [.ifNoneMatch: tag])
                #expect(again.status == .notModified)
                #expect(try await ask(.get, "/v1/agents/acme/eliza/character?format=3", token: nil).status == .badRequest)
                #expect(try await ask(.get, "/v1/agents/acme/eliza/v/9.0.0/character", token: nil).status == .notFound)
                try await fixture.desk.unpublish(agent, workspace: fixture.acme)
                for path in ["character", "v/1.0.0/character"] {
                    #expect(try await ask(.get, "/v1/agents/acme/eliza/\(path)", token: nil).status == .notFound, "\(path)")
                }
            }
        }
    }

    @Test("are compared, place by place", .timeLimit(.minutes(1)))
    func diff() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await Self.publish(["1.0.0", "1.1.0"], in: fixture)
            try await fixture.asking { ask in
                let path = "/v1/agents/acme/eliza/diff"
                let found = try await ask(.get, "\(path)?from=1.0.0&to=1.1.0", token: nil)
                #expect(found.json["changes"] == [["change": "changed", "from": "\"of 1.0.0\"", "path": "/bio", "to": "\"of 1.1.0\""]])
                #expect(found.json["cut"] == false)
                #expect(try await ask(.get, "\(path)?from=1.1.0&to=1.0.0", token: nil).json["changes"]?[0]?["to"] == "\"of 1.0.0\"")
                #expect(try await ask(.get, "\(path)?from=1.0.0&to=1.0.0", token: nil).json["changes"] == [])
                for query in ["", "?from=1.0.0", "?from=1.0.0&to=x"] {
                    #expect(try await ask(.get, path + query, token: nil).status == .badRequest, "\(query)")
                }
                #expect(try await ask(.get, "\(path)?from=1.0.0&to=9.0.0", token: nil).status == .notFound)
            }
        }
    }

    @Test("an agent that is taken back shows none of them", .timeLimit(.minutes(1)))
    func unpublished() async throws {
        try await DirectoryFixture.with { fixture in
            let agent = try await Self.publish(["1.0.0"], in: fixture)
            try await fixture.desk.unpublish(agent, workspace: fixture.acme)
            try await fixture.asking { ask async throws in
                for path in ["", "/versions", "/v/1.0.0", "/diff?from=1.0.0&to=1.0.0"] {
                    #expect(try await ask(.get, "/v1/agents/acme/eliza\(path)", token: nil).status == .notFound, "\(path)")
                }
            }
        }
    }

    @Test("answers have a tag, and are not sent to whoever has them; the tag changes with what they say", .timeLimit(.minutes(1)))
    func tags() async throws {
        try await DirectoryFixture.with { fixture in
            let agent = try await Self.publish(["1.0.0", "1.1.0"], in: fixture)
            let paths = [
                "/v1/agents/acme/eliza", "/v1/agents/acme/eliza/versions", "/v1/agents/acme/eliza/v/1.0.0",
                "/v1/agents/acme/eliza/diff?from=1.0.0&to=1.1.0", "/v1/directory", "/directory.atom", "/sitemap.xml",
                "/agents/acme/eliza/.well-known/agent-card.json",
            ]
            try await fixture.asking { ask in
                var tags: [String: String] = [:]
                for path in paths {
                    let first = try await ask(.get, path, token: nil)
                    let tag = try #require(first.headers[.eTag], "\(path)")
                    #expect(tag.hasPrefix("W/\""), "\(path)")
                    #expect(first.headers[.cacheControl]?.hasPrefix("public") == true, "\(path)")
                    let second = try await ask(.get, path, token: nil, headers: [.ifNoneMatch: "\"x\", \(tag)"])
                    #expect(second.status == .notModified && second.text.isEmpty && second.headers[.eTag] == tag, "\(path)")
                    #expect(try await ask(.get, path, token: nil, headers: [.ifNoneMatch: "\"x\""]).status == .ok, "\(path)")
                    tags[path] = tag
                }
                try await fixture.setForks(3, of: agent)
                #expect(try await ask(.get, paths[0], token: nil).headers[.eTag] != tags[paths[0]])
                #expect(try await ask(.get, paths[4], token: nil).headers[.eTag] != tags[paths[4]])
                #expect(try await ask(.get, paths[2], token: nil).headers[.eTag] == tags[paths[2]], "a version says the same for ever")
            }
        }
    }
}
