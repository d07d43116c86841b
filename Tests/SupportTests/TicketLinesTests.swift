import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Jobs
import NIOCore
import Postgres
import TestSupport
import Testing
import Web

@testable import Support

@Suite("Many tickets in one request", .timeLimit(.minutes(1)))
struct TicketLinesTests {
    /// Sends lines, and returns what each was answered with.
    private static func send(
        _ lines: [String], _ ask: TicketRoutesTests.Asker, token: String = "mine", headers: HTTPFields = [:]
    ) async throws -> [JSONValue] {
        var headers = headers
        headers[.authorization] = "Bearer \(token)"
        headers[.contentType] = "application/x-ndjson; charset=utf-8"
        let body = ByteBuffer(string: lines.joined(separator: "\n"))
        return try await ask.client.execute(uri: "/v1/tickets", method: .post, headers: headers, body: body) { response in
            #expect(response.status == .ok)
            return try String(buffer: response.body).split(separator: "\n").map { try JSONBody.decode(JSONValue.self, from: Array($0.utf8)) }
        }
    }

    private static func statuses(_ answers: [JSONValue]) -> [Int64] {
        answers.map { if case .integer(let status)? = $0["status"] { status } else { 0 } }
    }

    private static func ids(_ answers: [JSONValue]) -> [UUID?] { answers.map { $0["id"]?.string.flatMap { UUID(uuidString: $0) } } }

    @Test("a thousand lines, bad ones among them: each is answered in its place, and what was accepted becomes tickets")
    func thousand() async throws {
        try await TicketRoutesTests.withRoutes { ask in
            let bad = [
                10: #"{"subject":"","body":"x"}"#, 333: "not JSON", 500: #"{"subject":"x"}"#, 777: #"{"subject":"x","body":"y","priority":"soon"}"#,
                999: "[]",
            ]
            let lines = (0..<1000).map { bad[$0] ?? #"{"subject":"Ticket \#($0)","body":"of many","priority":"high"}"# }
            let answers = try await Self.send(lines, ask)
            #expect(answers.count == 1000)
            for (index, answer) in answers.enumerated() {
                #expect(answer["line"] == .integer(Int64(index + 1)))
                let status: Int64 = bad[index] == nil ? 202 : index == 333 ? 400 : 422
                #expect(answer["status"] == .integer(status), "line \(index + 1)")
            }
            #expect(answers[777]["problem"]?["errors"]?[0]?["pointer"]?.string == "#/priority")
            let accepted = Self.ids(answers).compactMap { $0 }
            #expect(Set(accepted).count == 995)
            let last = try #require(accepted.last)
            #expect(try await ask.producer.wait(last, workspace: ask.fixture.workspace, timeout: .seconds(15))?.state == .done)
            try await eventually { try await ask.fixture.count("select count(*) from tickets") == 995 }
            #expect(try await ask.fixture.count("select count(*) from acceptances") == 995)
            // They came together: far fewer commits than tickets.
            #expect(try await ask.fixture.count("select count(distinct append_group) from acceptances") < 300)
        }
    }

    @Test("the same body under one key makes each of its tickets once; a line's own key goes before")
    func keys() async throws {
        try await TicketRoutesTests.withRoutes { ask in
            let lines = [
                #"{"subject":"One","body":"x"}"#, "", #"{"subject":"Two","body":"x","idempotency_key":"own"}"#, #"{"subject":"Three","body":"x"}"#,
            ]
            let first = try await Self.send(lines, ask, headers: [.idempotencyKey: "\"file\""])
            #expect(Self.statuses(first) == [202, 202, 202])
            let again = try await Self.send(lines, ask, headers: [.idempotencyKey: "file"])
            #expect(Self.ids(again) == Self.ids(first))
            #expect(again.allSatisfy { $0["replayed"] == .bool(true) } && first.allSatisfy { $0["replayed"] == nil })
            // Another text under a line's key is another request.
            let other = try await Self.send([#"{"subject":"Other","body":"x"}"#, lines[2]], ask, headers: [.idempotencyKey: "file"])
            #expect(Self.statuses(other) == [422, 202])
            #expect(Self.ids(other)[1] == Self.ids(first)[1])
            #expect(Self.statuses(try await Self.send([#"{"subject":"S","body":"x","idempotency_key":""}"#], ask)) == [422])
            #expect(try await ask.fixture.count("select count(*) from acceptances") == 3)
        }
    }

    @Test("who may not write, or sends no lines, is refused as a whole; a body of nothing is answered with nothing")
    func whole() async throws {
        try await TicketRoutesTests.withRoutes { ask async throws in
            let line = #"{"subject":"x","body":"x"}"#
            let type: HTTPFields = [.contentType: "application/x-ndjson"]
            #expect(try await ask(.post, "/v1/tickets", line, token: "reader", headers: type).status == .forbidden)
            #expect(try await ask(.post, "/v1/tickets", line, token: nil, headers: type).status == .unauthorized)
            #expect(
                try await ask(.post, "/v1/tickets", line, headers: [.contentType: "application/x-ndjson", .idempotencyKey: "a b"]).status
                    == .badRequest)
            #expect(try await Self.send([], ask).isEmpty)
            #expect(try await Self.send(["", " ", ""], ask).isEmpty)
            #expect(try await ask.fixture.count("select count(*) from acceptances") == 0)
        }
    }
}
