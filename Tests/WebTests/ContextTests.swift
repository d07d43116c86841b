import HTTPTypes
import Hummingbird
import HummingbirdTesting
import InMemoryLogging
import Logging
import MetricsTestKit
import NIOCore
import Testing

@testable import Web

@Suite("Traces")
struct RequestTraceTests {
    static let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    @Test("a valid header is read and written back")
    func valid() throws {
        let trace = try #require(RequestTrace(header: Self.good))
        #expect(trace.traceID == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(trace.spanID == "00f067aa0ba902b7")
        #expect(trace.sampled)
        #expect(trace.header == Self.good)
    }

    @Test(
        "a later version may append fields",
        arguments: ["01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"])
    func later(_ header: String) {
        #expect(RequestTrace(header: header)?.traceID == "4bf92f3577b34da6a3ce929d0e0e4736")
    }

    @Test(
        "anything else starts a new trace",
        arguments: [
            "", "00", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01", "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",
        ])
    func invalid(_ header: String) {
        #expect(RequestTrace(header: header) == nil)
    }

    @Test("what is made can be read, and a child keeps the trace and not the span")
    func made() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<100 {
            let root = RequestTrace.root(using: &generator)
            #expect(RequestTrace(header: root.header) == root)
            let child = root.child(using: &generator)
            #expect(child.traceID == root.traceID)
            #expect(child.spanID != root.spanID)
        }
    }
}

@Suite("What every request leaves behind")
struct RequestObservationTests {
    @Test("the caller's trace goes through, an invalid one does not")
    func trace() async throws {
        try await WebFixture().application.test(.router) { client in
            let kept = try await client.execute(uri: "/v1/open/x", method: .get, headers: [.traceparent: RequestTraceTests.good])
            #expect(String(buffer: kept.body) == "open x 4bf92f3577b34da6a3ce929d0e0e4736")
            let made = try await client.execute(uri: "/v1/open/x", method: .get, headers: [.traceparent: "00-zz"])
            #expect(!String(buffer: made.body).contains("zz"))
            #expect(made.headers[.requestID] != kept.headers[.requestID])
        }
    }

    @Test("a request is counted and timed under its template; paths and methods that strangers invent make no new labels")
    func metrics() async throws {
        let metrics = TestMetrics()
        try await WebFixture(metrics: metrics).application.test(.router) { client in
            for name in ["a", "b"] { _ = try await client.execute(uri: "/v1/open/\(name)", method: .get) }
            _ = try await client.execute(uri: "/random/1", method: .get)
            _ = try await client.execute(uri: "/random/2", method: .init("BREW")!)
            _ = try await client.execute(uri: "/v1/things", method: .post)
        }
        func count(_ method: String, _ route: String, _ status: String) -> Int64 {
            metrics.counterTotal(label: "mainstay_http_requests_total", dimensions: [("method", method), ("route", route), ("status", status)])
        }
        #expect(count("GET", "/v1/open/{name}", "200") == 2)
        #expect(count("GET", "unmatched", "404") == 1)
        #expect(count("OTHER", "unmatched", "404") == 1)
        #expect(count("POST", "/v1/things", "401") == 1)
        #expect(metrics.counters(label: "mainstay_http_requests_total").count == 4)
        let timer = try metrics.expectTimer("mainstay_http_request_duration_seconds", [("method", "GET"), ("route", "/v1/open/{name}")])
        #expect(timer.values.count == 2)
    }

    @Test("the log's line names workspace and ids but no query and no token")
    func log() async throws {
        let fixture = WebFixture()
        try await fixture.application.test(.router) { client in
            _ = try await client.execute(uri: "/v1/things/7?secret=abc", method: .get, headers: .authorized())
        }
        let entry = try #require(fixture.log.entries.first { $0.message == "Answered" })
        #expect(entry.metadata["path"] == "/v1/things/7")
        #expect(entry.metadata["status"]?.description == "404")
        #expect(entry.metadata["workspace_id"] == .string("\(StubAuthenticator.workspace)".lowercased()))
        #expect(entry.metadata["request_id"] != nil)
        #expect(!fixture.log.entries.contains { "\($0.metadata)".contains("abc") || "\($0.metadata)".contains("good") })
    }
}
