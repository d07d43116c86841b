import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JobsTesting
import NIOCore
import TestSupport
import Testing

@testable import Web

@Suite("Health")
struct HealthTests {
    private struct Hidden: Error, CustomStringConvertible {
        var description: String { "password=hunter2" }
    }

    private func answer(_ checks: [HealthCheck], path: String = "/readyz") async throws -> (HTTPResponse.Status, String) {
        try await WebFixture(more: [Health(checks: checks).routes()]).application.test(.router) { client in
            let response = try await client.execute(uri: path, method: .get)
            #expect(response.headers[.contentType] == "application/health+json")
            return (response.status, String(buffer: response.body))
        }
    }

    @Test("all well is pass")
    func pass() async throws {
        let (status, text) = try await answer([HealthCheck("redis") { .pass }])
        #expect(status == .ok)
        #expect(text == #"{"status":"pass","checks":{"redis":[{"status":"pass"}]}}"#)
    }

    @Test("a warning is ready and shown")
    func warn() async throws {
        let (status, text) = try await answer([HealthCheck("redis") { .pass }, HealthCheck("disk") { .init(.warn, "9 % left") }])
        #expect(status == .ok)
        #expect(text == #"{"status":"warn","checks":{"redis":[{"status":"pass"}],"disk":[{"status":"warn","output":"9 % left"}]}}"#)
    }

    @Test("one failure is 503, and what was thrown stays inside; alive it is all the same")
    func fail() async throws {
        let checks = [HealthCheck("redis") { .pass }, HealthCheck("postgres") { throw Hidden() }]
        let (status, text) = try await answer(checks)
        #expect(status == .serviceUnavailable)
        #expect(text.hasPrefix(#"{"status":"fail""#))
        #expect(!text.contains("hunter2"))
        let (alive, _) = try await answer(checks, path: "/livez")
        #expect(alive == .ok)
    }

    @Test("a check that does not answer in time has failed, and is cancelled", .timeLimit(.minutes(1)))
    func deadline() async throws {
        let clock = ManualClock()
        let (cancelled, sink) = AsyncStream.makeStream(of: Bool.self)
        let stuck = HealthCheck("redis", deadline: .seconds(2)) {
            do {
                try await ManualClock().sleep(for: .seconds(1))
            } catch {
                sink.yield(error is CancellationError)
                throw error
            }
            return .pass
        }
        let fixture = WebFixture(more: [Health(checks: [stuck], clock: clock).routes()])
        try await fixture.application.test(.router) { client in
            async let answered = client.execute(uri: "/readyz", method: .get)
            try await eventually { clock.sleepers == 1 }
            clock.advance(by: .seconds(2))
            let response = try await answered
            #expect(response.status == .serviceUnavailable)
            #expect(String(buffer: response.body).contains("No answer within"))
        }
        var iterator = cancelled.makeAsyncIterator()
        #expect(await iterator.next() == true)
    }
}
