import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JobsTesting
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import Web

/// What was opened before a revocation, over a connection.
@Suite("A token that is revoked while something is open", .timeLimit(.minutes(1)))
struct IdentityEndTests {
    private static let authorization = "Authorization: Bearer good"

    private static func isRefused(_ client: any TestClientProtocol) async throws -> Bool {
        try await client.execute(uri: "/v1/things/0192f000-0000-7000-8000-0000000000aa", method: .get, headers: .authorized()) {
            $0.status == .unauthorized
        }
    }

    @Test(
        "its event stream is cut without an end, watched for its client's leaving or not, and the next request is refused", arguments: [true, false])
    func stream(_ watchesClient: Bool) async throws {
        let (token, clock) = (RevocableToken(), ManualClock())
        let watch = token.watch(clock: clock)
        let turning = Task { try await watch.run() }
        defer { turning.cancel() }
        let left = Mutex(false)
        var routes = APIRoutes()
        routes.on(APIOperation(.get, "/v1/events", summary: "Events", tag: "Events", answers: [.events("Events")])) { _, _ in
            SSEResponse(watchesClient: watchesClient) { writer in
                try await writer.send(SSEFrame(data: "hello"))
                do {
                    try await ManualClock().sleep(for: .seconds(1))
                } catch {
                    left.withLock { $0 = error is CancellationError }
                    throw error
                }
            }
        }
        let fixture = WebFixture(authenticator: token, watch: watch, more: [routes])
        try await fixture.application.test(.live) { client in
            #expect(try await !Self.isRefused(client))
            let text = try await RawClient.run(port: client.port!) { inbound, outbound in
                try await outbound.write(RawClient.request("GET", "/v1/events", headers: [Self.authorization]))
                let text = try await inbound.read(through: "hello\n\n")
                try await eventually { watch.watched == 1 && clock.sleepers == 1 }
                token.revoke()
                clock.advance(by: .milliseconds(300))
                return text + (await inbound.readToCut())
            }
            #expect(text.contains("data: hello") && !text.hasSuffix("0\r\n\r\n"))
            #expect(left.withLock { $0 }, "the body heard of it as of a client that leaves")
            #expect(try await Self.isRefused(client))
        }
        #expect(watch.watched == 0)
    }

    @Test("of its body of lines none is begun any more: the next is answered 401, and the answer has its end")
    func lines() async throws {
        let (token, clock) = (RevocableToken(), ManualClock())
        let watch = token.watch(clock: clock)
        let turning = Task { try await watch.run() }
        defer { turning.cancel() }
        let begun = Mutex<[Int]>([])
        var routes = APIRoutes()
        let operation = APIOperation(
            .post, "/v1/lines", summary: "Lines", tag: "Lines", request: .init(.any, lines: "Things."), answers: [.noContent, .lines])
        routes.on(operation) { _, context in
            NDJSONResponse(in: context) { line in
                begun.withLock { $0.append(line.number) }
                return .accepted(StubAuthenticator.workspace)
            }
        }
        func chunk(_ text: String) -> ByteBuffer { ByteBuffer(string: "\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n") }
        let (first, more) = (chunk("{}\n"), chunk("{}\n{}\n"))
        let head = RawClient.request(
            "POST", "/v1/lines",
            headers: [Self.authorization, "Content-Type: application/x-ndjson", "Connection: close", "Transfer-Encoding: chunked"])
        let fixture = WebFixture(authenticator: token, watch: watch, more: [routes])
        try await fixture.application.test(.live) { client in
            let text = try await RawClient.run(port: client.port!) { inbound, outbound in
                try await outbound.write(head)
                try await outbound.write(first)
                var text = try await inbound.read(through: "\"line\":1,")
                try await eventually { watch.watched == 1 && clock.sleepers == 1 }
                token.revoke()
                clock.advance(by: .milliseconds(300))
                text += try await inbound.read(through: "0\r\n\r\n")
                // Nobody reads these.
                try? await outbound.write(more)
                return text
            }
            #expect(text.contains("{\"line\":1,\"status\":202,") && text.contains("{\"line\":2,\"status\":401,"))
            #expect(text.hasSuffix("0\r\n\r\n"))
            #expect(try await Self.isRefused(client))
        }
        #expect(begun.withLock { $0 } == [1])
    }

    @Test("a body that was on its way has no effect")
    func slowBody() async throws {
        let token = RevocableToken()
        // What was found out is believed for no time, so that a body need not take half a second to be slow.
        let fixture = WebFixture(authenticator: token, watch: token.watch(belief: .zero))
        let document = #"{"name":"a"}"#
        let headers = [Self.authorization, "Content-Length: \(document.utf8.count)", "Connection: close"]
        try await fixture.application.test(.live) { client in
            let answer = try await RawClient.run(port: client.port!) { inbound, outbound in
                try await outbound.write(RawClient.request("POST", "/v1/things", headers: headers, body: #"{"name""#))
                try await eventually("the request began") { token.requests == 1 }
                token.revoke()
                try await outbound.write(ByteBuffer(string: #":"a"}"#))
                return try await inbound.readAll()
            }
            #expect(answer.hasPrefix("HTTP/1.1 401 ") && answer.contains("The token is good no longer"))
            var effects = fixture.effects.makeAsyncIterator()
            guard case .failure(let error) = await effects.next() else {
                Issue.record("the handler went on")
                return
            }
            #expect(error is IdentityEnded)
        }
    }

    @Test("a body that came while its token was good is taken, however long it took")
    func goodBody() async throws {
        let token = RevocableToken()
        let fixture = WebFixture(authenticator: token, watch: token.watch(belief: .zero))
        try await fixture.application.test(.router) { client in
            let status = try await client.execute(
                uri: "/v1/things", method: .post, headers: .authorized([.contentType: "application/json"]), body: ByteBuffer(string: #"{"name":"a"}"#)
            ) { $0.status }
            #expect(status == .created && token.questions == [1])
        }
    }
}
