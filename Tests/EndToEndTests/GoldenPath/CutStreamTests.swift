import Foundation
import TestSupport
import Testing

/// A connection that breaks behind every event of a run, and inside of every frame, while the run goes on and when it is over.
@Suite("A stream that is cut everywhere", .serialized, .timeLimit(.minutes(10))) struct CutStreamTests {
    /// A run with thoughts, text, a tool call in fragments, a memory, two steps and what they used.
    private static var script: String {
        get throws {
            let pace = ["first_ms": 60, "gap_ms": 60]
            let call: [String: Any] = ["name": "memory_write", "arguments": ["{\"content\"", ":\"Assam, ", "über 東京\"", "}"]]
            let rules: [[String: Any]] = [
                ["after_tool": true, "answer": ["text": ["Noted", ": ", "🚢\n", "\n", "\"tide\" ", "\\n ", "мост", "."], "pace": pace]],
                ["answer": ["reasoning": ["Tea", " it is"], "text": ["Let ", "me ", "see."], "tool_calls": [call], "pace": pace]],
            ]
            return String(decoding: try JSONSerialization.data(withJSONObject: ["rules": rules]), as: UTF8.self)
        }
    }

    /// Bytes behind an event at which the connection breaks: right there; in the words of a chunk's size; in the id, the type and the
    /// data of the next frame.
    private static let bytes = [0, 3, 9, 24, 60]

    private static func with(_ body: @escaping @Sendable (Deployment, CuttingClient) async throws -> Void) async throws {
        try await EmulatorProcess.with("openai", script: try script) { emulator in
            let variables = [
                "MAINSTAY_PROVIDER_URL": emulator.url, "MAINSTAY_PROVIDER_KEY": "sk-none", "MAINSTAY_PROVIDER_MODEL": "tale",
                "MAINSTAY_LEASE_SECONDS": "30",
            ]
            try await Deployment.with(workers: 1, variables: variables) { deployment in
                let port = try #require(URL(string: deployment.url)?.port)
                try await body(deployment, CuttingClient(port: port, token: deployment.token))
            }
        }
    }

    private static func begin(_ deployment: Deployment) async throws -> String {
        let answer = try await deployment.call("POST", "/v1/runs", #"{"messages":[{"role":"user","content":"Remember it"}],"memory":true}"#)
        return try #require(answer.json["id"] as? String, "\(answer.text)")
    }

    @Test("while the run goes on: what is put together from connections that carry an event each is the whole, byte for byte")
    func live() async throws {
        try await Self.with { deployment, client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for bytes in Self.bytes {
                    group.addTask {
                        let run = try await Self.begin(deployment)
                        let (frames, cursors) = try await Self.follow(run, client, cutBehind: bytes)
                        let whole = try await client.read(run)
                        Self.expectEveryKind(in: whole)
                        #expect(frames.joined() == whole.joined(), "\(bytes) bytes behind each event")
                        #expect(cursors == Array(whole.map(Self.id).dropLast()), "the connection broke behind every event")
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("when the run is over and its log is gone: resumed behind every event and inside of every frame, the rest comes from PostgreSQL")
    func afterwards() async throws {
        try await Self.with { deployment, client in
            let run = try await Self.begin(deployment)
            let seen = try await client.read(run)
            Self.expectEveryKind(in: seen)
            #expect(try await deployment.outcome(of: run) == "done")
            try await Self.forgetLog(of: run, deployment)
            let whole = try await client.read(run)
            #expect(whole == seen, "what was live is what is kept")
            for events in 0..<whole.count {
                for bytes in Self.bytes {
                    let first = try await client.read(run, cut: .init(events: events, bytes: bytes))
                    // Without an event there is nothing yet to go on behind, unless the bytes reached over a whole frame.
                    let rest = try await first.count == whole.count ? [] : client.read(run, after: first.last.map(Self.id))
                    #expect(first.count >= events)
                    #expect((first + rest).joined() == whole.joined(), "\(bytes) bytes behind \(events) events")
                }
            }
        }
    }

    /// Follows a run over connections that break behind their first event.
    ///
    /// - Returns: All frames, and the ids behind which connections were opened.
    private static func follow(_ run: String, _ client: CuttingClient, cutBehind bytes: Int) async throws -> (frames: [String], cursors: [String]) {
        var frames: [String] = []
        var cursors: [String] = []
        // More connections than a run has events: one that brings nothing forward would go on for ever.
        for _ in 0..<200 {
            // A short frame may end within the bytes behind the event: it is taken back, so that the next connection brings it again.
            let found = try await client.read(run, after: frames.last.map(id), cut: .init(events: 1, bytes: bytes)).prefix(1)
            if let cursor = frames.last.map(id), cursors.last != cursor { cursors.append(cursor) }
            frames += found
            if found.contains(where: { $0.contains("\nevent: run.completed\n") }) { break }
        }
        return (frames, cursors)
    }

    private static func expectEveryKind(in frames: [String]) {
        for type in [
            "run.started", "step.started", "reasoning.delta", "text.delta", "tool_call.delta", "tool_call.completed", "usage", "memory.written",
            "tool.result", "step.finished", "run.completed",
        ] {
            #expect(frames.contains { $0.contains("\nevent: \(type)\n") }, "\(type)")
        }
    }

    private static func id(_ frame: String) -> String {
        String(frame.dropFirst("id: ".count).prefix { $0 != "\n" })
    }

    /// Removes a run's log, as its time to live does.
    private static func forgetLog(of run: String, _ deployment: Deployment) async throws {
        let url = try #require(deployment.environment["MAINSTAY_RUN_LOG_URL"].flatMap(URLComponents.init(string:)))
        let keys = ["log", "meta"].map { "mainstay:{run:\(run)}:\($0)" }
        let place = ["-h", try #require(url.host), "-p", "\(try #require(url.port))", "-n", String(url.path.dropFirst())]
        let environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "REDISCLI_AUTH": try #require(url.password),
        ]
        let result = try await Program.run(words: ["/usr/bin/env", "redis-cli"] + place + ["DEL"] + keys, environment: environment)
        #expect(result.status == 0 && result.output.contains("2"), "both were there: \(result.output) \(result.errors)")
    }
}
