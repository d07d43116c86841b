import Foundation
import Web

/// The body of a streaming `chat/completions` call.
struct ChatCompletionsRequest: Encodable {
    var model: String
    var messages: [RunMessage]
    var tools: [Tool]?
    var toolChoice: JSONValue?
    var parallelToolCalls: Bool?
    /// OpenAI's newer models refuse `max_tokens`.
    var maxCompletionTokens: Int?
    var maxTokens: Int?
    var temperature: Double?
    var topP: Double?
    var stop: [String]?
    var reasoningEffort: String?
    /// OpenRouter's form of the same.
    var reasoning: Reasoning?
    var responseFormat: JSONValue?
    let stream = true
    let streamOptions = StreamOptions()

    /// - Throws: ``InferenceError`` for an image that a tool brought: a tool's message is text there.
    init(_ request: ProviderRequest) throws(InferenceError) {
        if request.messages.contains(where: { $0.role == .tool && $0.parts != nil }) {
            throw ProviderRequest.unsayable("An image in a tool's result", "chat completions")
        }
        let options = request.options
        model = request.model
        messages = request.messages
        if !request.tools.isEmpty {
            // Without tools these are refused.
            tools = request.tools.map(Tool.init)
            toolChoice = options.toolChoice.map(Self.choice)
            parallelToolCalls = options.parallelToolCalls
        }
        maxCompletionTokens = options.maxOutputTokens
        temperature = options.temperature
        topP = options.topP
        stop = options.stop
        reasoningEffort = options.reasoningEffort
        responseFormat = options.responseFormat
    }

    struct StreamOptions: Encodable {
        /// Without it OpenAI counts nothing in a stream.
        let includeUsage = true

        enum CodingKeys: String, CodingKey { case includeUsage = "include_usage" }
    }

    struct Reasoning: Encodable {
        var effort: String
    }

    struct Tool: Encodable {
        let type = "function"
        var function: ToolDefinition

        init(_ definition: ToolDefinition) {
            function = definition
        }
    }

    enum CodingKeys: String, CodingKey {
        case model, messages, tools, temperature, stop, reasoning, stream
        case toolChoice = "tool_choice"
        case parallelToolCalls = "parallel_tool_calls"
        case maxCompletionTokens = "max_completion_tokens"
        case maxTokens = "max_tokens"
        case topP = "top_p"
        case reasoningEffort = "reasoning_effort"
        case responseFormat = "response_format"
        case streamOptions = "stream_options"
    }

    private static func choice(_ choice: ToolChoice) -> JSONValue {
        switch choice {
        case .auto, .none, .required: .string(choice.word)
        case .tool(let name): ["type": "function", "function": ["name": .string(name)]]
        }
    }

    /// The body as JSON with sorted members: the same request is the same bytes.
    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self))
    }
}
