import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JobsTesting
import NIOCore
import Testing
import Web

@Suite("A wait for a client", .timeLimit(.minutes(1)))
struct LeavingClientTests {
    private func fixture(_ wait: @escaping @Sendable () async throws -> String) -> WebFixture {
        var routes = APIRoutes()
        routes.onOpen(APIOperation(.get, "/v1/wait", summary: "Wait", tag: "Wait", answers: [.init(.ok, "Done")])) { request, _ in
            try await request.whileClientWaits { try await wait() }
        }
        return WebFixture(more: [routes])
    }

    @Test("is answered when it is over, every time")
    func answered() async throws {
        try await fixture { "done" }.application.test(.live) { client in
            for _ in 0..<200 {
                let answer = try await RawClient.run(port: client.port!) { inbound, outbound in
                    try await outbound.write(RawClient.request("GET", "/v1/wait"))
                    return try await inbound.readAll()
                }
                #expect(answer.hasPrefix("HTTP/1.1 200 "))
                #expect(answer.hasSuffix("\r\n\r\ndone"))
            }
        }
    }

    @Test("is cancelled when the client leaves")
    func left() async throws {
        let (events, sink) = AsyncStream.makeStream(of: String.self)
        let fixture = fixture {
            sink.yield("begun")
            do {
                try await ManualClock().sleep(for: .seconds(1))
            } catch {
                sink.yield("cancelled")
                throw error
            }
            return "done"
        }
        try await fixture.application.test(.live) { client in
            try await RawClient.run(port: client.port!) { _, outbound in
                try await outbound.write(RawClient.request("GET", "/v1/wait"))
                var iterator = events.makeAsyncIterator()
                #expect(await iterator.next() == "begun")
            }
            var iterator = events.makeAsyncIterator()
            #expect(await iterator.next() == "cancelled")
        }
    }
}
