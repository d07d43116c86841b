import Foundation
import Jobs
import Web

/// `POST /v1/responses`: OpenAI's Responses.
enum ResponsesShape: CompatibleShape {
    static func encoder(run: UUID, for request: CompatibleRequest) -> ResponsesStreamEncoder { ResponsesStreamEncoder(run: run) }

    static func whole(_ answer: AnswerParts, run: UUID, for request: CompatibleRequest) -> JSONValue {
        response(answer, run: run, asked: request.asked)
    }

    static func id(_ run: UUID) -> String { "resp_\(run.lowercased)" }

    /// The run of a response's id, with or without `resp_`; nil for what is no such id.
    static func run(_ id: String) -> UUID? { UUID(uuidString: id.hasPrefix("resp_") ? String(id.dropFirst("resp_".count)) : id) }

    /// The response as far as it has come: a function of the run's events, so that it is the same at this request and at every later one.
    ///
    /// - Parameter asked: Who is to answer, and what it goes on from, before an event has told it.
    static func response(_ answer: AnswerParts, run: UUID, status: String? = nil, asked: RunAsked? = nil) -> JSONValue {
        let earlier = (answer.started?.previous ?? asked?.previous?.lowercased).map { "resp_\($0)" }
        // What ended without a word of who answers is told the same by its stream, which knows its events only.
        let answering = answer.isBegun ? nil : asked?.answering
        return [
            "id": .string(id(run)), "object": "response", "created_at": CompatibleWords.created(run),
            "status": .string(status ?? self.status(answer)), "error": error(answer.ending),
            "incomplete_details": incompleteDetails(answer.ending), "instructions": nil,
            "model": CompatibleWords.model(answer, asked: answering),
            "output": .array(answer.parts.indices.map { item(answer, $0, run: run, status: itemStatus(answer, $0)) }),
            "parallel_tool_calls": true, "previous_response_id": .text(earlier), "temperature": nil, "tool_choice": "auto", "tools": [], "top_p": nil,
            "usage": usage(answer.usage), "metadata": .object([]),
        ]
    }

    static func status(_ answer: AnswerParts) -> String {
        switch answer.ending {
        case nil: answer.isBegun ? "in_progress" : "queued"
        case .cancelled: "cancelled"
        case .completed: "completed"
        case .incomplete(let reason, _): reason == .maxOutputTokens || reason == .contentFilter ? "incomplete" : "failed"
        case .failed: "failed"
        }
    }

    private static func incompleteDetails(_ ending: AnswerEnding?) -> JSONValue {
        switch ending {
        case .incomplete(.maxOutputTokens, _): ["reason": "max_output_tokens"]
        case .incomplete(.contentFilter, _): ["reason": "content_filter"]
        default: nil
        }
    }

    /// The codes that clients of that API know; the provider's own word stands in the message's place of a chunk, not here.
    private static func error(_ ending: AnswerEnding?) -> JSONValue {
        guard let ending, ending != .cancelled, let fault = ending.fault else { return nil }
        let code =
            switch fault.status {
            case 429: "rate_limit_exceeded"
            case 400, 413: "invalid_prompt"
            default: "server_error"
            }
        return ["code": .string(code), "message": .string(fault.message)]
    }

    /// Null when nobody counted.
    private static func usage(_ usage: TokenUsage) -> JSONValue {
        guard !usage.isEmpty else { return .null }
        let (input, output) = (usage.input ?? 0, usage.output ?? 0)
        return [
            "input_tokens": .count(input), "input_tokens_details": ["cached_tokens": .count(usage.cachedInput ?? 0)],
            "output_tokens": .count(output), "output_tokens_details": ["reasoning_tokens": .count(usage.reasoningOutput ?? 0)],
            "total_tokens": .count(usage.total ?? input + output),
        ]
    }

    // MARK: Items

    static func itemStatus(_ answer: AnswerParts, _ position: Int) -> String {
        let isOpen = answer.ending == nil && !answer.parts[position].isOver
        return isOpen ? "in_progress" : answer.isCut(position) ? "incomplete" : "completed"
    }

    static func itemID(_ answer: AnswerParts, _ position: Int, run: UUID) -> String {
        let prefix =
            switch answer.parts[position].kind {
            case .text, .refusal: "msg"
            case .reasoning: "rs"
            case .call: "fc"
            }
        return "\(prefix)_\(run.lowercased)_\(position)"
    }

    /// - Parameter isEmpty: As it is when it begins.
    static func item(_ answer: AnswerParts, _ position: Int, run: UUID, status: String, isEmpty: Bool = false) -> JSONValue {
        let part = answer.parts[position]
        let content: JSONValue = isEmpty ? [] : [contentPart(part)]
        var members: [JSONValue.Member] = [.init("id", .string(itemID(answer, position, run: run)))]
        switch part.kind {
        case .text, .refusal:
            members += [.init("type", "message"), .init("status", .string(status)), .init("role", "assistant"), .init("content", content)]
        case .reasoning:
            members += [.init("type", "reasoning"), .init("status", .string(status)), .init("summary", []), .init("content", content)]
        case .call:
            members += [
                .init("type", "function_call"), .init("status", .string(status)), .init("call_id", .string(part.id)),
                .init("name", .string(part.name)), .init("arguments", .string(isEmpty ? "" : part.text)),
            ]
        }
        return .object(members)
    }

    /// - Parameter isEmpty: As it is when it begins.
    static func contentPart(_ part: AnswerParts.Part, isEmpty: Bool = false) -> JSONValue {
        let text: JSONValue = .string(isEmpty ? "" : part.text)
        return switch part.kind {
        case .refusal: ["type": "refusal", "refusal": text]
        case .reasoning: ["type": "reasoning_text", "text": text]
        case .text, .call: ["type": "output_text", "text": text, "annotations": [], "logprobs": []]
        }
    }
}
