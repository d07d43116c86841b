import Foundation
import Jobs
import Testing
import Web

@testable import Inference

/// A run that the shapes' tests tell.
enum ToldRun {
    static let id = UUID(uuidString: "01890A5D-AC96-774B-BCCE-B302099A8057")!
    static let name = "01890a5d-ac96-774b-bcce-b302099a8057"
    static let created = id.version7Milliseconds / 1_000
    static let usage = TokenUsage(input: 7, output: 5, total: 12, cachedInput: 2, reasoningOutput: 1)

    static let started = RunEvent.runStarted(RunStarted(run: name, attempt: 1, provider: "up", model: "m-1"))
    static let completed = RunEvent.completed(finish: FinishReason(.stop, raw: "stop"), usage: usage)
    static let cutByLength = RunEvent.incomplete(reason: .maxOutputTokens, finish: FinishReason(.length, raw: "length"), usage: usage)
    static let failed = RunEvent.failed(InferenceError(.overloaded, "Too much to do.", provider: "up", code: "slow_down"))

    /// The whole log of a run of one step.
    static func events(_ middle: [RunEvent], _ end: RunEvent = completed) -> [RunEvent] {
        [started, .stepStarted(step: 1)] + middle + [.stepFinished(StepFinished(step: 1, finish: nil)), end]
    }

    static func text(_ text: String) -> RunEvent { .chunk(StreamChunk(.text, text)) }
    static func reasoning(_ text: String) -> RunEvent { .chunk(StreamChunk(.reasoning, text)) }
    static func refusal(_ text: String) -> RunEvent { .chunk(StreamChunk(.refusal, text)) }

    static func fragment(_ index: Int, _ arguments: String, id: String? = nil, name: String? = nil) -> RunEvent {
        .toolCallDelta(ToolCallDelta(index: index, id: id, name: name, arguments: arguments))
    }

    static func call(_ index: Int, _ arguments: String, id: String, name: String) -> RunEvent {
        .toolCall(ToolCall(index: index, id: id, name: name, arguments: arguments))
    }

    /// Two calls one after the other, each in two fragments, as most providers stream them.
    static let parallelCalls: [RunEvent] = [
        fragment(0, "", id: "c0", name: "weather"), fragment(0, #"{"city":"#), fragment(0, #""Oslo"}"#),
        fragment(1, "", id: "c1", name: "time"), fragment(1, #"{"zone":"#), fragment(1, #""CET"}"#),
        call(0, #"{"city":"Oslo"}"#, id: "c0", name: "weather"), call(1, #"{"zone":"CET"}"#, id: "c1", name: "time"),
    ]

    static let calledTools = RunEvent.completed(finish: FinishReason(.toolCalls, raw: "tool_calls"), usage: usage)

    static func answer(_ events: [RunEvent]) -> AnswerParts {
        var answer = AnswerParts()
        for event in events { _ = answer.add(event) }
        return answer
    }
}

/// A frame as a client reads it.
struct ToldFrame: Equatable {
    var event: String?
    var data: JSONValue

    /// `[DONE]` and the like are strings.
    init(_ frame: SSEFrame) {
        event = frame.event
        let text = frame.data ?? ""
        data = (try? JSONBody.document(Array(text.utf8))) ?? .string(text)
    }

    init(_ frame: SSEEvent) {
        event = frame.type
        data = (try? JSONBody.document(Array(frame.data.utf8))) ?? .string(frame.data)
    }

    var type: String { data["type"]?.string ?? "" }
}

extension AnswerEncoder {
    /// All frames of a run.
    func told(_ events: [RunEvent]) -> [ToldFrame] {
        var encoder = self
        return encoder.frames(for: events).map { ToldFrame($0) }
    }
}

extension JSONValue {
    /// A document written in a test.
    init(parsing text: String) throws { self = try JSONBody.document(Array(text.utf8)) }

    /// The value at `a.0.b`; null where there is none.
    subscript(path path: String) -> JSONValue {
        path.split(separator: ".").reduce(self) { value, part in (Int(part).flatMap { value[$0] } ?? value[String(part)]) ?? .null }
    }

    /// The number of an integer, -1 for anything else.
    var number: Int64 { if case .integer(let number) = self { number } else { -1 } }
}
