import Foundation
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

@Suite("A body of lines over a connection", .timeLimit(.minutes(1)))
struct NDJSONResponseTests {
    /// One line of an answer.
    private struct Line: Decodable {
        struct Problem: Decodable {
            let title: String
            let detail: String?
        }

        let line: Int
        let status: Int
        let id: UUID?
        let replayed: Bool?
        let retryAfter: Int?
        let problem: Problem?

        enum CodingKeys: String, CodingKey {
            case line, status, id, replayed, problem
            case retryAfter = "retry_after"
        }

        /// Reads the lines of a body; anything that is none fails the test.
        static func all(_ text: String) throws -> [Line] {
            try text.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
        }
    }

    private static let id = UUID(uuidString: "0192F000-0000-7000-8000-0000000000AA").unsafelyUnwrapped

    /// A server with one route that reads lines.
    private func fixture(
        lineLimit: Int = 100, inFlight: Int = 500, clock: any Clock<Duration> = ContinuousClock(), problems: [ProblemTable.Row] = [],
        _ handle: @escaping NDJSONResponse.Handle
    ) -> WebFixture {
        var routes = APIRoutes()
        let operation = APIOperation(
            .post, "/v1/lines", summary: "Lines", tag: "Lines", request: .init(.any, lines: "Things."), answers: [.noContent, .lines])
        routes.on(operation) { _, context in
            NDJSONResponse(in: context, lineLimit: lineLimit, inFlight: inFlight, clock: clock, handle)
        }
        return WebFixture(problems: problems, more: [routes])
    }

    private static let headers: HTTPFields = .authorized([.contentType: "application/x-ndjson"])

    private static func head(_ framing: String) -> ByteBuffer {
        RawClient.request(
            "POST", "/v1/lines", headers: ["Authorization: Bearer good", "Content-Type: application/x-ndjson", "Connection: close", framing])
    }

    private static func chunk(_ text: String) -> ByteBuffer {
        ByteBuffer(string: "\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n")
    }

    private struct Away: Error {}

    @Test("each line is answered in its place, and one that is wrong does not end the others")
    func results() async throws {
        let row: ProblemTable.Row = { $0 is Away ? .unavailable("Away.", retryAfter: .milliseconds(2500)) : nil }
        let fixture = fixture(problems: [row]) { line in
            let thing = try line.decode(Thing.self)
            switch thing.name {
            case "away": throw Away()
            case "odd": throw Unforeseen()
            case "again": return .accepted(Self.id, replayed: true)
            default: return .accepted(Self.id)
            }
        }
        let lines: [[UInt8]] = [
            Array("{\"name\":\"a\"}".utf8), [], Array("{\"name\":7}\r".utf8), Array("{\"name\":\"".utf8),
            Array("{\"name\":\"".utf8) + [0xC3, 0x28, 0x22, 0x7D],
            Array(repeating: UInt8(ascii: " "), count: 101), Array("{\"name\":\"away\"}".utf8), Array("{\"name\":\"odd\"}".utf8),
            Array("{\"name\":\"again\"}".utf8),
        ]
        let body = ByteBuffer(bytes: lines.joined(separator: [0x0A]))
        try await fixture.application.test(.live) { client in
            // Twice: the connection serves a next request.
            for _ in 0..<2 {
                let response = try await client.execute(uri: "/v1/lines", method: .post, headers: Self.headers, body: body)
                #expect(response.status == .ok && response.headers[.contentType] == "application/x-ndjson")
                let text = String(buffer: response.body)
                let answers = try Line.all(text)
                #expect(answers.map(\.line) == [1, 3, 4, 5, 6, 7, 8, 9])
                #expect(answers.map(\.status) == [202, 422, 400, 400, 413, 503, 500, 202])
                #expect(answers.map { $0.id == Self.id } == [true, false, false, false, false, false, false, true])
                #expect(answers.last?.replayed == true && answers.first?.replayed == nil)
                #expect(answers[5].retryAfter == 3 && answers[4].problem?.detail == "A line has at most 100 bytes.")
                #expect(text.hasPrefix("{\"line\":1,\"status\":202,\"id\":\"0192f000-0000-7000-8000-0000000000aa\"}\n"))
                #expect(!text.contains("hunter2"), "what nobody foresaw stays inside")
            }
        }
    }

    @Test("lines are dealt with together, and answered in their order all the same")
    func together() async throws {
        let seen = Mutex<Set<Int>>([])
        let fixture = fixture { line in
            seen.withLock { _ = $0.insert(line.number) }
            if line.number == 1 { try await eventually { seen.withLock { $0.contains(50) } } }
            return .accepted(Self.id)
        }
        let body = (1...50).map { "{\"n\":\($0)}" }.joined(separator: "\n")
        try await fixture.application.test(.router) { client in
            let response = try await client.execute(uri: "/v1/lines", method: .post, headers: Self.headers, body: ByteBuffer(string: body))
            #expect(try Line.all(String(buffer: response.body)).map(\.line) == Array(1...50))
        }
    }

    @Test("a line is answered while the next one has not been sent")
    func incremental() async throws {
        try await fixture { _ in .accepted(Self.id) }.application.test(.live) { client in
            try await RawClient.run(port: client.port!) { inbound, outbound in
                try await outbound.write(Self.head("Transfer-Encoding: chunked"))
                for number in 1...3 {
                    try await outbound.write(Self.chunk("{}\n"))
                    let answer = try await inbound.read(through: "\"line\":\(number),")
                    #expect(answer.contains("\"line\":\(number),"))
                }
                try await outbound.write(Self.chunk("{\"last\":1}"))
                try await outbound.write(ByteBuffer(string: "0\r\n\r\n"))
                let rest = try await inbound.readAll()
                #expect(rest.contains("\"line\":4,") && rest.hasSuffix("0\r\n\r\n"))
            }
        }
    }

    @Test("no more lines are under way than may be, however many are sent")
    func bounded() async throws {
        let counts = Mutex((now: 0, most: 0, begun: 0))
        let isOpen = Mutex(false)
        let fixture = fixture(inFlight: 3) { _ in
            counts.withLock { counts in
                counts.now += 1
                counts.begun += 1
                counts.most = max(counts.most, counts.now)
            }
            try await eventually { isOpen.withLock { $0 } }
            counts.withLock { $0.now -= 1 }
            return .accepted(Self.id)
        }
        let body = String(repeating: "{}\n", count: 200)
        try await fixture.application.test(.live) { client in
            try await RawClient.run(port: client.port!) { inbound, outbound in
                try await outbound.write(Self.head("Content-Length: \(body.utf8.count)"))
                try await outbound.write(ByteBuffer(string: body))
                try await eventually { counts.withLock { $0.begun } == 3 }
                isOpen.withLock { $0 = true }
                let answer = try await inbound.readAll()
                #expect(answer.components(separatedBy: "\"status\":202").count == 201)
            }
        }
        #expect(counts.withLock { $0.most } == 3)
    }

    @Test("a client that leaves in the middle of a line ends it; what it sent half is no line")
    func leaving() async throws {
        let seen = Mutex<[Int]>([])
        let fixture = fixture { line in
            seen.withLock { $0.append(line.number) }
            return .accepted(Self.id)
        }
        try await fixture.application.test(.live) { client in
            try await RawClient.run(port: client.port!) { inbound, outbound in
                try await outbound.write(Self.head("Content-Length: 500"))
                try await outbound.write(ByteBuffer(string: "{}\n{\"whole\":1}"))
                _ = try await inbound.read(through: "\"line\":1,")
            }
            try await eventually("the exchange ended") {
                fixture.log.entries.contains { entry in
                    let message = entry.message.description
                    return message.contains("body of lines was answered") || message.contains("body of lines left")
                }
            }
        }
        #expect(seen.withLock { $0 } == [1])
    }

    @Test("a client that sends nothing for a minute is told where it stopped")
    func silent() async throws {
        let clock = ManualClock()
        let fixture = fixture(clock: clock) { _ in .accepted(Self.id) }
        try await fixture.application.test(.live) { client in
            try await RawClient.run(port: client.port!) { inbound, outbound in
                try await outbound.write(Self.head("Content-Length: 500"))
                try await outbound.write(ByteBuffer(string: "{}\n{\"half"))
                _ = try await inbound.read(through: "\"line\":1,")
                try await eventually("the server lost its patience") {
                    if clock.sleepers == 1 { clock.advance(by: .seconds(15)) }
                    return fixture.log.entries.contains { $0.message.description.contains("line was refused") }
                }
                let answer = try await inbound.readAll()
                #expect(answer.contains("{\"line\":2,\"status\":408,"))
            }
        }
    }

    @Test("a server that stops answers what it has, and says where it stopped reading")
    func stopping() async throws {
        let (starts, start) = AsyncStream.makeStream(of: Void.self)
        let (texts, text) = AsyncStream.makeStream(of: String.self)
        let fixture = fixture { _ in .accepted(Self.id) }
        try await fixture.application.test(.live) { client in
            let port = client.port!
            // Unstructured, because it outlives this closure: the server is stopped when that returns.
            Task {
                let answer = try await RawClient.run(port: port) { inbound, outbound in
                    try await outbound.write(Self.head("Transfer-Encoding: chunked"))
                    try await outbound.write(Self.chunk("{}\n{\"half"))
                    let first = try await inbound.read(through: "\"line\":1,")
                    start.yield()
                    return first + (try await inbound.readAll())
                }
                text.yield(answer)
            }
            var iterator = starts.makeAsyncIterator()
            _ = await iterator.next()
        }
        var iterator = texts.makeAsyncIterator()
        let answer = await iterator.next() ?? ""
        #expect(answer.contains("{\"line\":2,\"status\":503,") && answer.hasSuffix("0\r\n\r\n"))
    }

    @Test("keys are the lines' own, or the request's with their numbers")
    func keys() throws {
        func keys(_ header: String?) throws -> NDJSONKeys {
            let fields: HTTPFields = if let header { [.idempotencyKey: header] } else { [:] }
            let head = HTTPRequest(method: .post, scheme: "http", authority: "test", path: "/v1/lines?a=1", headerFields: fields)
            return try NDJSONKeys(of: Request(head: head, body: .init(buffer: ByteBuffer())), workspace: Self.id)
        }
        let line = NDJSONLine(number: 12, bytes: Array("{}".utf8))
        #expect(try keys(nil).key(of: line, own: nil) == nil)
        #expect(try keys("\"k\"").key(of: line, own: nil)?.key == "k#12")
        #expect(try keys("k").key(of: line, own: "own")?.key == "own")
        let digest = IdempotencyKey.digest(method: "POST", path: "/v1/lines", query: "a=1", workspace: Self.id, body: line.bytes)
        #expect(try keys(nil).key(of: line, own: "own")?.digest == digest)
        for own in ["", "a b", "é", String(repeating: "k", count: 256)] {
            #expect(throws: FieldFault.self) { try keys(nil).key(of: line, own: own) }
        }
        #expect(throws: Problem.self) { try keys(String(repeating: "k", count: 241)) }
        #expect(throws: Problem.self) { try keys("a b") }
    }

    @Test("the description names both kinds of body, and what lines are answered with")
    func described() throws {
        let operations = fixture { _ in .accepted(Self.id) }.responder.operations
        let document = OpenAPI.document(info: .init(title: "t", version: "1", description: "d"), operations: operations)
        let post = document["paths"]?["/v1/lines"]?["post"]
        let content = post?["requestBody"]?["content"]
        #expect(content?["application/json"] != nil && content?["application/x-ndjson"]?["schema"]?["description"]?.string == "Things.")
        #expect(post?["responses"]?["200"]?["content"]?["application/x-ndjson"] != nil)
        #expect(document["components"]?["schemas"]?["LineResult"] != nil)
    }
}
