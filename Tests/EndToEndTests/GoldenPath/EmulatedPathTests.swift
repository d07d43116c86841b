import Foundation
import TestSupport
import Testing

/// The golden path with `mainstay emulate` behind the worker: every part is the built program, and each provider is spoken to in its
/// own format.
@Suite("The golden path with emulated providers", .serialized, .timeLimit(.minutes(10))) struct EmulatedPathTests {
    /// What the model says once its tool has answered; a piece each tenth of a second.
    private static let answer = (1...20).map { $0 == 20 ? "end." : "\($0)-ü🚢 " }
    private static let gap = Duration.milliseconds(100)
    private static let memory = "The crew of this harbour drinks Assam"

    /// The first call of the model writes a memory, the second answers.
    private static var script: String {
        get throws {
            let pace = ["first_ms": 100, "gap_ms": 100]
            let arguments = [#"{"content":"#, #""\#(memory)""#, "}"]
            let call: [String: Any] = ["name": "memory_write", "arguments": arguments]
            let rules: [[String: Any]] = [
                ["after_tool": true, "answer": ["text": answer, "pace": pace]],
                ["answer": ["text": ["Let me ", "note that."], "tool_calls": [call], "pace": pace]],
            ]
            return String(decoding: try JSONSerialization.data(withJSONObject: ["rules": rules]), as: UTF8.self)
        }
    }

    /// A line of `mainstay chat --json`, and when it was there.
    private struct Arrival {
        let line: String
        let at: ContinuousClock.Instant
        var type: String { EmulatedPathTests.member("type", of: line) }
    }

    @Test(
        "pieces are at the client as they are said, a tool is called, a memory is written, and a stream resumed anywhere is the rest of the whole",
        arguments: EmulatorProcess.formats)
    func path(emulator kind: String, format: String) async throws {
        try await EmulatorProcess.with(kind, script: try Self.script) { emulator in
            try await Deployment.with(workers: 1, variables: emulator.variables(format: format)) { deployment in
                let chat = try ChatProcess(["--json", "--memory", "Remember what we drink"], environment: deployment.environment)
                let (arrivals, resumed) = try await Self.follow(chat, emulator, deployment)
                #expect(await chat.end() == 0, "\(chat.errors)")
                Self.look(at: arrivals)
                let items = try await deployment.call("GET", "/v1/memories?q=assam").json["items"] as? [[String: Any]]
                #expect(items?.map { $0["content"] as? String } == [Self.memory], "stored, and once")
                #expect(try await emulator.book().requests == 2)
                try await Self.compare(arrivals, resumed, in: deployment)
            }
        }
    }

    /// Waits for the end of the answer, and opens a second stream in the middle of it.
    ///
    /// - Returns: What came when, and the second stream with the id behind which it began.
    private static func follow(
        _ chat: ChatProcess, _ emulator: EmulatorProcess, _ deployment: Deployment
    ) async throws -> (arrivals: [Arrival], resumed: (after: String, text: String)) {
        var arrivals: [Arrival] = []
        var second: (after: String, text: Task<String, any Error>)?
        try await eventually(timeout: .seconds(90), every: .milliseconds(5), "the answer is whole") {
            let (lines, now) = (chat.lines, ContinuousClock.now)
            for line in lines.dropFirst(arrivals.count) { arrivals.append(Arrival(line: line, at: now)) }
            if second == nil, arrivals.last?.type == "text.delta", arrivals.filter({ $0.type == "step.started" }).count == 2 {
                let open = try await emulator.book().open
                #expect(open == 1, "the provider is still speaking when its first piece is at the client")
                let run = member("run", of: arrivals[0].line)
                // Numbers are dense, and the command has printed every event.
                let after = "1-\(arrivals.count)"
                second = (
                    after,
                    Task { try await deployment.call("GET", "/v1/runs/\(run)/events", headers: ["last-event-id": after]).text }
                )
            }
            return arrivals.last?.type.hasPrefix("run.") == true && arrivals.count > 1
        }
        let (after, text) = try #require(second)
        return (arrivals, (after, try await text.value))
    }

    /// What came, in which order, and when.
    private static func look(at arrivals: [Arrival]) {
        let types = arrivals.map(\.type)
        #expect(types.first == "run.started" && types.last == "run.completed")
        for type in ["run.started", "tool_call.completed", "memory.written", "tool.result", "run.completed"] {
            #expect(types.count(where: { $0 == type }) == 1, "\(type)")
        }
        #expect(types.count(where: { $0 == "step.started" }) == 2 && types.count(where: { $0 == "step.finished" }) == 2)
        #expect(types.contains("usage"))
        let order = ["tool_call.delta", "tool_call.completed", "memory.written", "tool.result"].compactMap { types.firstIndex(of: $0) }
        let second = types.lastIndex(of: "step.started") ?? 0
        #expect(order.count == 4 && order == order.sorted() && second > (order.last ?? .max))

        let fragments = arrivals.filter { $0.type == "tool_call.delta" }.map { member("arguments", of: $0.line) }
        #expect(fragments.joined() == #"{"content":"\#(memory)"}"#)
        let first = arrivals[..<second].filter { $0.type == "text.delta" }
        #expect(first.map { member("text", of: $0.line) }.joined() == "Let me note that.")
        let deltas = arrivals[second...].filter { $0.type == "text.delta" }
        #expect(deltas.map { member("text", of: $0.line) }.joined() == answer.joined())
        // What was held back somewhere comes at once, or in a few heaps.
        let times = deltas.map(\.at)
        #expect(Set(times).count >= answer.count / 2, "pieces come one by one")
        if let begin = times.first, let end = times.last {
            #expect(begin.duration(to: end) > gap * (answer.count / 2), "the first is there long before the last")
        }
    }

    /// The whole stream, what followed each of its events, and what a second client got that came while it was live.
    private static func compare(_ arrivals: [Arrival], _ resumed: (after: String, text: String), in deployment: Deployment) async throws {
        let place = "/v1/runs/\(member("run", of: arrivals[0].line))/events"
        let whole = try await deployment.call("GET", place).text
        let frames = Frames.of(whole)
        #expect(frames.map(\.data) == arrivals.map(\.line), "what is read again is what the command has printed")
        // The first frame tells how long to wait before coming back.
        let pieces = events(of: whole)
        #expect(pieces.count == frames.count)
        for index in frames.indices.dropLast() {
            let rest = try await deployment.call("GET", place, headers: ["last-event-id": frames[index].id]).text
            #expect(events(of: rest) == Array(pieces[(index + 1)...]), "after \(frames[index].id)")
            if frames[index].id == resumed.after { #expect(events(of: resumed.text) == Array(pieces[(index + 1)...]), "while it was live") }
        }
        #expect(frames.dropLast().contains { $0.id == resumed.after })
    }

    /// The frames of a stream that have an id, as they stand.
    private static func events(of text: String) -> [String] {
        text.components(separatedBy: "\n\n").filter { $0.hasPrefix("id: ") }
    }

    private static func member(_ name: String, of line: String) -> String {
        ((try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any])?[name] as? String ?? ""
    }
}
