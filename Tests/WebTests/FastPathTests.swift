import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import InMemoryLogging
import Logging
import MetricsTestKit
import NIOCore
import ServiceLifecycle
import Testing

@testable import Web

@Suite("The fast path", .timeLimit(.minutes(1))) struct FastPathTests {
    /// Knows `good`, by heart.
    private struct Knowing: Authenticator {
        var scopes: Set<String> = ["things:write"]

        func identity(bearer: String) async throws -> Identity? { known(bearer: bearer) }
        func known(bearer: String) -> Identity? {
            guard bearer == "good" else { return nil }
            return Identity(workspace: StubAuthenticator.workspace, workspaceSlug: "acme", tokenID: UUID(), user: nil, scopes: scopes)
        }
    }

    private struct Away: Error {}

    /// `POST /v1/jobs`: the kind of an accepted job says who answered.
    private struct Server {
        /// Who answered what, in words that a kind may have.
        static func kind(_ who: String, _ body: String) -> String { "\(who):" + body.prefix(20).filter { $0.isLetter || $0.isNumber || $0 == "." } }

        let log = InMemoryLogHandler()
        let metrics = TestMetrics()
        let responder: WebResponder
        let bodies: AsyncStream<String>
        /// Answers that are held back.
        let held: AsyncStream<FastRoute.Answer>

        init(_ authenticator: Knowing = Knowing()) {
            let (bodies, sink) = AsyncStream.makeStream(of: String.self)
            self.bodies = bodies
            let (held, hold) = AsyncStream.makeStream(of: FastRoute.Answer.self)
            self.held = held
            var routes = APIRoutes()
            let operation = APIOperation(
                .post, "/v1/jobs", summary: "Hand in", tag: "Jobs", scope: "things:write", request: .init(.any), answers: [.accepted])
            routes.on(operation) { request, context in
                let body = String(decoding: try await request.readBody(in: context), as: UTF8.self)
                sink.yield("slow \(body)")
                return AcceptedBody(id: UUID(), kind: Self.kind("slow", body))
            }
            routes.onFastPath(operation) { request, answer in
                let body = String(decoding: request.body, as: UTF8.self)
                switch body {
                case _ where body.hasPrefix("declined"): return false
                case "held": hold.yield(answer)
                case "away": answer(.failure(Away()))
                case "large":
                    answer(.success(AcceptedBody(id: UUID(), kind: String(repeating: "a", count: 100_000))))
                    sink.yield("fast large")
                default:
                    sink.yield("fast \(body) \(request.identity.workspaceSlug) \(request.trace.traceID)")
                    answer(.success(AcceptedBody(id: UUID(), kind: Self.kind("fast", body))))
                }
                return true
            }
            let options = WebResponder.Options(
                problems: ProblemTable([{ $0 is Away ? .unavailable("Come again.", retryAfter: .seconds(3)) : nil }]), metrics: metrics)
            responder = WebResponder(authenticator: authenticator, features: [routes], options: options)
        }

        func application(
            isOpen: @escaping @Sendable () -> Bool = { true }, onRunning: @escaping @Sendable (any Channel) -> Void = { _ in }
        ) -> Application<WebResponder> {
            let log = log
            var logger = Logger(label: "web.test") { _ in log }
            logger.logLevel = .trace
            return Application(
                responder: responder,
                server: FastPathServer.builder(
                    responder.fastPath(isOpen: isOpen, logger: logger), configuration: .init(additionalChannelHandlers: [ClientPresence()])),
                configuration: .init(address: .hostname("127.0.0.1", port: 0)), onServerRunning: { onRunning($0) }, logger: logger)
        }
    }

    private static func request(_ body: String, _ more: [String] = [], token: String = "good") -> ByteBuffer {
        RawClient.request(
            "POST", "/v1/jobs",
            headers: ["Authorization: Bearer \(token)", "Content-Type: application/json", "Content-Length: \(body.utf8.count)"] + more, body: body)
    }

    private static func post(
        _ body: String, _ more: HTTPFields = [:], token: String = "good", by client: any TestClientProtocol
    ) async throws -> TestResponse {
        var headers = HTTPFields.authorized(more, token: token)
        headers[.contentType] = "application/json"
        return try await client.execute(uri: "/v1/jobs", method: .post, headers: headers, body: ByteBuffer(string: body)) { $0 }
    }

    /// The answers' kinds, in order, of requests that are all sent at once over one connection, which the client then closes on its side.
    private static func kinds(_ answer: String) -> [String] {
        answer.components(separatedBy: "\"kind\":\"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
    }

    @Test("answers as the handler would, with its id, date, metrics, log and trace")
    func answers() async throws {
        let server = Server()
        try await server.application().test(.live) { client in
            let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
            let answer = try await Self.post("{}", [.traceparent: trace], by: client)
            #expect(answer.status == .accepted)
            #expect(Self.kinds(String(buffer: answer.body)) == ["fast:"])
            let requestID = try #require(answer.headers[.requestID])
            #expect(answer.headers[.contentType] == "application/json; charset=utf-8")
            #expect(answer.headers[.location]?.hasPrefix("/v1/jobs/") == true)
            #expect(answer.headers[.contentLength] == "\(answer.body.readableBytes)")
            let date = try #require(answer.headers[.date])
            #expect(date.wholeMatch(of: /[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT/) != nil)
            var bodies = server.bodies.makeAsyncIterator()
            #expect(await bodies.next() == "fast {} acme 4bf92f3577b34da6a3ce929d0e0e4736")

            let counter = try server.metrics.expectCounter(
                "mainstay_http_requests_total", [("method", "POST"), ("route", "/v1/jobs"), ("status", "202")])
            #expect(counter.totalValue == 1)
            let line = try #require(server.log.entries.last { $0.message == "Answered" })
            #expect(line.metadata["request_id"] == .string(requestID))
            #expect(line.metadata["trace_id"] == .string("4bf92f3577b34da6a3ce929d0e0e4736"))
            #expect(line.metadata["path"] == .string("/v1/jobs"))
            // What the handler answers says the same, in the same words.
            let other = try await Self.post("declined", [.traceparent: trace], by: client)
            #expect(Set(other.headers.map(\.name)) == Set(answer.headers.map(\.name)))
            let otherLine = try #require(server.log.entries.last { $0.message == "Answered" })
            #expect(Set(otherLine.metadata.keys) == Set(line.metadata.keys) && otherLine.level == line.level)
        }
    }

    @Test(
        "leaves to the handler what asks for more than the usual",
        arguments: [
            "Idempotency-Key: a", "Expect: 100-continue", "Connection: close", "X-Workspace: other", "Content-Encoding: gzip", "Prefer: wait=5",
            "Authorization: Bearer good", "Content-Type: application/json",
        ])
    func unusual(header: String) async throws {
        let server = Server()
        try await server.application().test(.live) { client in
            let answer = try await RawClient.run(port: client.port!, halfCloses: true) { inbound, outbound in
                try await outbound.write(Self.request("{}", [header]))
                outbound.finish()
                return try await inbound.readAll()
            }
            #expect(!answer.contains("\"kind\":\"fast:"))
            #expect(answer.contains("HTTP/1.1 202 ") == !header.hasPrefix("Authorization"))
        }
    }

    @Test("leaves to the handler a token that is not known by heart or may not, a body that is declined or large, and everything while closed")
    func left() async throws {
        let large = String(repeating: "a", count: FastRoute.bodyLimit + 1)
        for (server, body, isOpen, status) in [
            (Server(), "declined", true, 202), (Server(), large, true, 202), (Server(), "{}", false, 202),
            (Server(Knowing(scopes: [])), "{}", true, 403),
        ] {
            try await server.application(isOpen: { isOpen }).test(.live) { client in
                let answer = try await Self.post(body, by: client)
                #expect(answer.status.code == status)
                #expect(!String(buffer: answer.body).contains("fast"))
            }
        }
        try await Server().application().test(.live) { client in
            let answer = try await Self.post("{}", token: "bad", by: client)
            #expect(answer.status == .unauthorized)
        }
    }

    @Test("answers many requests of one connection in their order, whoever answers them, and goes on so")
    func pipelined() async throws {
        let server = Server()
        try await server.application().test(.live) { client in
            let answer = try await RawClient.run(port: client.port!, halfCloses: true) { inbound, outbound in
                var found = ""
                for round in 0..<3 {
                    var all = ByteBuffer()
                    for number in 0..<40 {
                        let body = "\(number % 3 == 1 ? "declined." : "").\(round).\(number)."
                        var one = Self.request(body, number % 7 == 2 ? ["Idempotency-Key: \(number)"] : [])
                        all.writeBuffer(&one)
                    }
                    try await outbound.write(all)
                    found += try await inbound.read(through: ".\(round).39.\"")
                }
                outbound.finish()
                return try await found + inbound.readAll()
            }
            let kinds = Self.kinds(answer)
            #expect(kinds.count == 120)
            for (place, kind) in kinds.enumerated() { #expect(kind.hasSuffix(".\(place / 40).\(place % 40).")) }
            // The first is alone on its connection; what comes behind one of the handler's is the handler's until that is answered.
            #expect(kinds[0] == "fast:.0.0." && kinds[1] == "slow:declined..0.1.")
            #expect(kinds[40] == "fast:.1.0." && kinds[80] == "fast:.2.0.", "nothing is under way")
        }
    }

    @Test("a client that does not read its answers gets to the handler, which writes no more to it")
    func deaf() async throws {
        let server = Server()
        try await server.application().test(.live) { client in
            try await RawClient.run(port: client.port!) { _, outbound in
                var bodies = server.bodies.makeAsyncIterator()
                var found = ""
                // Far more than the sockets of both sides hold.
                for _ in 0..<400 where !found.hasPrefix("slow") {
                    try await outbound.write(Self.request("large"))
                    found = await bodies.next() ?? ""
                }
                #expect(found == "slow large")
            }
        }
    }

    @Test("a body that does not come at once is the handler's")
    func inPieces() async throws {
        let server = Server()
        try await server.application().test(.live) { client in
            let answer = try await RawClient.run(port: client.port!) { inbound, outbound in
                let bytes = Array(Self.request("{\"a\":1}").readableBytesView)
                try await outbound.write(ByteBuffer(bytes: bytes.dropLast(3)))
                // Its head has been read and handed on when the server answers another connection.
                _ = try await RawClient.run(port: client.port!) { inbound, outbound in
                    try await outbound.write(Self.request("{}"))
                    return try await inbound.read(through: "url")
                }
                try await outbound.write(ByteBuffer(bytes: bytes.suffix(3)))
                return try await inbound.read(through: "url")
            }
            #expect(Self.kinds(answer).count == 1)
            var bodies = server.bodies.makeAsyncIterator()
            var found: [String] = []
            while found.count < 2, let next = await bodies.next() { found.append(next) }
            #expect(found.contains { $0.hasSuffix("{\"a\":1}") || $0.contains("{\"a\":1} ") })
        }
    }

    @Test("a client that has closed its side gets its answer, and one that has left costs nothing")
    func closed() async throws {
        let server = Server()
        try await server.application().test(.live) { client in
            try await RawClient.run(port: client.port!, halfCloses: true) { inbound, outbound in
                try await outbound.write(Self.request("held"))
                outbound.finish()
                var held = server.held.makeAsyncIterator()
                let answer = try #require(await held.next())
                answer(.success(AcceptedBody(id: UUID(), kind: "late")))
                #expect(Self.kinds(try await inbound.readAll()) == ["late"])
            }
            try await RawClient.run(port: client.port!) { _, outbound in try await outbound.write(Self.request("held")) }
            var held = server.held.makeAsyncIterator()
            let answer = try #require(await held.next())
            answer(.success(AcceptedBody(id: UUID(), kind: "late")))
            // The server goes on.
            let next = try await Self.post("{}", by: client)
            #expect(next.status == .accepted)
        }
    }

    @Test("a failure is the problem that it would be elsewhere")
    func failure() async throws {
        let server = Server()
        try await server.application().test(.live) { client in
            let answer = try await Self.post("away", by: client)
            #expect(answer.status == .serviceUnavailable)
            #expect(answer.headers[.retryAfter] == "3")
            let problem = try ReadProblem(answer)
            #expect(problem.instance == "/v1/jobs")
            #expect(server.log.entries.contains { $0.message == "A request was refused" })
        }
    }

    @Test("a server that stops writes the answers that are due, and then closes")
    func stopping() async throws {
        let server = Server()
        let (ports, running) = AsyncStream.makeStream(of: Int.self)
        let application = server.application(onRunning: { running.yield($0.localAddress?.port ?? 0) })
        let group = ServiceGroup(configuration: .init(services: [application], logger: Logger(label: "web.test")))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var port = ports.makeAsyncIterator()
            let found = try #require(await port.next())
            let answer = try await RawClient.run(port: found) { inbound, outbound in
                try await outbound.write(Self.request("held"))
                var held = server.held.makeAsyncIterator()
                let give = try #require(await held.next())
                await group.triggerGracefulShutdown()
                give(.success(AcceptedBody(id: UUID(), kind: "late")))
                return try await inbound.readAll()
            }
            #expect(Self.kinds(answer) == ["late"])
            try await tasks.waitForAll()
        }
    }
}
