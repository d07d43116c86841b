import Foundation
import NIOCore
import Web

@testable import Emulators

/// A whole stream as a text, without a server and without waiting.
struct StreamSample {
    let identity: AnswerIdentity
    let answer: ResolvedAnswer
    let acts: [EmulatorAct]
    /// What is written for each act that says something.
    let parts: [String]

    var text: String { parts.joined() }

    init(_ answer: EmulatorAnswer, _ shape: EmulatorShape, of kind: EmulatorKind, change: (inout Question) -> Void = { _ in }) {
        var question = Question(shape: shape, model: "m")
        question.streams = true
        question.includesUsage = kind == .openrouter
        change(&question)
        var generator = SeededGenerator(seed: 1)
        identity = AnswerIdentity(question, of: kind, created: 1_700_000_000, using: &generator)
        self.answer = ResolvedAnswer(answer, to: question, of: kind, using: &generator)
        acts = EmulatorCourse(streaming: answer, self.answer, to: question, of: kind, using: &generator).acts
        var writer: any EmulatorWriter =
            switch shape {
            case .chat: ChatWriter(identity, self.answer, to: question, wire: answer.wire, padding: generator)
            case .responses: ResponsesWriter(identity, self.answer, to: question, wire: answer.wire, padding: generator)
            case .messages: MessagesWriter(identity, self.answer, wire: answer.wire, padding: generator)
            }
        var parts: [String] = []
        for act in acts {
            guard case .say(let step) = act else { continue }
            var buffer = ByteBuffer()
            writer.write(step, to: &buffer)
            parts.append(String(buffer: buffer))
        }
        self.parts = parts
    }

    /// The events' values, `[DONE]` and comments left out.
    func values() throws -> [JSONValue] {
        try text.split(separator: "\n").filter { $0.hasPrefix("data: {") }.map { line in
            try JSONDecoder().decode(JSONValue.self, from: Data(line.dropFirst("data: ".count).utf8))
        }
    }

    /// The events' names.
    var names: [String] {
        text.split(separator: "\n").filter { $0.hasPrefix("event: ") }.map { String($0.dropFirst("event: ".count)) }
    }
}

extension EmulatorWire {
    /// Bytes that are the same each time.
    static let plain = EmulatorWire(padding: false)
}

/// Answers that several tests ask for.
enum Answers {
    static let greeting = EmulatorAnswer(text: ["Hel", "lo ", "世界"], wire: .plain)
    static let parallel = EmulatorAnswer(
        toolCalls: [
            EmulatorToolCall("get_weather", [#"{"ci"#, #"ty":"Oslo"}"#], id: "call_a"),
            EmulatorToolCall("get_time", [#"{"zone":"#, #""CET"}"#], id: "call_b"),
        ], wire: .plain)
    static let refusal = EmulatorAnswer(refusal: ["I can", "not."], finish: .refusal, wire: .plain)
    static let cutTool = EmulatorAnswer(
        toolCalls: [EmulatorToolCall("get_weather", [#"{"city":"#, #""Os"#], id: "call_a")], finish: .length, wire: .plain)
    static let framed = EmulatorAnswer(text: ["a"], frames: [EmulatorFrame(after: 1, "event: x", "data: {}"), EmulatorFrame(": y")])
    static let thinking = EmulatorAnswer(text: ["Yes."], reasoning: ["Let me ", "think."], wire: .plain)
}
