import Foundation
import HTTPTypes
import Jobs
import Postgres
import Testing
import Web

@testable import Support

@Suite("Requests about tickets that are sent again")
struct TicketRepeatTests {
    @Test("A repeated request tells what became of the ticket's job", .timeLimit(.minutes(1)))
    func replayedState() async throws {
        try await TicketRoutesTests.withRoutes { ask in
            let body = #"{"subject":"Once","body":"x"}"#
            let headers: HTTPFields = [.idempotencyKey: "s-1"]
            let first = try await ask(.post, "/v1/tickets", body, headers: headers)
            #expect(first.json["state"]?.string == "queued")
            let id = try #require(first.id)
            #expect(try await ask.producer.wait(id, workspace: ask.fixture.workspace, timeout: .seconds(15))?.state == .done)
            let again = try await ask(.post, "/v1/tickets", body, headers: headers)
            #expect(again.status == .accepted && again.json["state"]?.string == "done")
        }
    }

    @Test("Closing honours its key, reads its body, and does nothing when that is bad", .timeLimit(.minutes(1)))
    func closing() async throws {
        try await TicketRoutesTests.withRoutes { ask in
            let (id, other) = (try await ask.opened(), try await ask.opened())
            let path = "/v1/tickets/\(id.lowercased)/close"
            for (body, status) in [(#"{"a":"#, HTTPResponse.Status.badRequest), ("[]", .unprocessableContent)] {
                #expect(try await ask(.post, path, body).status == status)
            }
            #expect(try await ask(.post, path, headers: [.idempotencyKey: ""]).status == .badRequest)
            #expect(try await ask(.get, "/v1/tickets/\(id.lowercased)").json["state"]?.string == "open")

            let first = try await ask(.post, path, "{}", headers: [.idempotencyKey: "c-1"])
            #expect(first.status == .ok && first.headers[.idempotencyReplayed] == nil)
            let again = try await ask(.post, path, "{}", headers: [.idempotencyKey: "c-1"])
            #expect(again.json == first.json && again.headers[.idempotencyReplayed] == "true")
            let otherPath = "/v1/tickets/\(other.lowercased)/close"
            #expect(try await ask(.post, otherPath, "{}", headers: [.idempotencyKey: "c-1"]).status == .unprocessableContent)
            #expect(try await ask(.get, "/v1/tickets/\(other.lowercased)").json["state"]?.string == "open")
        }
    }

    @Test("While a request is under way another one with its key is told so, and is answered when it comes again", .timeLimit(.minutes(1)))
    func underWay() async throws {
        try await TicketRoutesTests.withRoutes { ask in
            let id = try await ask.opened()
            let path = "/v1/tickets/\(id.lowercased)/close"
            let (held, isHeld) = AsyncStream.makeStream(of: Void.self)
            let (release, opens) = AsyncStream.makeStream(of: Void.self)
            try await withThrowingTaskGroup(of: HTTPResponse.Status?.self) { group in
                group.addTask {
                    try await ask.fixture.pool.transaction(.workspaces([ask.fixture.workspace])) { transaction in
                        try await transaction.execute("select id from tickets where id = $1 for update", id)
                        isHeld.yield()
                        for await _ in release { break }
                    }
                    return nil
                }
                for await _ in held { break }
                group.addTask { try await ask(.post, path, headers: [.idempotencyKey: "u-1"]).status }
                try await ask.fixture.untilBlocked()
                #expect(try await ask(.post, path, headers: [.idempotencyKey: "u-1"]).status == .conflict)
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
