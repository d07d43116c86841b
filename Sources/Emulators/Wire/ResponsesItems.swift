import Web

/// The items of a Response, and the Response around them.
enum ResponsesItems {
    static func message(_ id: String, _ parts: [JSONValue], status: String) -> JSONValue {
        ["id": .string(id), "type": "message", "status": .string(status), "role": "assistant", "content": .array(parts)]
    }

    static func text(_ text: String) -> JSONValue {
        ["type": "output_text", "annotations": [], "logprobs": [], "text": .string(text)]
    }

    static func refusal(_ text: String) -> JSONValue {
        ["type": "refusal", "refusal": .string(text)]
    }

    static func call(_ id: String, _ call: ResolvedAnswer.Call, arguments: String, status: String) -> JSONValue {
        [
            "id": .string(id), "type": "function_call", "status": .string(status), "arguments": .string(arguments), "call_id": .string(call.id),
            "name": .string(call.name),
        ]
    }

    static func reasoning(_ id: String, _ summary: [JSONValue]) -> JSONValue {
        ["id": .string(id), "type": "reasoning", "summary": .array(summary)]
    }

    static func summary(_ text: String) -> JSONValue {
        ["type": "summary_text", "text": .string(text)]
    }

    /// The whole object, as it stands in the events that begin and end a stream, and as an answer of its own.
    static func response(
        _ identity: AnswerIdentity, status: String, output: [JSONValue], usage: JSONValue, incomplete: String? = nil, error: JSONValue = nil,
        isBackground: Bool = false
    ) -> JSONValue {
        let reason: JSONValue = incomplete.map { .object([.init("reason", .string($0))]) } ?? .null
        return [
            "id": .string(identity.id), "object": "response", "created_at": .count(identity.created), "status": .string(status),
            "background": .bool(isBackground), "error": error, "incomplete_details": reason, "instructions": nil,
            "max_output_tokens": nil, "model": .string(identity.model), "output": .array(output), "parallel_tool_calls": true,
            "previous_response_id": nil, "reasoning": ["effort": nil, "summary": nil], "service_tier": "default", "store": true,
            "temperature": 1.0, "text": ["format": ["type": "text"]], "tool_choice": "auto", "tools": [], "top_p": 1.0,
            "truncation": "disabled", "usage": usage, "user": nil, "metadata": [:],
        ]
    }

    /// Why an answer is not whole; nil when it is.
    static func incomplete(_ finish: EmulatorFinish) -> String? {
        switch finish {
        case .length: "max_output_tokens"
        case .contentFilter: "content_filter"
        case .stop, .toolCalls, .refusal: nil
        }
    }

    /// The answer in one object.
    static func whole(_ identity: AnswerIdentity, _ answer: ResolvedAnswer, using generator: inout SeededGenerator) -> JSONValue {
        let incomplete = Self.incomplete(answer.finish)
        let last = incomplete == nil ? "completed" : "incomplete"
        var output: [JSONValue] = []
        if !answer.reasoning.isEmpty { output.append(reasoning("rs_\(generator.letters(40))", [summary(answer.reasoning.joined())])) }
        if !answer.text.isEmpty || answer.refusal.isEmpty && answer.calls.isEmpty {
            let status = answer.refusal.isEmpty && answer.calls.isEmpty ? last : "completed"
            output.append(message("msg_\(generator.letters(40))", [text(answer.text.joined())], status: status))
        }
        if !answer.refusal.isEmpty {
            output.append(message("msg_\(generator.letters(40))", [refusal(answer.refusal.joined())], status: "completed"))
        }
        for (index, call) in answer.calls.enumerated() {
            let status = index == answer.calls.count - 1 ? last : "completed"
            output.append(self.call("fc_\(generator.letters(40))", call, arguments: call.arguments, status: status))
        }
        return response(
            identity, status: last, output: output, usage: answer.usage.responses, incomplete: incomplete)
    }
}
