import Foundation

/// The body of a request for Chat Completions, as far as an answer depends on it.
struct ChatQuestion: Decodable {
    struct Message: Decodable {
        let role: String
        let content: MessageText?
    }

    struct Tool: Decodable {
        struct Function: Decodable { let name: String? }
        let function: Function?
    }

    struct StreamOptions: Decodable {
        let includesUsage: Bool?
        let includesObfuscation: Bool?

        private enum CodingKeys: String, CodingKey {
            case includesUsage = "include_usage"
            case includesObfuscation = "include_obfuscation"
        }
    }

    let model: String?
    let messages: [Message]?
    let stream: Bool?
    let streamOptions: StreamOptions?
    let maxTokens: Int?
    let maxCompletionTokens: Int?
    let tools: [Tool]?

    private enum CodingKeys: String, CodingKey {
        case model, messages, stream, tools
        case streamOptions = "stream_options"
        case maxTokens = "max_tokens"
        case maxCompletionTokens = "max_completion_tokens"
    }

    /// - Throws: `EmulatorError`, as the provider refuses such a body.
    static func read(_ body: Data, kind: EmulatorKind) throws(EmulatorError) -> Question {
        let asked = try QuestionBody.decode(ChatQuestion.self, from: body)
        guard let model = asked.model, !model.isEmpty else { throw .missing("model") }
        guard let messages = asked.messages else { throw .missing("messages") }
        guard !messages.isEmpty else {
            throw EmulatorError(400, code: "empty_array", message: "'messages' is empty; at least one message is needed.", param: "messages")
        }
        if kind == .openai, asked.maxTokens != nil, isReasoningModel(model) {
            throw EmulatorError(
                400, code: "unsupported_parameter", message: "'max_tokens' is not supported with this model. Use 'max_completion_tokens'.",
                param: "max_tokens")
        }
        var question = Question(shape: .chat, model: model)
        question.streams = asked.stream ?? false
        // OpenRouter tells of usage in any case.
        question.includesUsage = kind == .openrouter || asked.streamOptions?.includesUsage ?? false
        question.pads = asked.streamOptions?.includesObfuscation ?? true
        question.outputLimit = asked.maxCompletionTokens ?? asked.maxTokens
        question.tools = asked.tools?.compactMap { $0.function?.name } ?? []
        question.read(messages.map { .init(role: role($0.role), text: $0.content?.text ?? "") })
        return question
    }

    /// Newer models have refused the old name of the limit since they came out.
    private static func isReasoningModel(_ model: String) -> Bool {
        model.hasPrefix("gpt-5") || model.wholeMatch(of: #/o[1-9].*/#) != nil
    }

    private static func role(_ name: String) -> Question.Turn.Role {
        switch name {
        case "user": .user
        case "assistant": .assistant
        case "tool", "function": .tool
        default: .other
        }
    }
}
