import Foundation
import Jobs
import Web

/// `POST /v1/messages`: Anthropic's Messages.
enum MessagesShape: CompatibleShape {
    static func encoder(run: UUID, for request: CompatibleRequest) -> MessagesStreamEncoder {
        MessagesStreamEncoder(run: run, model: request.model, showsThinking: request.showsThinking)
    }

    static func id(_ run: UUID) -> JSONValue { .string("msg_\(run.lowercased)") }

    /// Anthropic's own words, which a provider of that format says itself.
    private static let reasons: Set<String> = [
        "end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal", "model_context_window_exceeded",
    ]

    /// The `stop_reason` of an answer that is told as one.
    static func stopReason(_ ending: AnswerEnding, hasCalls: Bool) -> String {
        if let raw = ending.finish?.raw, reasons.contains(raw) { return raw }
        switch ending {
        case .incomplete(.maxOutputTokens, _): return "max_tokens"
        case .incomplete(.contentFilter, _): return "refusal"
        default: break
        }
        return switch ending.finish?.unified {
        case .length: "max_tokens"
        case .toolCalls: "tool_use"
        case .refusal, .contentFilter: "refusal"
        default: hasCalls ? "tool_use" : "end_turn"
        }
    }

    /// Three counts of the input that a client adds up: `input_tokens` has neither what came from a cache nor what went into one, whatever
    /// the provider's own format counts together. The members are numbers there, so what nobody counted is 0.
    static func usage(_ usage: TokenUsage) -> JSONValue {
        let (written, read) = (usage.cacheWriteInput ?? 0, usage.cachedInput ?? 0)
        // A provider's counts need not agree.
        let rest = max(0, (usage.input ?? 0) - written - read)
        return [
            "input_tokens": .count(rest), "cache_creation_input_tokens": .count(written), "cache_read_input_tokens": .count(read),
            "output_tokens": .count(usage.output ?? 0),
        ]
    }

    /// - Parameter ending: Nil for a message that has just begun.
    static func message(_ answer: AnswerParts, run: UUID, model: String, content: [JSONValue], ending: AnswerEnding?) -> JSONValue {
        let reason = ending.map { stopReason($0, hasCalls: !answer.calls.isEmpty) }
        return [
            "id": id(run), "type": "message", "role": "assistant", "model": CompatibleWords.model(answer, asked: model),
            "content": .array(content), "stop_reason": .text(reason), "stop_sequence": .text(ending?.finish?.stopSequence),
            "usage": usage(answer.usage),
        ]
    }

    static func whole(_ answer: AnswerParts, run: UUID, for request: CompatibleRequest) -> JSONValue {
        let content = answer.parts.compactMap { block($0, showsThinking: request.showsThinking) }
        return message(answer, run: run, model: request.model, content: content, ending: answer.ending)
    }

    /// Nil for thinking that nobody asked for, and for a call that was cut: its input would be no document.
    private static func block(_ part: AnswerParts.Part, showsThinking: Bool) -> JSONValue? {
        switch part.kind {
        case .text, .refusal: return ["type": "text", "text": .string(part.text), "citations": nil]
        case .reasoning: return showsThinking ? ["type": "thinking", "thinking": .string(part.text), "signature": ""] : nil
        case .call:
            guard part.isWhole, let input = try? JSONBody.document(Array(part.text.utf8)) else { return nil }
            return ["type": "tool_use", "id": .string(part.id), "name": .string(part.name), "input": input]
        }
    }
}
