import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing
import Web

@testable import Inference

/// Every format over a real server: what is sent, what a refusal becomes, and which waits are ended.
@Suite("Each format over HTTP", .timeLimit(.minutes(1))) struct ProviderFormatTests {
    struct Cut: Error {}

    private let request = ProviderRequest(run: "r", model: "m", messages: [RunMessage(.user, "Hi")])

    /// Serves `answer` at the format's path and asks it once.
    private func ask(
        _ format: ProviderFormat, timeouts: StreamTimeouts = StreamTimeouts(), holding: Permits? = nil,
        _ answer: @escaping @Sendable (Request) async throws -> Response
    ) async throws -> DecodedStream {
        let request = request
        let wire = format.wire(site: "https://agents.example")
        let router = Router()
        router.post("/v1\(wire.path)") { request, _ in try await answer(request) }
        return try await Application(router: router).test(.live) { server in
            let port = try #require(server.port)
            let client = ProviderClient()
            let provider = HTTPProvider(
                name: "up", format: wire, baseURL: "http://127.0.0.1:\(port)/v1/", key: ProviderKey("sk-secret"), timeouts: timeouts, client: client)
            let result: Result<DecodedStream, any Error>
            do { result = .success(DecodedStream(try await provider.events(for: request))) } catch { result = .failure(error) }
            // The server does not see that its client has left: what it holds back is let go, or it would never stop.
            holding?.give(8)
            try await client.shutdown()
            return try result.get()
        }
    }

    private static func stream(_ bytes: [UInt8], then: @escaping @Sendable () async throws -> Void = {}) -> Response {
        Response(
            status: .ok, headers: [.contentType: "text/event-stream; charset=utf-8"],
            body: .init { writer in
                try await writer.write(ByteBuffer(bytes: bytes))
                try await then()
                try await writer.finish(nil)
            })
    }

    /// A text and a tool call of each format.
    private static func fixtures(_ format: ProviderFormat) -> [WireFixture] {
        WireFixture.all.filter { $0.format == format }
    }

    @Test("sends its body and its headers, and reads every fixture as its decoder does", arguments: ProviderFormat.allCases)
    func whole(_ format: ProviderFormat) async throws {
        let sent = Collected<[String]>()
        let key = format == .anthropic ? "x-api-key" : "authorization"
        for fixture in Self.fixtures(format) {
            let found = try await ask(format) { request in
                let body = String(buffer: try await request.body.collect(upTo: 1 << 20))
                let fields = try [key, "content-type", "accept"].map { field in
                    let name = try #require(HTTPField.Name(field))
                    return request.headers[name] ?? ""
                }
                sent.add([body] + fields)
                return Self.stream(fixture.bytes())
            }
            let expected = fixture.decoded()
            #expect(found.text == expected.text, "\(fixture)")
            #expect(found.calls == expected.calls, "\(fixture)")
            #expect(found.usages == expected.usages, "\(fixture)")
            #expect(found.endings.first?.finish == expected.endings.first?.finish, "\(fixture)")
            #expect(found.failure == expected.failure, "\(fixture)")
            if case .failed(let error) = found.outcome { #expect(error.provider == "up", "\(fixture)") }
        }
        let body = String(decoding: try format.wire().body(request), as: UTF8.self)
        let wanted = [body, format == .anthropic ? "sk-secret" : "Bearer sk-secret", "application/json", "text/event-stream"]
        #expect(sent.all == Array(repeating: wanted, count: Self.fixtures(format).count))
    }

    @Test("maps a refusal, with how long to wait and without the key", arguments: ProviderFormat.allCases)
    func refusals(_ format: ProviderFormat) async throws {
        let body =
            format == .anthropic
            ? #"{"type":"error","error":{"type":"overloaded_error","message":"Try later, sk-secret."}}"#
            : #"{"error":{"message":"Try later, sk-secret.","type":"server_error","code":"slow_down"}}"#
        let found = try await ask(format) { _ in
            Response(
                status: .serviceUnavailable, headers: [.contentType: "application/json", .retryAfter: "7"],
                body: .init(byteBuffer: ByteBuffer(string: body)))
        }
        guard case .failed(let error) = found.outcome else { return #expect(Bool(false), "\(format)") }
        #expect(error == InferenceError(.overloaded, "Try later, ***.", provider: "up", status: 503, code: error.code, retryAfter: .seconds(7)))
    }

    @Test("waits as long as the limit says that is used up", arguments: ProviderFormat.allCases)
    func rateLimits(_ format: ProviderFormat) async throws {
        let found = try await ask(format) { _ in
            var headers: HTTPFields = [.contentType: "application/json"]
            for (field, value) in [
                ("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "1m30s"), ("x-should-retry", "false"),
            ] {
                let name = try #require(HTTPField.Name(field))
                headers[name] = value
            }
            return Response(status: .tooManyRequests, headers: headers, body: .init(byteBuffer: ByteBuffer(string: "{}")))
        }
        guard case .failed(let error) = found.outcome else { return #expect(Bool(false), "\(format)") }
        #expect(error.kind == .rateLimited)
        #expect(error.retryAfter == .seconds(90))
        #expect(!error.isRetryable)
    }

    @Test("T20, T39: does not wait for the end of a connection after the end, nor for ever before it", arguments: ProviderFormat.allCases)
    func waits(_ format: ProviderFormat) async throws {
        let fixture = try #require(Self.fixtures(format).first { $0.decoded().outcome == .completed })
        let open = try await held(format, fixture.bytes())
        #expect(open.outcome == .completed)
        let short = StreamTimeouts(firstToken: .milliseconds(80), idle: .milliseconds(80))
        let stuck = try await held(format, fixture.bytes(Array(fixture.frames[..<fixture.settling])), timeouts: short)
        #expect(stuck.outcome == .incomplete(.truncated))
        let silent = try await held(format, Array(": keep-alive\n\n".utf8), timeouts: short)
        #expect(silent.failure == .timeout)
    }

    /// Sends `bytes` and then nothing, with the connection left open.
    private func held(_ format: ProviderFormat, _ bytes: [UInt8], timeouts: StreamTimeouts = StreamTimeouts()) async throws -> DecodedStream {
        let hold = Permits()
        return try await ask(format, timeouts: timeouts, holding: hold) { _ in
            Self.stream(bytes) {
                try await hold.take()
                throw Cut()
            }
        }
    }

    @Test("a request that the format cannot say is a failure that is not repeated, and nothing is sent")
    func unsayable() async throws {
        let client = ProviderClient()
        let provider = HTTPProvider(
            name: "up", format: AnthropicMessagesFormat(), baseURL: "http://127.0.0.1:1/v1", key: nil, client: client)
        var request = request
        request.options = GenerationOptions(responseFormat: ["type": "json_object"])
        let found = DecodedStream(try await provider.events(for: request))
        try await client.shutdown()
        guard case .failed(let error) = found.outcome else { return #expect(Bool(false)) }
        #expect(error.kind == .invalidRequest)
        #expect(error.provider == "up")
        #expect(error.code == "unsupported_option")
    }
}
