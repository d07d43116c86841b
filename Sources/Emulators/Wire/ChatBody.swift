import Web

/// Chat Completions in one object, as OpenAI answers and as OpenRouter does.
enum ChatBody {
    static func whole(_ identity: AnswerIdentity, _ answer: ResolvedAnswer) -> JSONValue {
        let isOpenRouter = identity.kind == .openrouter
        let reason = JSONValue.string(ChatWriter.reason(answer.finish))
        var choice: [JSONValue.Member] = [
            .init("index", 0), .init("message", message(answer, isOpenRouter)), .init("logprobs", nil), .init("finish_reason", reason),
        ]
        if isOpenRouter { choice.append(.init("native_finish_reason", reason)) }
        let head = ChatWriter.head(identity, object: "chat.completion").members ?? []
        return .object(
            head + [
                .init("choices", .array([.object(choice)])), .init("usage", isOpenRouter ? answer.usage.openRouter : answer.usage.chat),
            ])
    }

    private static func message(_ answer: ResolvedAnswer, _ isOpenRouter: Bool) -> JSONValue {
        let hasContent = !answer.text.isEmpty || answer.refusal.isEmpty && answer.calls.isEmpty
        var message: [JSONValue.Member] = [
            .init("role", "assistant"), .init("content", .text(hasContent ? answer.text.joined() : nil)),
            .init("refusal", .text(answer.refusal.isEmpty ? nil : answer.refusal.joined())),
        ]
        if !answer.reasoning.isEmpty {
            message.append(.init(isOpenRouter ? "reasoning" : "reasoning_content", .string(answer.reasoning.joined())))
        }
        if !answer.calls.isEmpty { message.append(.init("tool_calls", .array(answer.calls.map(call)))) }
        return .object(message)
    }

    private static func call(_ call: ResolvedAnswer.Call) -> JSONValue {
        ["id": .string(call.id), "type": "function", "function": ["name": .string(call.name), "arguments": .string(call.arguments)]]
    }
}
