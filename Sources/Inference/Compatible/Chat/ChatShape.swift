import Foundation
import Jobs
import Web

/// `POST /v1/chat/completions`: OpenAI's Chat Completions.
enum ChatShape: CompatibleShape {
    static func encoder(run: UUID, for request: CompatibleRequest) -> ChatStreamEncoder {
        ChatStreamEncoder(run: run, model: request.model, includesUsage: request.includesUsage)
    }

    static func id(_ run: UUID) -> JSONValue { .string("chatcmpl-\(run.lowercased)") }

    /// The `finish_reason` of an answer that is told as one.
    static func finishReason(_ ending: AnswerEnding, hasCalls: Bool) -> String {
        switch ending {
        case .incomplete(.maxOutputTokens, _): return "length"
        case .incomplete(.contentFilter, _): return "content_filter"
        default: break
        }
        return switch ending.finish?.unified {
        case .length: "length"
        case .contentFilter: "content_filter"
        case .toolCalls: "tool_calls"
        // A refusal is an end like any other there; its words came on a channel of their own. Some providers say "stop" behind calls.
        default: hasCalls ? "tool_calls" : "stop"
        }
    }

    /// Null when nobody counted.
    static func usage(_ usage: TokenUsage) -> JSONValue {
        guard !usage.isEmpty else { return .null }
        let (input, output) = (usage.input ?? 0, usage.output ?? 0)
        return [
            "prompt_tokens": .count(input), "completion_tokens": .count(output), "total_tokens": .count(usage.total ?? input + output),
            "prompt_tokens_details": ["cached_tokens": .count(usage.cachedInput ?? 0), "audio_tokens": 0],
            "completion_tokens_details": [
                "reasoning_tokens": .count(usage.reasoningOutput ?? 0), "audio_tokens": 0, "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            ],
        ]
    }

    static func whole(_ answer: AnswerParts, run: UUID, for request: CompatibleRequest) -> JSONValue {
        let calls = answer.calls
        let (text, reasoning, refusal) = (answer.text(of: .text), answer.text(of: .reasoning), answer.text(of: .refusal))
        var message: [JSONValue.Member] = [
            .init("role", "assistant"), .init("content", text.isEmpty && !(calls.isEmpty && refusal.isEmpty) ? .null : .string(text)),
            .init("refusal", .text(refusal.isEmpty ? nil : refusal)), .init("annotations", []),
        ]
        if !reasoning.isEmpty { message.append(.init("reasoning_content", .string(reasoning))) }
        if !calls.isEmpty { message.append(.init("tool_calls", .array(calls.map(call)))) }
        let finish = answer.ending.map { finishReason($0, hasCalls: !calls.isEmpty) }
        return [
            "id": id(run), "object": "chat.completion", "created": CompatibleWords.created(run),
            "model": CompatibleWords.model(answer, asked: request.model),
            "choices": [["index": 0, "message": .object(message), "logprobs": nil, "finish_reason": .text(finish)]],
            "usage": usage(answer.usage),
        ]
    }

    private static func call(_ part: AnswerParts.Part) -> JSONValue {
        [
            "id": .string(part.id), "type": "function",
            "function": ["name": .string(part.name), "arguments": .string(part.text)],
        ]
    }
}
