import Foundation
import HTTPTypes
import Testing
import Web

@testable import Workspaces

@Suite("Agents over HTTP")
struct AgentsRoutesTests {
    private static let fake = "ghp_" + "q7Rk2VbX9mTz4NcW8pLd6HsY3gFj5Ae1Uo0iKx"

    @Test("a file goes in, is shown, changes and is published", .timeLimit(.minutes(1)))
    func life() async throws {
        try await AgentsFixture.with { fixture in
            try await fixture.asking { ask in
                let bytes = try AgentSamples.own("harbor-guide.character.json")
                let created = try await ask(.post, "/v1/agents", bytes)
                #expect(created.status == .created)
                #expect(created.json["name"] == "harbor-guide")
                #expect(created.json["owner"] == "acme")
                #expect(created.json["shape"] == "v0")
                #expect(created.json["change"] == "created")
                #expect(created.json["stripped"] == ["/settings/secrets/OPENAI_API_KEY", "/settings/secrets/DISCORD_API_TOKEN"])
                #expect(created.json["key_shaped"] == [])
                let id = try #require(created.json["id"]?.string)
                #expect(created.headers[.location] == "/v1/agents/\(id)")

                #expect(try await ask(.post, "/v1/agents", bytes).json["change"] == "unchanged")
                let renamed = try await ask(.post, "/v1/agents?name=night-desk&changelog=First%20try", bytes)
                #expect(renamed.status == .created)
                #expect(renamed.json["name"] == "night-desk")
                #expect(renamed.json["changelog"] == "First try")

                let shown = try await ask(.get, "/v1/agents/\(id)", token: "reader")
                #expect(shown.status == .ok)
                #expect(shown.json["character"]?["name"] == "Harbor Guide")
                #expect(shown.json["character"]?["settings"]?["voice"]?["model"] == "en_GB-alan-medium")
                #expect(shown.json["plugins"]?[0]?["name"] == "@elizaos/plugin-bootstrap" && shown.json["plugins"]?.elements?.count == 1)
                #expect(shown.json["plugins"]?[0]?["advice"]?["verdict"] == "unknown", "no registry was read")
                #expect(shown.json["visibility"] == "private")
                #expect(!shown.text.contains("shows-stripping"))

                let published = try await ask(.post, "/v1/agents/\(id)/publish")
                #expect(published.status == .ok)
                #expect(published.json["visibility"] == "public")
            }
        }
    }

    @Test("an agent is read as a file of any generation, with what could not be carried over", .timeLimit(.minutes(1)))
    func character() async throws {
        try await AgentsFixture.with { fixture in
            try await fixture.asking { ask in
                let file = #"{"name": "Tess", "bio": "b", "lore": ["l"], "long": 12345678901234567890, "settings": {"secrets": {"K": "hidden"}}}"#
                let id = try #require(try await ask(.post, "/v1/agents", file).json["id"]?.string)
                let stored = try await ask(.get, "/v1/agents/\(id)/character", token: "reader")
                #expect(stored.status == .ok && stored.json["shape"] == "v0" && stored.json["notes"] == [])
                let detail = try await ask(.get, "/v1/agents/\(id)")
                #expect(stored.json["digest"] == detail.json["digest"])
                let newer = try await ask(.get, "/v1/agents/\(id)/character?format=v2", token: "reader")
                #expect(newer.json["shape"] == "v2" && newer.json["character"]?["bio"] == ["b", "l"] && newer.json["character"]?["lore"] == nil)
                #expect(newer.json["notes"]?[0]?["kind"] == "moved" && newer.json["notes"]?[0]?["pointer"] == "/lore")
                #expect(newer.text.contains("12345678901234567890") && !newer.text.contains("hidden"))
                #expect(newer.json["digest"] != stored.json["digest"])
                #expect(try await ask(.get, "/v1/agents/\(id)/character?format=v3").status == .badRequest)
                let theirs = try await ask(.get, "/v1/agents/\(id)/character", token: "rival")
                #expect(theirs.status == .notFound)
                let unknown = try await ask(.get, "/v1/agents/\(UUID())/character", token: "rival")
                #expect(theirs.lasting == unknown.lasting)
                #expect(try await ask(.get, "/v1/agents/\(id)/character", token: nil).status == .unauthorized)
            }
        }
    }

    @Test("an agent of another workspace answers exactly as one that never was", .timeLimit(.minutes(1)))
    func otherWorkspace() async throws {
        try await AgentsFixture.with { fixture in
            let agent = try await fixture.imported("tidewatch.character.json").detail.agent.id
            try await fixture.asking { ask in
                for (method, suffix) in [(HTTPRequest.Method.get, ""), (.post, "/publish")] {
                    let theirs = try await ask(method, "/v1/agents/\(agent)\(suffix)", token: "rival")
                    let unknown = try await ask(method, "/v1/agents/\(UUID())\(suffix)", token: "rival")
                    #expect(theirs.status == .notFound)
                    #expect(theirs.status == unknown.status)
                    #expect(theirs.lasting == unknown.lasting)
                    #expect(theirs.headers.map(\.name) == unknown.headers.map(\.name))
                }
                #expect(try await ask(.get, "/v1/agents", token: "rival").json["items"] == [])
                #expect(try await ask(.get, "/v1/agents/\(agent)").status == .ok, "its own workspace sees it")
                #expect(try await fixture.count("select count(*) from published_agents") == 0)
            }
        }
    }

    @Test("publishing is refused while anything is key-shaped, each place is named, and nothing is published", .timeLimit(.minutes(1)))
    func keysRemain() async throws {
        try await AgentsFixture.with { fixture in
            try await fixture.asking { ask in
                let file = #"{"name": "Leaky", "bio": ["fine", "use \#(Self.fake) please"], "settings": {"twitter": {"password": "hunter22"}}}"#
                let created = try await ask(.post, "/v1/agents", file)
                #expect(created.status == .created)
                #expect(created.json["key_shaped"]?.elements?.compactMap { $0["pointer"]?.string } == ["/bio/1", "/settings/twitter/password"])
                let id = try #require(created.json["id"]?.string)
                let refused = try await ask(.post, "/v1/agents/\(id)/publish")
                #expect(refused.status == .unprocessableContent)
                #expect(refused.json["type"] == "urn:mainstay:problem:keys-remain")
                #expect(refused.pointers == ["#/bio/1", "#/settings/twitter/password"])
                #expect(refused.json["detail"]?.string?.contains("/settings/twitter/password (a password)") == true)
                #expect(!refused.text.contains("hunter22") && !refused.text.contains(Self.fake))
                #expect(try await fixture.count("select count(*) from published_agents") == 0)
                #expect(try await fixture.count("select count(*) from agents where visibility = 'public'") == 0)

                _ = try await ask(.post, "/v1/agents", #"{"name": "Leaky", "bio": ["fine"], "settings": {}}"#)
                #expect(try await ask(.post, "/v1/agents/\(id)/publish").status == .ok)
                #expect(try await fixture.count("select version from published_agents") == 2)
            }
        }
    }

    @Test("a key that was used before answers what it made then, even when the agent has moved on", .timeLimit(.minutes(1)))
    func idempotency() async throws {
        try await AgentsFixture.with { fixture in
            try await fixture.asking { ask in
                let one = #"{"name": "Tess", "bio": "one"}"#
                let first = try await ask(.post, "/v1/agents", one, headers: [.idempotencyKey: "k-1"])
                #expect(first.headers[.idempotencyReplayed] == nil)
                #expect(try await ask(.post, "/v1/agents", one, headers: [.idempotencyKey: "k-2"]).json["change"] == "unchanged")
                #expect(try await ask(.post, "/v1/agents", #"{"name": "Tess", "bio": "two"}"#).json["version"] == 2)
                for key in ["k-1", "k-2"] {
                    let replayed = try await ask(.post, "/v1/agents", one, headers: [.idempotencyKey: key])
                    #expect(replayed.status == .ok)
                    #expect(replayed.headers[.idempotencyReplayed] == "true")
                    #expect(replayed.json["id"] == first.json["id"])
                }
                #expect(try await fixture.count("select count(*) from agent_versions") == 2)
                let other = try await ask(.post, "/v1/agents", #"{"name": "Tess", "bio": "three"}"#, headers: [.idempotencyKey: "k-1"])
                #expect(other.status == .unprocessableContent)
                #expect(other.json["type"] == "urn:mainstay:problem:idempotency-mismatch")
                #expect(try await fixture.count("select count(*) from agent_versions") == 2)
                // The same key in another workspace is another key.
                #expect(try await ask(.post, "/v1/agents", one, token: "rival", headers: [.idempotencyKey: "k-1"]).status == .created)
            }
        }
    }

    @Test("agents are listed newest first, page by page, and found by name", .timeLimit(.minutes(1)))
    func list() async throws {
        try await AgentsFixture.with { fixture in
            try await fixture.asking { ask in
                for number in 1...5 { _ = try await ask(.post, "/v1/agents", "{\"name\": \"Tess \(number)\"}") }
                var names: [String] = []
                var path = "/v1/agents?limit=2"
                var pages = 0
                while pages < 10 {
                    let page = try await ask(.get, path, token: "reader")
                    names += page.json["items"]?.elements?.compactMap { $0["name"]?.string } ?? []
                    pages += 1
                    guard let cursor = page.json["next_cursor"]?.string else { break }
                    path = "/v1/agents?limit=2&cursor=\(cursor)"
                }
                #expect(names == ["tess-5", "tess-4", "tess-3", "tess-2", "tess-1"])
                #expect(pages == 3)
                #expect(try await ask(.get, "/v1/agents?name=tess-3").json["items"]?.elements?.count == 1)
                #expect(try await ask(.get, "/v1/agents?name=%27%20or%20true").json["items"] == [])
            }
        }
    }

    @Test("bad input is a problem that names the place, never a 500, and leaves nothing behind", .timeLimit(.minutes(1)))
    func badInput() async throws {
        try await AgentsFixture.with { fixture in
            try await fixture.asking { ask in
                let cases: [(body: [UInt8], status: HTTPResponse.Status, pointers: [String])] = [
                    (Array("".utf8), .badRequest, ["#"]),
                    (Array(#"{"name": "a", "bio": ["x"#.utf8), .badRequest, ["#/bio/0"]),
                    (Array(#"{"name": "a\u0000"}"#.utf8), .badRequest, ["#/name"]),
                    ([0x7B, 0x22, 0x6E, 0x00, 0x22, 0x3A, 0x31, 0x7D], .badRequest, ["#"]),
                    (Array(#"{"name": ""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8), .badRequest, ["#/name"]),
                    (Array(String(repeating: "[", count: 100_000).utf8), .badRequest, ["#" + String(repeating: "/0", count: 64)]),
                    (Array(#"{"name": "a", "x": 1e999999999}"#.utf8), .badRequest, ["#/x"]),
                    (Array("[]".utf8), .unprocessableContent, ["#"]),
                    (Array("{}".utf8), .unprocessableContent, ["#/name"]),
                    (Array(#"{"name": 1, "bio": [2]}"#.utf8), .unprocessableContent, ["#/name", "#/bio/0"]),
                    (Array(#"{"name": "小明"}"#.utf8), .unprocessableContent, ["#/name"]),
                ]
                for (body, status, pointers) in cases {
                    let answer = try await ask(.post, "/v1/agents", body)
                    let text = String(decoding: body.prefix(40), as: UTF8.self)
                    #expect(answer.status == status, "\(text)")
                    #expect(answer.pointers == pointers, "\(text)")
                    #expect(answer.headers[.contentType] == "application/problem+json", "\(text)")
                }
                let tooLarge = Array("{\"name\": \"a\", \"x\": \"\(String(repeating: "x", count: 2 << 20))\"}".utf8)
                #expect(try await ask(.post, "/v1/agents", tooLarge).status == .contentTooLarge)
                #expect(try await ask(.post, "/v1/agents", "name: a", headers: [.contentType: "application/yaml"]).status == .unsupportedMediaType)
                #expect(try await ask(.post, "/v1/agents?name=No_Name", #"{"name": "a"}"#).status == .badRequest)
                #expect(try await ask(.post, "/v1/agents?name=publish", #"{"name": "a"}"#).status == .badRequest)
                #expect(try await ask(.post, "/v1/agents", #"{"name": "a"}"#, token: "reader").status == .forbidden)
                #expect(try await ask(.post, "/v1/agents", #"{"name": "a"}"#, token: nil).status == .unauthorized)
                #expect(try await ask(.get, "/v1/agents/not-an-id").status == .notFound)
                #expect(try await ask(.get, "/v1/agents?cursor=%00").status == .badRequest)
                #expect(try await fixture.count("select count(*) from agents") == 0)
                #expect(try await fixture.count("select count(*) from idempotency_keys") == 0)
            }
        }
    }

    @Test("a character of nearly 2 MiB is taken", .timeLimit(.minutes(1)))
    func large() async throws {
        try await AgentsFixture.with { fixture in
            try await fixture.asking { ask in
                let text = String(repeating: "tide ", count: (2 << 20) / 5 - 20)
                let created = try await ask(.post, "/v1/agents", "{\"name\": \"Long\", \"knowledge\": [\"\(text)\"]}")
                #expect(created.status == .created)
                let id = try #require(created.json["id"]?.string)
                #expect(try await ask(.post, "/v1/agents/\(id)/publish").status == .ok)
            }
        }
    }
}
