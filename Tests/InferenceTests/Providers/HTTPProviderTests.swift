import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Synchronization
import Testing
import Web

@testable import Inference

/// The provider against a real server that misbehaves as it is told.
@Suite("A provider over HTTP", .timeLimit(.minutes(1))) struct HTTPProviderTests {
    struct Cut: Error {}

    private let request = ProviderRequest(
        run: "r", model: "m", messages: [RunMessage(.user, "Hi")], tools: [ToolDefinition(name: "f", parameters: ["type": "object"])])

    /// Serves `answer` at `/v1/chat/completions` and asks it.
    private func ask(
        timeouts: StreamTimeouts = StreamTimeouts(), key: String? = "sk-secret",
        holding: Permits? = nil,
        _ answer: @escaping @Sendable (Request) async throws -> Response,
        _ use: @escaping @Sendable (HTTPProvider) async throws -> Void
    ) async throws {
        let router = Router()
        router.post("/v1/chat/completions") { request, _ in try await answer(request) }
        try await Application(router: router).test(.live) { server in
            let port = try #require(server.port)
            let client = ProviderClient()
            let provider = HTTPProvider(
                name: "up", format: ChatCompletionsFormat(), baseURL: "http://127.0.0.1:\(port)/v1", key: key.flatMap { ProviderKey($0) },
                timeouts: timeouts, client: client)
            let result: Result<Void, any Error>
            do { result = .success(try await use(provider)) } catch { result = .failure(error) }
            // The server does not see that its client has left: what it holds back is let go, or it would never stop.
            holding?.give(8)
            try await client.shutdown()
            try result.get()
        }
    }

    private func decoded(
        timeouts: StreamTimeouts = StreamTimeouts(), holding: Permits? = nil, _ answer: @escaping @Sendable (Request) async throws -> Response,
        check: @escaping @Sendable (DecodedStream) throws -> Void
    ) async throws {
        let request = request
        try await ask(timeouts: timeouts, holding: holding, answer) { provider in try check(DecodedStream(try await provider.events(for: request))) }
    }

    private static func stream(
        _ write: @escaping @Sendable (inout any ResponseBodyWriter) async throws -> Void
    ) -> Response {
        Response(status: .ok, headers: [.contentType: "text/event-stream"], body: .init { try await write(&$0) })
    }

    private static func problem(_ status: HTTPResponse.Status, _ body: String, headers: HTTPFields = [:]) -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: body)))
    }

    @Test("sends the request as documented and streams the answer")
    func whole() async throws {
        let bodies = Collected<String>()
        try await decoded { request in
            bodies.add(String(buffer: try await request.body.collect(upTo: 1 << 20)))
            bodies.add(request.headers[.authorization] ?? "")
            return Self.stream { writer in
                try await writer.write(ByteBuffer(bytes: ChatFixtures.tools.bytes()))
                try await writer.finish(nil)
            }
        } check: { found in
            #expect(found == DecodedStream(ChatFixtures.tools))
        }
        #expect(
            bodies.all == [
                #"{"messages":[{"content":"Hi","role":"user"}],"model":"m","stream":true,"stream_options":{"include_usage":true},"tools":[{"function":{"name":"f","parameters":{"type":"object"}},"type":"function"}]}"#,
                "Bearer sk-secret",
            ])
    }

    @Test("hands over a piece before the next one was sent")
    func incremental() async throws {
        let permits = Permits()
        let request = request
        try await ask { _ in
            Self.stream { writer in
                for text in ["a", "b", "c"] {
                    try await writer.write(ByteBuffer(bytes: ChatStream().text(text).bytes()))
                    try await permits.take()
                }
                try await writer.write(ByteBuffer(bytes: ChatStream().finish("stop").done().bytes()))
                try await writer.finish(nil)
            }
        } _: { provider in
            let seen = Collected<String>()
            try await provider.stream(request) { event in
                guard case .chunk(let chunk) = event else { return }
                seen.add(chunk.text)
                // The server goes on only now.
                permits.give()
            }
            #expect(seen.all == ["a", "b", "c"])
        }
    }

    @Test("maps errors before the stream, with Retry-After and without the key")
    func refusals() async throws {
        let table: [(HTTPResponse.Status, String, InferenceError.Kind)] = [
            (
                .unauthorized,
                #"{"error":{"message":"Incorrect API key provided: sk-secret","type":"invalid_request_error","code":"invalid_api_key"}}"#,
                .authentication
            ),
            (.tooManyRequests, #"{"error":{"message":"slow","type":"tokens","code":"rate_limit_exceeded"}}"#, .rateLimited),
            (.tooManyRequests, #"{"error":{"message":"pay","type":"insufficient_quota","code":"insufficient_quota"}}"#, .paymentRequired),
            (.notFound, "<html>no</html>", .notFound), (.internalServerError, "", .serverError), (.badGateway, "{}", .unavailable),
            (.found, "", .invalidResponse),
        ]
        for (status, body, kind) in table {
            try await decoded { _ in
                Self.problem(status, body, headers: [.retryAfter: "7", .location: "http://127.0.0.1:1/"])
            } check: { found in
                guard case .failed(let error) = found.outcome else { return #expect(Bool(false), "\(status)") }
                #expect(error.kind == kind, "\(status) \(body)")
                #expect(error.status == status.code)
                #expect(error.provider == "up")
                #expect(error.retryAfter == .seconds(7))
                #expect(!error.message.contains("sk-secret"))
            }
        }
    }

    @Test("reads an error or a whole answer that comes as JSON although a stream was promised")
    func jsonBody() async throws {
        try await decoded { _ in
            Self.problem(.ok, #"{"error":{"message":"quota","code":"insufficient_quota"}}"#)
        } check: { found in
            #expect(found.failure == .paymentRequired)
        }
        try await decoded { _ in
            Self.problem(.ok, #"{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}"#)
        } check: { found in
            #expect(found.text == "Hi")
            #expect(found.outcome == .completed)
        }
    }

    @Test("tells a stream that was cut from one that ended")
    func cuts() async throws {
        try await decoded { _ in
            Self.stream { writer in
                try await writer.write(ByteBuffer(bytes: ChatStream().text("a").bytes()))
                try await writer.finish(nil)
            }
        } check: { found in
            #expect(found.outcome == .incomplete(.truncated))
        }
        try await decoded { _ in
            Self.stream { writer in
                try await writer.write(ByteBuffer(bytes: ChatStream().text("a").bytes() + Array("data: {\"choi".utf8)))
                throw Cut()
            }
        } check: { found in
            #expect(found.text == "a")
            #expect(found.outcome == .incomplete(.truncated))
        }
        try await decoded { _ in
            Self.stream { writer in
                try await writer.write(ByteBuffer(bytes: ChatStream().role().bytes()))
                throw Cut()
            }
        } check: { found in
            #expect(found.failure == .connection)
        }
    }

    @Test("does not wait for the end of a connection after the end marker")
    func openAfterDone() async throws {
        let hold = Permits()
        try await decoded(holding: hold) { _ in
            Self.stream { writer in
                try await writer.write(ByteBuffer(bytes: ChatFixtures.text.bytes()))
                try await hold.take()
                throw Cut()
            }
        } check: { found in
            #expect(found.outcome == .completed)
        }
    }

    @Test("waits apart for the head, the first token, the next one, and the end marker")
    func timeouts() async throws {
        let hold = Permits()
        let short = Duration.milliseconds(80)
        let expected: [(String, StreamTimeouts, [UInt8]?)] = [
            ("header_wait", StreamTimeouts(headers: short), nil),
            // Comments and the role keep a line alive and are no token.
            ("first_token", StreamTimeouts(firstToken: short), ChatStream().comment("PROCESSING").role().bytes()),
        ]
        for (code, timeouts, sent) in expected {
            try await decoded(timeouts: timeouts, holding: hold) { _ in
                guard let sent else {
                    try await hold.take()
                    return Response(status: .ok)
                }
                return Self.stream { writer in
                    for _ in 0..<100 {
                        try await writer.write(ByteBuffer(bytes: sent))
                        try await ContinuousClock().sleep(for: .milliseconds(20))
                    }
                }
            } check: { found in
                guard case .failed(let error) = found.outcome else { return #expect(Bool(false), "\(code)") }
                #expect(error.kind == .timeout)
                #expect(error.code == code)
            }
        }
        try await decoded(timeouts: StreamTimeouts(idle: short), holding: hold) { _ in
            Self.stream { writer in
                try await writer.write(ByteBuffer(bytes: ChatStream().text("a").bytes()))
                try await hold.take()
                throw Cut()
            }
        } check: { found in
            #expect(found.outcome == .incomplete(.truncated))
        }
        try await decoded(timeouts: StreamTimeouts(settle: short), holding: hold) { _ in
            Self.stream { writer in
                try await writer.write(ByteBuffer(bytes: ChatStream().text("a").finish("stop").bytes()))
                try await hold.take()
                throw Cut()
            }
        } check: { found in
            #expect(found.endings == [StepEnding(.completed, finish: FinishReason(.stop, raw: "stop"), missingDone: true)])
        }
    }

    @Test("does not count the time in which its receiver holds it back")
    func slowReceiver() async throws {
        let request = request
        try await ask(timeouts: StreamTimeouts(firstToken: .milliseconds(100), idle: .milliseconds(100))) { _ in
            Self.stream { writer in
                try await writer.write(ByteBuffer(bytes: ChatFixtures.text.bytes()))
                try await writer.finish(nil)
            }
        } _: { provider in
            let events = Collected<ProviderEvent>()
            try await provider.stream(request) { event in
                try await ContinuousClock().sleep(for: .milliseconds(150))
                events.add(event)
            }
            #expect(DecodedStream(events.all).outcome == .completed)
        }
    }

    @Test("closes its connection when it is cancelled")
    func cancelled() async throws {
        let request = request
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        try await ask { _ in
            Self.stream { writer in
                do {
                    for _ in 0..<10_000 {
                        try await writer.write(ByteBuffer(bytes: ChatStream().text("a").bytes()))
                        try await ContinuousClock().sleep(for: .milliseconds(5))
                    }
                } catch {
                    end.yield()
                    throw error
                }
            }
        } _: { provider in
            await withTaskGroup(of: Void.self) { group in
                let (begins, begin) = AsyncStream.makeStream(of: Void.self)
                group.addTask {
                    await #expect(throws: CancellationError.self) { try await provider.stream(request) { _ in begin.yield() } }
                }
                for await _ in begins { break }
                group.cancelAll()
            }
            for await _ in ends { break }
        }
    }

    @Test("passes on what its receiver throws, and stops")
    func receiverThrows() async throws {
        let request = request
        try await ask { _ in
            Self.stream { writer in
                try await writer.write(ByteBuffer(bytes: ChatFixtures.text.bytes()))
                try await writer.finish(nil)
            }
        } _: { provider in
            await #expect(throws: Cut.self) { try await provider.stream(request) { _ in throw Cut() } }
        }
    }

    @Test("tells of a server that is not there")
    func refused() async throws {
        let client = ProviderClient()
        let provider = HTTPProvider(
            name: "up", format: ChatCompletionsFormat(), baseURL: "http://127.0.0.1:1/v1", key: nil,
            timeouts: StreamTimeouts(headers: .milliseconds(500)), client: client)
        let found = DecodedStream(try await provider.events(for: request))
        #expect(found.failure?.isRetryable == true)
        try await client.shutdown()
    }
}
