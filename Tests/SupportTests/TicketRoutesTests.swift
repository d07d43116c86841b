import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Jobs
import Logging
import NIOCore
import Testing
import Web

@testable import Support

/// Knows three tokens: `mine`, `theirs` (another workspace) and `reader` (mine, without the scope to write).
private struct ThreeTokens: Authenticator {
    let mine: UUID
    let theirs = UUID()

    func identity(bearer: String) async throws -> Identity? {
        switch bearer {
        case "mine", "reader":
            Identity(
                workspace: mine, workspaceSlug: "mine", tokenID: UUID(), user: nil,
                scopes: bearer == "mine" ? ["tickets:read", "tickets:write"] : ["tickets:read"])
        case "theirs": Identity(workspace: theirs, workspaceSlug: "theirs", tokenID: UUID(), user: nil, scopes: ["tickets:read", "tickets:write"])
        default: nil
        }
    }

    func known(bearer: String) -> Identity? {
        guard bearer != "theirs" else { return nil }
        return Identity(
            workspace: mine, workspaceSlug: "mine", tokenID: UUID(), user: nil,
            scopes: bearer == "mine" ? ["tickets:read", "tickets:write"] : ["tickets:read"])
    }
}

@Suite("Tickets over HTTP")
struct TicketRoutesTests {
    /// One answer: its status, headers, and body as JSON.
    struct Answer: Sendable {
        let status: HTTPResponse.Status
        let headers: HTTPFields
        let json: JSONValue

        var id: UUID? { json["id"]?.string.flatMap(UUID.init(uuidString:)) }
        var pointers: [String] { (json["errors"]?.elements ?? []).compactMap { $0["pointer"]?.string } }
    }

    /// Asks the routes of one engine.
    struct Asker: Sendable {
        let client: any TestClientProtocol
        let fixture: SupportFixture
        let producer: JobProducer

        func callAsFunction(
            _ method: HTTPRequest.Method, _ path: String, _ body: [UInt8]? = nil, token: String? = "mine", headers: HTTPFields = [:]
        ) async throws -> Answer {
            var headers = headers
            if let token { headers[.authorization] = "Bearer \(token)" }
            if body != nil, headers[.contentType] == nil { headers[.contentType] = "application/json" }
            return try await client.execute(uri: path, method: method, headers: headers, body: body.map { ByteBuffer(bytes: $0) }) { response in
                let bytes = Array(response.body.readableBytesView)
                return Answer(
                    status: response.status, headers: response.headers, json: bytes.isEmpty ? .null : try JSONBody.decode(JSONValue.self, from: bytes)
                )
            }
        }

        func callAsFunction(
            _ method: HTTPRequest.Method, _ path: String, _ body: String, token: String? = "mine", headers: HTTPFields = [:]
        ) async throws -> Answer {
            try await self(method, path, Array(body.utf8), token: token, headers: headers)
        }

        /// Opens a ticket and waits for its row.
        func opened(_ body: String = #"{"subject":"Zero balance","body":"help"}"#) async throws -> UUID {
            let id = try #require(try await self(.post, "/v1/tickets", body).id)
            let status = try await producer.wait(id, workspace: fixture.workspace, timeout: .seconds(15))
            #expect(status?.state == .done)
            return id
        }
    }

    /// Runs `body` against the routes, with a real engine behind them.
    /// - Parameter isFast: over connections that answer on their event loops what they can.
    static func withRoutes(isFast: Bool = false, _ body: @escaping @Sendable (Asker) async throws -> Void) async throws {
        let fixture = try await SupportFixture.make()
        try await fixture.withEngine { support, producer, _ in
            // The server's own table maps these; here the row that this feature leans on.
            let row: ProblemTable.Row = { error in
                guard let error = error as? JobError else { return nil }
                if error.code == .inFlight { return .conflict("The first one is under way.", name: "idempotency-in-flight") }
                guard error.code == .idempotencyMismatch else { return nil }
                return Problem(.unprocessableContent, name: "idempotency-mismatch", title: "The key was used for another request")
            }
            let responder = WebResponder(
                authenticator: ThreeTokens(mine: fixture.workspace), features: [support.routes], options: .init(problems: ProblemTable([row])))
            let fastPath = responder.fastPath(isOpen: { true }, logger: Logger(label: "test.support"))
            let application = Application(
                responder: responder, server: FastPathServer.builder(fastPath, configuration: .init()),
                configuration: .init(address: .hostname("127.0.0.1", port: 0)))
            try await application.test(isFast ? .live : .router) { client in
                try await body(Asker(client: client, fixture: fixture, producer: producer))
            }
        }
    }

    @Test("A ticket goes from POST to its row, is answered, closed, and shows its clocks", .timeLimit(.minutes(1)), arguments: [false, true])
    func life(isFast: Bool) async throws {
        try await Self.withRoutes(isFast: isFast) { ask in
            let accepted = try await ask(
                .post, "/v1/tickets",
                #"{"subject":"Zero balance 🪙","body":"Nothing there","priority":"high","category":"6002","wallet":"0xAbC1","requester":"Ada"}"#)
            #expect(accepted.status == .accepted)
            #expect(accepted.json["kind"]?.string == "ticket.create")
            let id = try #require(accepted.id)
            #expect(accepted.headers[.location] == "/v1/jobs/\(id.lowercased)")
            #expect(try await ask.producer.wait(id, workspace: ask.fixture.workspace, timeout: .seconds(15))?.state == .done)

            let path = "/v1/tickets/\(id.lowercased)"
            let shown = try await ask(.get, path)
            #expect(shown.status == .ok)
            #expect(shown.json["subject"]?.string == "Zero balance 🪙")
            #expect(shown.json["state"]?.string == "open")
            #expect(shown.json["category"]?.string == "migration_no_source_token")
            #expect(shown.json["clocks"]?.elements?.compactMap { $0["state"]?.string } == ["running", "running"])
            #expect(shown.json["escalations"]?.elements?.isEmpty == true)

            let reply = try await ask(.post, path + "/replies", #"{"body":"Look here"}"#)
            #expect(reply.status == .created)
            #expect(reply.json["author"]?.string == "support")
            #expect(try await ask(.get, path).json["clocks"]?.elements?.compactMap { $0["state"]?.string } == ["met", "running"])

            let closed = try await ask(.post, path + "/close")
            #expect(closed.status == .ok)
            #expect(closed.json["state"]?.string == "closed")
            #expect(try await ask(.post, path + "/close").json == closed.json, "closing again changes nothing")
            #expect(try await ask(.get, path).json["clocks"]?.elements?.compactMap { $0["state"]?.string } == ["met", "met"])

            let refused = try await ask(.post, path + "/replies", #"{"body":"One more thing"}"#)
            #expect(refused.status == .conflict)
            #expect(refused.json["type"]?.string == "urn:mainstay:problem:ticket-closed")
        }
    }

    @Test(
        "A faulty ticket is answered alike, whichever way its request goes", .timeLimit(.minutes(1)),
        arguments: [
            #"{"subject":"","body":"x"}"#, #"{"subject":"a"}"#, #"{"subject":1,"body":"x"}"#, #"{"subject":"a","body":"x","priority":"now"}"#,
            #"{"subject":"a","body":"x\u0000"}"#, #"{"subject":"a","subject":"b","body":"x"}"#, #"{"subject":"a","body":"x","wallet":"no good"}"#,
            "[]", "{", "", #"{"subject":"a","body":"x","more":{"deep":[1,2]}}"#,
        ])
    func alike(body: String) async throws {
        try await Self.withRoutes { ask in
            let slow = try await ask(.post, "/v1/tickets", body)
            try await Self.withRoutes(isFast: true) { ask in
                let fast = try await ask(.post, "/v1/tickets", body)
                #expect(fast.status == slow.status)
                #expect(fast.pointers == slow.pointers)
                #expect(fast.json["detail"]?.string == slow.json["detail"]?.string)
                #expect(try await ask(.post, "/v1/tickets", #"{"subject":"a","body":"x"}"#, token: "reader").status == .forbidden)
                #expect(try await ask(.post, "/v1/tickets", #"{"subject":"a","body":"x"}"#, token: "theirs").status == .accepted)
            }
        }
    }

    @Test("A deadline that passes becomes an escalation, by sweep and job", .timeLimit(.minutes(1)))
    func escalation() async throws {
        try await Self.withRoutes { ask in
            let id = try await ask.opened()
            try await ask.fixture.moveTime(by: 24 * 3600 + 60)
            let sweep = EscalationSweep(pool: ask.fixture.pool, producer: ask.producer)
            #expect(try await sweep.sweep() == 1)
            let clock = SLAMetric.firstReply.clockID(ofTicket: id)
            let job = EscalateTicket(clock: clock, step: .breach).jobID
            #expect(try await ask.producer.wait(job, workspace: ask.fixture.workspace, timeout: .seconds(15))?.state == .done)

            let shown = try await ask(.get, "/v1/tickets/\(id.lowercased)").json
            #expect(shown["clocks"]?.elements?.compactMap { $0["state"]?.string } == ["breached", "running"])
            #expect(shown["escalations"]?.elements?.compactMap { $0["id"]?.string } == [job.lowercased])

            // Enqueued again: the same job, and the same one escalation.
            _ = try await ask.producer.accept(EscalateTicket(clock: clock, step: .breach), workspace: ask.fixture.workspace, id: job)
            let next = try await ask.opened()
            #expect(try await ask(.get, "/v1/tickets/\(next.lowercased)").status == .ok)
            #expect(try await ask.fixture.count("select count(*) from escalations") == 1)
            #expect(try await ask.fixture.count("select count(*) from outcomes where kind = 'ticket.escalate'") == 1)
        }
    }

    @Test("The same Idempotency-Key and body is the same ticket; another body is refused", .timeLimit(.minutes(1)))
    func idempotency() async throws {
        try await Self.withRoutes { ask in
            let body = #"{"subject":"Once","body":"x"}"#
            let first = try await ask(.post, "/v1/tickets", body, headers: [.idempotencyKey: "\"a-1\""])
            let second = try await ask(.post, "/v1/tickets", body, headers: [.idempotencyKey: "a-1"])
            #expect(first.status == .accepted && second.status == .accepted)
            #expect(first.id == second.id)
            #expect(second.headers[.idempotencyReplayed] == "true")
            let other = try await ask(.post, "/v1/tickets", #"{"subject":"Twice","body":"x"}"#, headers: [.idempotencyKey: "a-1"])
            #expect(other.status == .unprocessableContent)
            // Another workspace's key of the same name is its own.
            let theirs = try await ask(.post, "/v1/tickets", body, token: "theirs", headers: [.idempotencyKey: "a-1"])
            #expect(theirs.status == .accepted && theirs.id != first.id)

            let id = try await ask.opened()
            let path = "/v1/tickets/\(id.lowercased)/replies"
            let replies = [
                try await ask(.post, path, #"{"body":"r"}"#, headers: [.idempotencyKey: "r-1"]),
                try await ask(.post, path, #"{"body":"r"}"#, headers: [.idempotencyKey: "r-1"]),
            ]
            #expect(replies.map(\.status) == [.created, .created])
            #expect(replies[0].id == replies[1].id && replies[1].headers[.idempotencyReplayed] == "true")
            #expect(try await ask(.post, path, #"{"body":"other"}"#, headers: [.idempotencyKey: "r-1"]).status == .unprocessableContent)
        }
    }

    @Test("Bad input is a problem and leaves nothing behind", .timeLimit(.minutes(1)))
    func badInput() async throws {
        try await Self.withRoutes { ask in
            let cases: [(String, [UInt8], HTTPResponse.Status, [String])] = [
                ("truncated", Array(#"{"subject":"x","body":"#.utf8), .badRequest, []),
                ("empty", [], .badRequest, []),
                ("an array", Array("[]".utf8), .unprocessableContent, ["#"]),
                ("a number for the subject", Array(#"{"subject":7,"body":"x"}"#.utf8), .unprocessableContent, ["#/subject"]),
                ("no body", Array(#"{"subject":"x"}"#.utf8), .unprocessableContent, ["#/body"]),
                ("invalid UTF-8", Array(#"{"subject":"x"#.utf8) + [0xC3, 0x28] + Array(#"","body":"x"}"#.utf8), .badRequest, []),
                ("a NUL byte", Array(#"{"subject":"x"#.utf8) + [0] + Array(#"","body":"x"}"#.utf8), .badRequest, []),
                ("an escaped NUL", Array(#"{"subject":"x","body":"a\u0000b"}"#.utf8), .unprocessableContent, ["#/body"]),
                ("a control character", Array(#"{"subject":"a\u001bb","body":"x"}"#.utf8), .unprocessableContent, ["#/subject"]),
                (
                    "many faults", Array(#"{"subject":"","body":"x","priority":"soon","category":"?","wallet":"a b"}"#.utf8), .unprocessableContent,
                    ["#/subject", "#/priority", "#/category", "#/wallet"]
                ),
                ("too large", Array(repeating: UInt8(ascii: " "), count: BodyLimit.generous + 1), .contentTooLarge, []),
            ]
            for (name, body, status, pointers) in cases {
                let answer = try await ask(.post, "/v1/tickets", body)
                #expect(answer.status == status, "\(name): \(answer.json)")
                #expect(answer.headers[.contentType] == "application/problem+json", "\(name)")
                #expect(answer.pointers == pointers, "\(name)")
            }
            #expect(try await ask(.post, "/v1/tickets", "{}", headers: [.contentType: "text/plain"]).status == .unsupportedMediaType)
            #expect(try await ask(.post, "/v1/tickets", "{}", token: nil).status == .unauthorized)
            #expect(try await ask(.post, "/v1/tickets", "{}", token: "stale").status == .unauthorized)
            #expect(try await ask(.post, "/v1/tickets", #"{"subject":"x","body":"x"}"#, token: "reader").status == .forbidden)
            #expect(try await ask(.get, "/v1/tickets?state=lost").status == .badRequest)
            #expect(try await ask(.get, "/v1/tickets?cursor=!").status == .badRequest)
            #expect(try await ask(.get, "/v1/tickets?limit=0").status == .badRequest)
            #expect(try await ask.fixture.count("select (select count(*) from acceptances) + (select count(*) from tickets)") == 0)
        }
    }

    @Test("Another workspace's ticket is not found, nor is one that was never there", .timeLimit(.minutes(1)))
    func foreign() async throws {
        try await Self.withRoutes { ask in
            let id = try await ask.opened()
            for path in ["/v1/tickets/\(id.lowercased)", "/v1/tickets/\(UUID.version7().lowercased)", "/v1/tickets/not-an-id"] {
                #expect(try await ask(.get, path, token: "theirs").status == .notFound, "\(path)")
                #expect(try await ask(.post, path + "/close", token: "theirs").status == .notFound, "\(path)")
                #expect(try await ask(.post, path + "/replies", #"{"body":"x"}"#, token: "theirs").status == .notFound, "\(path)")
            }
            #expect(try await ask(.get, "/v1/tickets", token: "theirs").json["items"]?.elements?.isEmpty == true)
            #expect(try await ask(.get, "/v1/tickets/\(id.lowercased)").json["state"]?.string == "open")
        }
    }

    @Test("Pages follow their cursors to the end", .timeLimit(.minutes(1)))
    func pages() async throws {
        try await Self.withRoutes { ask in
            let jobs = (0..<7).map { ask.fixture.job(subject: "Ticket \($0)") }
            try await ask.fixture.create(jobs)
            _ = try await ask(.post, "/v1/tickets/\(jobs[3].id.lowercased)/close")
            var path = "/v1/tickets?limit=3&state=open"
            var found: [String] = []
            while true {
                let page = try await ask(.get, path).json
                found += (page["items"]?.elements ?? []).compactMap { $0["id"]?.string }
                #expect(page["items"]?.elements?.allSatisfy { $0["body"] == nil } == true)
                guard let cursor = page["next_cursor"]?.string else { break }
                path = "/v1/tickets?limit=3&state=open&cursor=\(cursor)"
            }
            let expected = jobs.filter { $0.id != jobs[3].id }.map(\.id.lowercased).sorted(by: >)
            #expect(found == expected)
        }
    }

    @Test("Every route is described, and every description is mounted")
    func description() async throws {
        try await Self.withRoutes { ask in
            let document = try await ask(.get, "/openapi.json", token: nil).json
            let paths = try #require(document["paths"]?.members?.map(\.name))
            #expect(Set(paths).isSuperset(of: ["/v1/tickets", "/v1/tickets/{id}", "/v1/tickets/{id}/replies", "/v1/tickets/{id}/close"]))
        }
    }
}
