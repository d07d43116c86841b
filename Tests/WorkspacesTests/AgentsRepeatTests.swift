import HTTPTypes
import Postgres
import TestSupport
import Testing
import Web

@testable import Workspaces

@Suite("Requests about agents that are sent again")
struct AgentsRepeatTests {
    @Test("a key that published is answered again and does not publish what came later; a body that was cut does nothing", .timeLimit(.minutes(1)))
    func publishingOnce() async throws {
        try await AgentsFixture.with { fixture in
            try await fixture.asking { ask in
                let id = try #require(try await ask(.post, "/v1/agents", #"{"name": "Tess", "bio": "one"}"#).json["id"]?.string)
                let path = "/v1/agents/\(id)/publish"
                for (body, status) in [(#"{"a":"#, HTTPResponse.Status.badRequest), ("[]", .unprocessableContent)] {
                    #expect(try await ask(.post, path, body).status == status)
                }
                #expect(try await ask(.post, path, "{}", headers: [.idempotencyKey: "a b"]).status == .badRequest)
                #expect(try await fixture.count("select count(*) from published_agents") == 0)

                let first = try await ask(.post, path, headers: [.idempotencyKey: "p-1"])
                #expect(first.status == .ok && first.headers[.idempotencyReplayed] == nil)
                _ = try await ask(.post, "/v1/agents", #"{"name": "Tess", "bio": "two"}"#)
                let again = try await ask(.post, path, headers: [.idempotencyKey: "p-1"])
                #expect(again.status == .ok && again.headers[.idempotencyReplayed] == "true")
                #expect(again.json["id"] == first.json["id"])
                #expect(try await fixture.count("select version from published_agents") == 1, "the repeat published nothing")
                #expect(try await ask(.post, path, "{}", headers: [.idempotencyKey: "p-1"]).status == .unprocessableContent)
                #expect(try await ask(.post, path, headers: [.idempotencyKey: "p-2"]).status == .ok)
                #expect(try await fixture.count("select version from published_agents") == 2)
            }
        }
    }

    @Test("the same file under another name is another request", .timeLimit(.minutes(1)))
    func queryCounts() async throws {
        try await AgentsFixture.with { fixture in
            try await fixture.asking { ask in
                let file = #"{"name": "Tess"}"#
                let one = try await ask(.post, "/v1/agents?name=one", file, headers: [.idempotencyKey: "q-1"])
                let two = try await ask(.post, "/v1/agents?name=two", file, headers: [.idempotencyKey: "q-1"])
                #expect(one.status == .created && two.status == .unprocessableContent)
                #expect(try await fixture.count("select count(*) from agents") == 1)
            }
        }
    }

    @Test("while a request is under way another one with its key is told so, and is answered when it comes again", .timeLimit(.minutes(1)))
    func underWay() async throws {
        try await AgentsFixture.with { fixture in
            try await fixture.asking { ask in
                let id = try #require(try await ask(.post, "/v1/agents", #"{"name": "Tess"}"#).json["id"]?.string)
                let path = "/v1/agents/\(id)/publish"
                let (held, isHeld) = AsyncStream.makeStream(of: Void.self)
                let (release, opens) = AsyncStream.makeStream(of: Void.self)
                try await withThrowingTaskGroup(of: HTTPResponse.Status?.self) { group in
                    group.addTask {
                        try await fixture.pool.transaction(.workspaces([fixture.acme])) { transaction in
                            try await transaction.execute("select id from agents for update")
                            isHeld.yield()
                            for await _ in release { break }
                        }
                        return nil
                    }
                    for await _ in held { break }
                    group.addTask { try await ask(.post, path, headers: [.idempotencyKey: "u-1"]).status }
                    try await eventually("the first request waits") {
                        let waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
                        return try await fixture.count(waiting) > 0
                    }
                    let refused = try await ask(.post, path, headers: [.idempotencyKey: "u-1"])
                    #expect(refused.status == .conflict)
                    #expect(refused.json["type"] == "urn:mainstay:problem:idempotency-in-flight")
                    #expect(refused.headers[.retryAfter] == "1")
                    opens.yield()
                    var first: HTTPResponse.Status?
                    while let status = try await group.next() { first = status ?? first }
                    #expect(first == .ok)
                    let again = try await ask(.post, path, headers: [.idempotencyKey: "u-1"])
                    #expect(again.status == .ok && again.headers[.idempotencyReplayed] == "true")
                }
            }
        }
    }
}
