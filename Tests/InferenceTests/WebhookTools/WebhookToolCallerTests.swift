import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import InMemoryLogging
import Logging
import NIOCore
import Synchronization
import Testing
import Web

@testable import Inference

@Suite("Calling a tool", .timeLimit(.minutes(1))) struct WebhookToolCallerTests {
    /// Answers with one list after the other, the last of them for ever, and counts.
    private final class PlayedResolver: HostResolver {
        private let answers: [[String]]
        private let state = Mutex<[String]>([])

        init(_ answers: [String]...) {
            self.answers = answers
        }

        var asked: [String] { state.withLock { $0 } }

        func addresses(of name: String, for workspace: UUID) async throws -> [IPAddress] {
            let turn = state.withLock { asked in
                asked.append(name)
                return asked.count - 1
            }
            return answers[min(turn, answers.count - 1)].compactMap { IPAddress($0) }
        }
    }

    /// What a request brought.
    private struct Seen: Sendable {
        var headers: HTTPFields
        var authority: String
        var body: [UInt8]
    }

    private let secret = ToolSecret()
    private let run = UUID()
    private let workspace = UUID()

    private func tool(_ url: String, timeout: Duration = .seconds(10)) throws -> WebhookTool {
        WebhookTool(id: UUID(), name: "weather", url: try #require(ToolURL(url)), secret: secret, timeout: timeout)
    }

    /// A tool's server on a port of this machine.
    private func serving(
        _ seen: Collected<Seen> = Collected<Seen>(), holding: Permits? = nil, _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        let router = Router()
        router.post("/answer") { request, _ -> Response in
            let bytes = try await request.body.collect(upTo: 1 << 20)
            seen.add(Seen(headers: request.headers, authority: request.head.authority ?? "", body: Array(bytes.readableBytesView)))
            return Response(
                status: .ok, headers: [.contentType: "application/json"], body: .init(byteBuffer: ByteBuffer(string: #"{"degrees":21}"#)))
        }
        router.post("/moved") { _, _ in Response(status: .temporaryRedirect, headers: [.location: "/answer"]) }
        router.post("/broken") { _, _ in Response(status: .internalServerError, body: .init(byteBuffer: ByteBuffer(string: "no such place"))) }
        router.post("/bytes") { _, _ in Response(status: .ok, body: .init(byteBuffer: ByteBuffer(bytes: [0x61, 0xFF, 0xFE]))) }
        router.post("/size/{bytes}") { _, context in String(repeating: "x", count: try context.parameters.require("bytes", as: Int.self)) }
        router.post("/silent") { _, _ -> String in
            try await holding?.take()
            return "late"
        }
        try await Application(router: router).test(.live) { server in
            let port = try #require(server.port)
            let result: Result<Void, any Error>
            do { result = .success(try await body(port)) } catch { result = .failure(error) }
            // The server does not see that its client has left: what it holds back is let go, or it would never stop.
            holding?.give(8)
            try result.get()
        }
    }

    private func caller(_ resolver: any HostResolver, clock: any Clock<Duration> = ContinuousClock()) throws -> WebhookToolCaller {
        WebhookToolCaller(
            policy: try AddressPolicy(allowing: ["127.0.0.1"]), resolver: resolver, clock: clock,
            now: { Date(timeIntervalSince1970: 1_760_000_000) })
    }

    private func call(_ caller: WebhookToolCaller, _ tool: WebhookTool, _ arguments: String = #"{"place":"Oslo"}"#) async -> WebhookToolOutput {
        await caller.call(tool, arguments: arguments, call: "call_1", run: run, workspace: workspace)
    }

    @Test("the call says who calls for what, signed, to the name that the tool has")
    func signed() async throws {
        let seen = Collected<Seen>()
        try await serving(seen) { port in
            let output = await call(try caller(PlayedResolver(["127.0.0.1"])), try tool("http://tool.test:\(port)/answer?v=1"))
            #expect(output.text == #"{"degrees":21}"# && !output.isError && output.duration > .zero)
        }
        let request = try #require(seen.all.first)
        #expect(request.authority.hasPrefix("tool.test:"))
        let body = try JSONBody.decode(JSONValue.self, from: request.body)
        #expect(body["id"] == "call_1" && body["name"] == "weather" && body["arguments"] == ["place": "Oslo"])
        #expect(body["run"]?.string == run.uuidString.lowercased() && body["workspace"]?.string == workspace.uuidString.lowercased())
        let wanted = WebhookSignature.headers(
            id: "\(run.uuidString.lowercased())_call_1", at: Date(timeIntervalSince1970: 1_760_000_000), body: request.body, secrets: [secret])
        for (name, value) in wanted { #expect(request.headers[HTTPField.Name(name) ?? .accept] == value) }
    }

    @Test("arguments that are no JSON are passed on as the text that they are")
    func cutArguments() async throws {
        let seen = Collected<Seen>()
        try await serving(seen) { port in
            _ = await call(try caller(PlayedResolver(["127.0.0.1"])), try tool("http://tool.test:\(port)/answer"), #"{"place":"Os"#)
        }
        #expect(try JSONBody.decode(JSONValue.self, from: try #require(seen.all.first).body)["arguments"] == .string(#"{"place":"Os"#))
    }

    @Test("a name is resolved once a call, and the connection goes where it led then")
    func pinned() async throws {
        let seen = Collected<Seen>()
        try await serving(seen) { port in
            // No resolver of this machine knows the name: who answers was reached by the pinned address.
            let resolver = PlayedResolver(["127.0.0.1"], ["10.0.0.1"], ["93.184.215.14", "10.0.0.1"])
            let caller = try caller(resolver)
            let tool = try tool("http://tool.test:\(port)/answer")
            #expect(await call(caller, tool).isError == false)
            #expect(resolver.asked == ["tool.test"])
            for _ in 0..<2 {
                let output = await call(caller, tool)
                #expect(output.isError && output.text == WebhookToolCaller.unreached.description)
            }
            #expect(resolver.asked.count == 3)
        }
        #expect(seen.all.count == 1, "a call that was refused reached nobody")
    }

    @Test(
        "an address that is not allowed is reached by no spelling",
        arguments: ["127.0.0.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"])
    func literal(_ host: String) async throws {
        let seen = Collected<Seen>()
        try await serving(seen) { port in
            let caller = WebhookToolCaller(policy: .strict, resolver: PlayedResolver(["127.0.0.1"]))
            let output = await call(caller, try tool("http://\(host):\(port)/answer"))
            #expect(output.isError && output.text == WebhookToolCaller.unreached.description)
        }
        #expect(seen.all.isEmpty)
    }

    @Test("a redirect is not followed, and what is no answer is told in a sentence")
    func refused() async throws {
        let seen = Collected<Seen>()
        try await serving(seen) { port in
            let caller = try caller(PlayedResolver(["127.0.0.1"]))
            for (path, words) in [
                ("moved", "HTTP status 307. Redirects are not followed."), ("broken", "HTTP status 500. no such place"),
                ("bytes", "no text in UTF-8"), ("nowhere", "HTTP status 404"), ("size/65537", "larger than 65536 bytes"),
            ] {
                let output = await call(caller, try tool("http://tool.test:\(port)/\(path)"))
                #expect(output.isError && output.text.contains(words), "\(path): \(output.text)")
            }
            let whole = await call(caller, try tool("http://tool.test:\(port)/size/65536"))
            #expect(!whole.isError && whole.text.count == 65_536)
        }
        #expect(seen.all.isEmpty, "nobody was sent on")
    }

    @Test("a tool that takes the call and says nothing is waited for no longer than it may take")
    func silent() async throws {
        let permits = Permits()
        try await serving(holding: permits) { port in
            let clock = RecordingClock()
            let caller = try caller(PlayedResolver(["127.0.0.1"]), clock: clock)
            let output = await call(caller, try tool("http://tool.test:\(port)/silent", timeout: .seconds(7)))
            #expect(output.isError && output.text.contains("7000 ms"))
            #expect(clock.sleeps == [.seconds(7)])
        }
    }

    @Test("a cancelled call ends at once, also while a name is looked up")
    func cancelled() async throws {
        let answer = FirstAnswer<[IPAddress]>()
        struct Waiting: HostResolver {
            let answer: FirstAnswer<[IPAddress]>
            func addresses(of name: String, for workspace: UUID) async throws -> [IPAddress] { try await answer.value() }
        }
        let caller = try caller(Waiting(answer: answer))
        let tool = try tool("https://tool.test/", timeout: .seconds(50))
        let task = Task { await call(caller, tool) }
        task.cancel()
        let output = await task.value
        #expect(output.isError && output.text == "The call was cancelled.")
        answer.give(.success([]))
    }

    @Test("a name that is not known, an address that is refused and a port that is closed read the same; the operator's log tells them apart")
    func unreachable() async throws {
        let log = InMemoryLogHandler()
        var logger = Logger(label: "test") { _ in log }
        logger.logLevel = .info
        // Port 9 of this machine takes no connections.
        let cases: [(url: String, addresses: [String], reason: String)] = [
            ("https://tool.test/", [], "has no address"), ("https://tool.test/", ["10.0.0.1"], "(private)"),
            ("https://tool.test/", ["93.184.215.14", "169.254.169.254"], "(metadata)"), ("http://tool.test/", ["93.184.215.14"], "with https"),
            ("http://tool.test:9/", ["127.0.0.1"], ""),
        ]
        for (index, (url, addresses, reason)) in cases.enumerated() {
            let caller = WebhookToolCaller(
                policy: try AddressPolicy(allowing: ["127.0.0.1"]), resolver: PlayedResolver(addresses), logger: logger)
            let tool = try tool(url)
            let output = await call(caller, tool)
            #expect(output.isError && output.text == WebhookToolCaller.unreached.description, "\(url) \(addresses)")
            let facts = log.entries.last?.metadata.mapValues { "\($0)" } ?? [:]
            #expect(log.entries.count == index + 1 && facts["host"] == "tool.test" && facts["workspace"] == "\(workspace)", "\(facts)")
            #expect(facts["tool"] == "\(tool.id)" && facts["reason"]?.isEmpty == false)
            #expect(reason.isEmpty || facts["reason"]?.contains(reason) == true, "\(facts)")
        }
    }

    @Test("a call of a tool whose secret was rotated is signed with both")
    func rotated() async throws {
        let seen = Collected<Seen>()
        try await serving(seen) { port in
            let url = try #require(ToolURL("http://tool.test:\(port)/answer"))
            let former = FormerSecret(secret: ToolSecret(), until: Date(timeIntervalSince1970: 1_760_000_001))
            let tool = WebhookTool(id: UUID(), name: "weather", url: url, secret: secret, former: former, timeout: .seconds(10))
            _ = await call(try caller(PlayedResolver(["127.0.0.1"])), tool)
        }
        let signature = HTTPField.Name("webhook-signature").flatMap { seen.all.first?.headers[$0] }
        #expect(signature?.split(separator: " ").count == 2 && signature?.split(separator: " ").allSatisfy { $0.hasPrefix("v1,") } == true)
    }

    @Test("the system's resolver finds this machine")
    func system() async throws {
        let found = try await SystemResolver().addresses(of: "localhost", for: workspace)
        #expect(!found.isEmpty && found.allSatisfy { AddressKind($0) == .loopback })
    }
}
