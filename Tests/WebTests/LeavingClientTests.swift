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

    @Test("that ends in a problem closes its connection and says so")
    func problem() async throws {
        try await fixture { throw Problem.notFound("Nothing came.") }.application.test(.live) { client in
            let answer = try await RawClient.run(port: client.port!) { inbound, outbound in
                try await outbound.write(RawClient.request("GET", "/v1/wait"))
                return try await inbound.readAll()
            }
            #expect(answer.hasPrefix("HTTP/1.1 404 "))
            #expect(answer.lowercased().contains("\r\nconnection: close\r\n"))
            #expect(answer.contains("Nothing came."))
            // The same problem without a wait keeps the connection.
            let kept = try await client.execute(uri: "/v1/nothing", method: .get) { $0 }
            #expect(kept.status == .notFound)
            #expect(kept.headers[.connection] != "close")
        }
    }

    @Test("is cancelled when the client leaves whose body has been read, again and again")
    func leftAfterBody() async throws {
        let (events, sink) = AsyncStream.makeStream(of: String.self)
        var routes = APIRoutes()
        routes.onOpen(APIOperation(.post, "/v1/wait", summary: "Wait", tag: "Wait", answers: [.init(.ok, "Done")])) { request, context in
            _ = try await request.readAction(in: context)
            return try await request.whileClientWaits {
                sink.yield("begun")
                do {
                    try await ManualClock().sleep(for: .seconds(1))
                } catch {
                    sink.yield("cancelled")
                    throw error
                }
                return "done"
            }
        }
        try await WebFixture(more: [routes]).application.test(.live) { client in
            for _ in 0..<50 {
                try await RawClient.run(port: client.port!) { _, outbound in
                    let headers = ["Content-Type: application/json", "Content-Length: 7"]
                    try await outbound.write(RawClient.request("POST", "/v1/wait", headers: headers, body: #"{"a":1}"#))
                    var iterator = events.makeAsyncIterator()
                    #expect(await iterator.next() == "begun")
                }
                var iterator = events.makeAsyncIterator()
                #expect(await iterator.next() == "cancelled")
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
