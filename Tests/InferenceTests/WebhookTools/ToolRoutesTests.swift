import Foundation
import HTTPTypes
import TestSupport
import Testing
import Web

@testable import Inference

@Suite("Tools over HTTP", .timeLimit(.minutes(1))) struct ToolRoutesTests {
    private static let weather = #"{"name":"weather","description":"The weather","url":"https://tools.example.com/w","timeout_ms":5000}"#

    @Test("a tool is made with a secret that is shown once, changed, disabled and removed")
    func life() async throws {
        try await SetupFixture.with { fixture in
            try await fixture.asking { ask in
                let made = try await ask(.post, "/v1/tools", Self.weather)
                #expect(made.status == .created)
                let (id, secret) = (try #require(made.json["id"]?.string), try #require(made.json["secret"]?.string))
                #expect(secret.hasPrefix("whsec_"))
                let stored = try await fixture.database.psql("select encode(sealed, 'base64') || ' ' || encode(sealed, 'escape') from tools")
                #expect(!stored.contains(secret.dropFirst(6)))

                let shown = try await ask(.get, "/v1/tools/\(id)", as: "member")
                #expect(shown.json["timeout_ms"] == 5_000 && shown.json["parameters"] == ["type": "object"] && shown.json["secret"] == nil)
                let listed = try await ask(.get, "/v1/tools")
                #expect(listed.json["items"]?.elements?.count == 1 && !listed.text.contains(secret))
                let offered = try await ask.setup.tools.offered(to: fixture.workspace)
                #expect(offered.map(\.definition) == [ToolDefinition(name: "weather", description: "The weather", parameters: ["type": "object"])])
                #expect(offered.first?.secret.revealed == secret && offered.first?.timeout == .seconds(5))

                let body = #"{"name":"forecast","url":"https://tools.example.com/f","parameters":{"required":["place"]},"disabled":true}"#
                let changed = try await ask(.put, "/v1/tools/\(id)", body)
                #expect(changed.status == .ok && changed.json["name"] == "forecast" && changed.json["parameters"] == ["required": ["place"]])
                #expect(changed.json["timeout_ms"] == 10_000 && changed.json["disabled"] == true)
                #expect(try await ask.setup.tools.offered(to: fixture.workspace).isEmpty)
                #expect(try await ask(.delete, "/v1/tools/\(id)").status == .noContent)
                #expect(try await ask(.get, "/v1/tools/\(id)").status == .notFound)
            }
        }
    }

    @Test("the same request makes one tool, and its secret is shown with the first answer only")
    func repeated() async throws {
        try await SetupFixture.with { fixture in
            try await fixture.asking { ask in
                let headers: HTTPFields = [.idempotencyKey: "k-1"]
                let first = try await ask(.post, "/v1/tools", Self.weather, headers: headers)
                let second = try await ask(.post, "/v1/tools", Self.weather, headers: headers)
                #expect(first.status == .created && second.status == .created && first.json["id"] == second.json["id"])
                #expect(second.headers[.idempotencyReplayed] == "true" && second.json["secret"] == nil)
                let other = Self.weather.replacing("weather", with: "other")
                #expect(try await ask(.post, "/v1/tools", other, headers: headers).status == .unprocessableContent)
                let taken = try await ask(.post, "/v1/tools", Self.weather)
                #expect(taken.status == .conflict && taken.json["type"] == "urn:mainstay:problem:tool-name-taken")
                _ = try await ask(.post, "/v1/tools", other)
                let list = try await ask(.get, "/v1/tools").json["items"]?.elements
                let id = try #require(list?.first?["id"]?.string)
                #expect(try await ask(.put, "/v1/tools/\(id)", Self.weather).status == .conflict)
            }
        }
    }

    @Test("another workspace has no such tool, and its own may have the same name")
    func strangers() async throws {
        try await SetupFixture.with { fixture in
            try await fixture.asking { ask in
                let id = try #require(try await ask(.post, "/v1/tools", Self.weather).json["id"]?.string)
                #expect(try await ask(.get, "/v1/tools/\(id)", as: "theirs").status == .notFound)
                #expect(try await ask(.put, "/v1/tools/\(id)", Self.weather, as: "theirs").status == .notFound)
                #expect(try await ask(.post, "/v1/tools/\(id)/test", "{}", as: "theirs").status == .notFound)
                #expect(try await ask(.delete, "/v1/tools/\(id)", as: "theirs").status == .notFound)
                #expect(try await ask(.post, "/v1/tools", Self.weather, as: "theirs").status == .created)
                #expect(try await ask(.post, "/v1/tools", Self.weather, as: "member").status == .forbidden)
                #expect(try await ask.setup.tools.offered(to: fixture.other).count == 1)
            }
        }
    }

    @Test("every fault is told with its place, and what cannot be reached is refused when it is written")
    func faults() async throws {
        try await SetupFixture.with { fixture in
            try await fixture.asking(allowing: ["tools.internal"]) { ask in
                let all = try await ask(
                    .post, "/v1/tools", #"{"name":"no good","parameters":[1],"url":"https://169.254.169.254/latest","timeout_ms":60001}"#)
                #expect(all.status == .unprocessableContent && Set(all.pointers) == ["#/name", "#/parameters", "#/url", "#/timeout_ms"])
                for url in [
                    "http://tools.example.com/", "https://10.0.0.1/", "https://2130706433/", "https://[::1]/", "https://me@a.example/", "nothing",
                    "https://a.example:5432/",
                ] {
                    let answer = try await ask(.post, "/v1/tools", #"{"name":"a","url":"\#(url)"}"#)
                    #expect(answer.status == .unprocessableContent && answer.pointers == ["#/url"], "\(url)")
                }
                #expect(try await ask(.post, "/v1/tools", #"{"name":"memory_x","url":"https://a.example/"}"#).pointers == ["#/name"])
                #expect(try await ask(.post, "/v1/tools", #"{"name":"a","url":"http://tools.internal:9000/"}"#).status == .created)
            }
            try await fixture.asking(keys: nil) { ask in
                let refused = try await ask(.post, "/v1/tools", Self.weather)
                #expect(refused.status == .notImplemented)
            }
        }
    }

    @Test("a trial tells what the tool answers, or why it was not called")
    func trial() async throws {
        try await SetupFixture.with { fixture in
            try await fixture.asking(allowing: ["localhost"]) { ask in
                let id = try #require(try await ask(.post, "/v1/tools", #"{"name":"a","url":"http://localhost:9/"}"#).json["id"]?.string)
                let answer = try await ask(.post, "/v1/tools/\(id)/test", #"{"arguments":{"a":1}}"#)
                #expect(answer.status == .ok && answer.json["is_error"] == true && answer.json["text"]?.string?.isEmpty == false)
                _ = try await fixture.database.psql("update tools set key_id = 'gone'")
                let closed = try await ask(.post, "/v1/tools/\(id)/test", "{}")
                #expect(closed.status == .ok && closed.json["text"]?.string?.contains("gone") == true)
                #expect(try await ask.setup.tools.offered(to: fixture.workspace).isEmpty, "a tool that cannot be called is not offered")
            }
        }
    }

    @Test("a workspace has so many tools and no more")
    func full() async throws {
        try await SetupFixture.with { fixture in
            try await fixture.asking { ask in
                _ = try await fixture.database.psql(
                    """
                    insert into tools (workspace_id, id, name, url, key_id, sealed)
                    select '\(fixture.workspace)', gen_random_uuid(), 't' || n, 'https://a.example/', 'old', sha256('x')
                    from generate_series(1, \(ToolStore.most)) as n
                    """)
                let answer = try await ask(.post, "/v1/tools", Self.weather, headers: [.idempotencyKey: "k"])
                #expect(answer.status == .conflict && answer.json["type"] == "urn:mainstay:problem:too-many-tools")
                _ = try await fixture.database.psql("delete from tools where name = 't1'")
                #expect(
                    try await ask(.post, "/v1/tools", Self.weather, headers: [.idempotencyKey: "k"]).status == .created,
                    "what was refused has not used up its key")
            }
        }
    }
}
