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

    @Test("as many tools are made at once as there is room for, and not one more")
    func fullAtOnce() async throws {
        try await SetupFixture.with { fixture in
            _ = try await fixture.database.psql(
                """
                insert into tools (workspace_id, id, name, url, key_id, sealed)
                select '\(fixture.workspace)', gen_random_uuid(), 't' || n, 'https://a.example/', 'old', sha256('x')
                from generate_series(1, \(ToolStore.most - 2)) as n
                """)
            try await fixture.asking { ask in
                let statuses = try await withThrowingTaskGroup(of: HTTPResponse.Status.self) { group in
                    for number in 0..<12 {
                        group.addTask { try await ask(.post, "/v1/tools", #"{"name":"n\#(number)","url":"https://a.example/"}"#).status }
                    }
                    return try await group.reduce(into: [HTTPResponse.Status]()) { $0.append($1) }
                }
                #expect(statuses.filter { $0 == .created }.count == 2 && statuses.filter { $0 == .conflict }.count == 10)
                #expect(try await fixture.database.psql("select count(*) from tools") == "\(ToolStore.most)\n")
            }
        }
    }

    @Test("a secret is rotated: runs that begin in the overlap sign with both, later ones with the new one")
    func rotation() async throws {
        try await SetupFixture.with { fixture in
            try await fixture.asking { ask in
                let made = try await ask(.post, "/v1/tools", Self.weather)
                let (id, old) = (try #require(made.json["id"]?.string), try #require(made.json["secret"]?.string))
                let key: HTTPFields = [.idempotencyKey: "r-1"]
                let rotated = try await ask(.post, "/v1/tools/\(id)/rotate", #"{"overlap_seconds":3600}"#, headers: key)
                let new = try #require(rotated.json["secret"]?.string)
                #expect(rotated.status == .ok && new.hasPrefix("whsec_") && new != old)
                #expect(rotated.json["former_secret_until"]?.string != nil && rotated.headers[.cacheControl] == "no-store")
                func secrets(_ later: TimeInterval = 0) async throws -> [String]? {
                    try await ask.setup.tools.offered(to: fixture.workspace).first?.secrets(at: Date().addingTimeInterval(later)).map(\.revealed)
                }
                #expect(try await secrets() == [new, old])
                #expect(try await secrets(3_700) == [new], "a run that goes on behind the overlap")

                let again = try await ask(.post, "/v1/tools/\(id)/rotate", #"{"overlap_seconds":3600}"#, headers: key)
                #expect(again.status == .ok && again.json["secret"] == nil && again.headers[.idempotencyReplayed] == "true")
                let early = try await ask(.post, "/v1/tools/\(id)/rotate", headers: [.idempotencyKey: "r-2"])
                #expect(early.status == .conflict && early.json["type"] == "urn:mainstay:problem:rotation-under-way")
                #expect(try await secrets() == [new, old], "what was refused has changed nothing")
                #expect(try await ask(.get, "/v1/tools/\(id)").json["former_secret_until"]?.string != nil)

                let atOnce = try await ask(.post, "/v1/tools/\(id)/rotate", #"{"overlap_seconds":0}"#, headers: [.idempotencyKey: "r-3"])
                let last = try #require(atOnce.json["secret"]?.string)
                #expect(try await secrets() == [last] && atOnce.json["former_secret_until"] == nil)
                #expect(try await ask(.post, "/v1/tools/\(id)/rotate", headers: [.idempotencyKey: "r-2"]).status == .ok, "its key was not used up")
                _ = try await fixture.database.psql("update time_offset set amount = interval '25 hours'")
                #expect(try await secrets()?.count == 1, "the overlap is a day without a word, and over")

                let wrong = try await ask(.post, "/v1/tools/\(id)/rotate", #"{"overlap_seconds":2592001}"#)
                #expect(wrong.status == .unprocessableContent && wrong.pointers == ["#/overlap_seconds"])
                #expect(try await ask(.post, "/v1/tools/\(id)/rotate", as: "theirs").status == .notFound)
                #expect(try await ask(.post, "/v1/tools/\(id)/rotate", as: "member").status == .forbidden)
            }
        }
    }

    @Test("both secrets of a rotation are sealed anew, and a former one that does not open takes nothing away")
    func resealed() async throws {
        try await SetupFixture.with { fixture in
            try await fixture.asking { ask in
                let id = try #require(try await ask(.post, "/v1/tools", Self.weather).json["id"]?.string)
                _ = try await ask(.post, "/v1/tools/\(id)/rotate")
                let before = try await ask.setup.tools.offered(to: fixture.workspace)
                let both = try SealingKeys("\(SetupFixture.newKey),\(SetupFixture.oldKey)")
                #expect(try await SecretInventory(pool: fixture.pool).count(of: [fixture.workspace, fixture.other]) == ["old": 2])
                #expect(try await SecretRotation(pool: fixture.pool, keys: both).rotate(fixture.workspace, by: .tester).resealed == 2)
                #expect(try await SecretInventory(pool: fixture.pool).count(of: [fixture.workspace]) == ["new": 2])
                #expect(try await SecretInventory(pool: fixture.pool).count(of: [fixture.other]).isEmpty)
                let tools = WebhookTools(
                    store: ToolStore(pool: fixture.pool), keys: try SealingKeys(SetupFixture.newKey), caller: WebhookToolCaller(policy: .strict),
                    logger: fixture.logger)
                #expect(try await tools.offered(to: fixture.workspace) == before)
                _ = try await fixture.database.psql("update tools set former_key_id = 'gone'")
                let left = try await tools.offered(to: fixture.workspace)
                #expect(left.map(\.secret) == before.map(\.secret) && left.first?.former == nil)
            }
        }
    }
}
