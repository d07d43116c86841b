import HTTPTypes
import Hummingbird
import HummingbirdTesting
import InMemoryLogging
import JobsTesting
import Logging
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import Web

@Suite("An event stream over a connection", .timeLimit(.minutes(1)))
struct SSEResponseTests {
    struct Broken: Error {}

    /// How the server finds out that the stream's client has left.
    enum Watching: CaseIterable {
        /// By the handler in each connection.
        case connections
        /// By what would carry the connection's next request.
        case requests
        /// At the next write.
        case nothing
    }

    /// A server with one stream.
    private func fixture(
        _ watching: Watching = .connections, clock: any Clock<Duration> = ContinuousClock(), retry: Duration? = nil, patience: Int = 4,
        isResumable: Bool = true, heartbeatFrame: SSEFrame = .heartbeat, _ body: @escaping SSEResponse.Body
    ) -> WebFixture {
        var routes = APIRoutes()
        let heartbeats = SSEHeartbeats(interval: .seconds(15), clock: clock)
        routes.onOpen(APIOperation(.get, "/v1/events", summary: "Events", tag: "Events", answers: [.events("Events")])) { _, _ in
            SSEResponse(
                heartbeats: heartbeats, heartbeatFrame: heartbeatFrame, patience: patience, watchesClient: watching != .nothing,
                isResumable: isResumable, retry: retry, body)
        }
        return WebFixture(more: [routes], watchesConnections: watching != .requests)
    }

    private let get = RawClient.request("GET", "/v1/events")

    @Test("sends its frames with the headers that keep proxies from holding them back, and ends")
    func frames() async throws {
        let fixture = fixture(retry: .seconds(2)) { writer in
            try await writer.send(SSEFrame(id: "1", event: "delta", data: "a\nb"))
            try await writer.send([SSEFrame(id: "2", data: "c"), SSEFrame(id: "3", data: "d")])
        }
        try await fixture.application.test(.live) { client in
            let response = try await client.execute(uri: "/v1/events", method: .get)
            #expect(response.headers[.contentType] == "text/event-stream; charset=utf-8")
            #expect(response.headers[.cacheControl] == "no-cache, no-transform")
            #expect(response.headers[.accelBuffering] == "no")
            #expect(String(buffer: response.body) == "retry: 2000\n\nid: 1\nevent: delta\ndata: a\ndata: b\n\nid: 2\ndata: c\n\nid: 3\ndata: d\n\n")
        }
    }

    @Test("a frame is with the client before the next one exists", arguments: Watching.allCases)
    func incremental(_ watching: Watching) async throws {
        let (permits, permit) = AsyncStream.makeStream(of: Void.self)
        let fixture = fixture(watching) { writer in
            var number = 0
            for await _ in permits {
                number += 1
                try await writer.send(SSEFrame(data: "\(number)"))
            }
        }
        try await fixture.application.test(.live) { client in
            let request = get
            try await RawClient.run(port: client.port!) { inbound, outbound in
                try await outbound.write(request)
                for number in 1...3 {
                    permit.yield()
                    #expect(try await inbound.read(through: "data: \(number)\n\n").contains("data: \(number)\n\n"))
                }
                permit.finish()
                #expect(try await inbound.read(through: "0\r\n\r\n").hasSuffix("0\r\n\r\n"))
                // What did not use up the next request answers it.
                guard watching != .requests else { return }
                try await outbound.write(RawClient.request("GET", "/v1/open/again"))
                #expect(try await inbound.read(through: "open again").hasPrefix("HTTP/1.1 200 "))
            }
        }
    }

    @Test("ends its body when the client leaves", arguments: [Watching.connections, .requests])
    func leaving(_ watching: Watching) async throws {
        let (ends, end) = AsyncStream.makeStream(of: Bool.self)
        let fixture = fixture(watching) { writer in
            try await writer.send(SSEFrame(data: "hello"))
            do {
                try await ManualClock().sleep(for: .seconds(1))
            } catch {
                end.yield(error is CancellationError)
                throw error
            }
        }
        try await fixture.application.test(.live) { client in
            let request = get
            try await RawClient.run(port: client.port!) { inbound, outbound in
                try await outbound.write(request)
                _ = try await inbound.read(through: "hello")
            }
            var iterator = ends.makeAsyncIterator()
            #expect(await iterator.next() == true)
        }
    }

    @Test(
        "sends a heartbeat into silence, in the words that its clients know",
        arguments: [(SSEFrame.heartbeat, ": heartbeat\n\n"), (SSEFrame(event: "ping", data: "{}"), "event: ping\ndata: {}\n\n")])
    func heartbeat(_ frame: SSEFrame, _ bytes: String) async throws {
        let clock = ManualClock()
        let fixture = fixture(clock: clock, heartbeatFrame: frame) { writer in
            try await writer.send(SSEFrame(data: "hello"))
            try await ManualClock().sleep(for: .seconds(1))
        }
        try await fixture.application.test(.live) { client in
            let request = get
            try await RawClient.run(port: client.port!) { inbound, outbound in
                try await outbound.write(request)
                _ = try await inbound.read(through: "hello\n\n")
                // The first interval has seen a frame; the following ones are silent.
                for _ in 0..<2 {
                    try await eventually { clock.sleepers == 1 }
                    clock.advance(by: .seconds(15))
                }
                #expect(try await inbound.read(through: bytes).contains(bytes))
            }
        }
    }

    @Test("holds its body while the client does not read, and closes the stream when it never does", arguments: Watching.allCases)
    func stalled(_ watching: Watching) async throws {
        let clock = ManualClock()
        let sent = Mutex(0)
        let ended = Mutex<(any Error)??>(.none)
        let megabyte = String(repeating: "x", count: 1 << 20)
        let fixture = fixture(watching, clock: clock) { writer in
            do {
                for _ in 0..<200 {
                    try await writer.send(SSEFrame(data: megabyte))
                    sent.withLock { $0 += 1 }
                }
                ended.withLock { $0 = .some(nil) }
            } catch {
                ended.withLock { $0 = .some(error) }
                throw error
            }
        }
        try await fixture.application.test(.live) { client in
            let request = get
            try await RawClient.run(port: client.port!) { _, outbound in
                try await outbound.write(request)
                try await eventually(every: .milliseconds(50), "the stream's end") {
                    if clock.sleepers == 1 { clock.advance(by: .seconds(15)) }
                    return ended.withLock { $0 != nil }
                }
            }
        }
        #expect(ended.withLock { $0 ?? nil } is CancellationError)
        #expect(sent.withLock { $0 } < 100)
        try await eventually { fixture.log.entries.contains { $0.message.description.contains("stopped reading") } }
    }

    @Test("a body that fails while its client does not read is cut all the same, as is one whose end is not read", arguments: [true, false])
    func failsUnread(_ bodyFails: Bool) async throws {
        let clock = ManualClock()
        let waits = Mutex(false)
        let fixture = fixture(clock: clock, heartbeatFrame: SSEFrame(data: String(repeating: "x", count: 16 << 20))) { writer in
            try await writer.send(SSEFrame(data: "hello"))
            // The first beat sees the frame, the second is taken by a connection that nobody reads, the third waits for it.
            for _ in 0..<3 {
                try await eventually { clock.sleepers == 1 }
                clock.advance(by: .seconds(15))
            }
            try await eventually { clock.sleepers == 1 }
            waits.withLock { $0 = true }
            if bodyFails { throw Broken() }
        }
        try await fixture.application.test(.live) { client in
            let request = get
            try await RawClient.run(port: client.port!) { inbound, outbound in
                try await outbound.write(request)
                try await eventually(every: .milliseconds(50), "the stream's end") {
                    // Two who advance it at once would make one beat of two.
                    if waits.withLock({ $0 }), clock.sleepers == 1 { clock.advance(by: .seconds(15)) }
                    return fixture.log.entries.contains {
                        $0.message.description.contains(bodyFails ? "cut short" : "stopped reading")
                    }
                }
            }
        }
    }

    @Test("a body that fails cuts the connection, so that the client does not take it for the end", arguments: Watching.allCases)
    func failure(_ watching: Watching) async throws {
        let fixture = fixture(watching) { writer in
            try await writer.send(SSEFrame(data: "hello"))
            throw Broken()
        }
        try await fixture.application.test(.live) { client in
            let request = get
            let text = try await RawClient.run(port: client.port!) { inbound, outbound in
                try await outbound.write(request)
                return await inbound.readToCut()
            }
            #expect(text.contains("data: hello"))
            #expect(!text.hasSuffix("0\r\n\r\n"))
        }
        #expect(fixture.log.entries.contains { $0.level == .warning && $0.message.description.contains("cut short") })
    }

    @Test(
        "ends in order when the server stops, if its client can come back for the rest, and else is cut", arguments: Watching.allCases, [true, false])
    func stopping(_ watching: Watching, isResumable: Bool) async throws {
        let (starts, start) = AsyncStream.makeStream(of: Void.self)
        let (texts, text) = AsyncStream.makeStream(of: String.self)
        let fixture = fixture(watching, isResumable: isResumable) { writer in
            try await writer.send(SSEFrame(data: "hello"))
            try await ManualClock().sleep(for: .seconds(1))
        }
        try await fixture.application.test(.live) { client in
            let (port, request) = (client.port!, get)
            // Unstructured, because it outlives this closure: the server is stopped when that returns.
            Task {
                let answer = try await RawClient.run(port: port) { inbound, outbound in
                    try await outbound.write(request)
                    let text = try await inbound.read(through: "hello\n\n")
                    start.yield()
                    return text + (await inbound.readToCut())
                }
                text.yield(answer)
            }
            var iterator = starts.makeAsyncIterator()
            _ = await iterator.next()
        }
        var iterator = texts.makeAsyncIterator()
        #expect(await iterator.next()?.hasSuffix("0\r\n\r\n") == isResumable)
    }
}
