import Foundation
import Web

/// Anthropic's Messages in one object, and the parts of it that a stream has too.
enum MessagesBody {
    /// The message as it stands in `message_start`: nothing said yet.
    static func start(_ identity: AnswerIdentity, _ answer: ResolvedAnswer) -> JSONValue {
        .object(head(identity, content: []) + [.init("stop_reason", nil), .init("stop_sequence", nil), .init("usage", answer.usage.messagesAtStart)])
    }

    static func whole(_ identity: AnswerIdentity, _ answer: ResolvedAnswer, using generator: inout SeededGenerator) -> JSONValue {
        var content: [JSONValue] = []
        if !answer.reasoning.isEmpty {
            content.append([
                "type": "thinking", "thinking": .string(answer.reasoning.joined()), "signature": .string("Em\(generator.letters(62))=="),
            ])
        }
        if !answer.text.isEmpty { content.append(["type": "text", "text": .string(answer.text.joined())]) }
        for call in answer.calls {
            content.append(["type": "tool_use", "id": .string(call.id), "name": .string(call.name), "input": input(call.arguments)])
        }
        return .object(head(identity, content: content) + stop(answer, answer.finish) + [.init("usage", answer.usage.messages)])
    }

    /// Why it stopped, with the words of a refusal.
    static func stop(_ answer: ResolvedAnswer, _ finish: EmulatorFinish) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = [.init("stop_reason", .string(reason(finish))), .init("stop_sequence", nil)]
        if reason(finish) == "refusal" {
            let explanation = answer.refusal.isEmpty ? nil : answer.refusal.joined()
            members.append(.init("stop_details", ["type": "refusal", "category": nil, "explanation": .text(explanation)]))
        }
        return members
    }

    static func reason(_ finish: EmulatorFinish) -> String {
        switch finish {
        case .stop: "end_turn"
        case .length: "max_tokens"
        case .toolCalls: "tool_use"
        case .contentFilter, .refusal: "refusal"
        }
    }

    private static func head(_ identity: AnswerIdentity, content: [JSONValue]) -> [JSONValue.Member] {
        [
            .init("id", .string(identity.id)), .init("type", "message"), .init("role", "assistant"), .init("model", .string(identity.model)),
            .init("content", .array(content)),
        ]
    }

    /// A whole message carries the input as an object: one that is cut short cannot be there.
    private static func input(_ arguments: String) -> JSONValue {
        (try? JSONDecoder().decode(JSONValue.self, from: Data(arguments.utf8))) ?? [:]
    }
}
