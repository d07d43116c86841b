import Foundation
import Web

/// The members of a chat completion chunk that matter here, read as loosely as real providers write them.
///
/// Members are optional because each was seen absent or null somewhere: `choices` (some vLLM builds), `index` of tool calls
/// (OpenRouter), `finish_reason` (xAI). `message` stands beside `delta` so that a provider that answers a streaming request with one
/// whole object is read by the same code. `id`, `created` and `model` are not read: they change between chunks of one answer.
struct ChatCompletionsChunk: Decodable {
    var choices: [Choice]?
    var usage: OpenAIUsage?
    var error: ProviderFault?

    struct Choice: Decodable {
        var index: Int?
        var delta: Delta?
        var message: Delta?
        var finishReason: String?
        /// OpenRouter's: the word of the provider behind it.
        var nativeFinishReason: String?

        enum CodingKeys: String, CodingKey {
            case index, delta, message
            case finishReason = "finish_reason"
            case nativeFinishReason = "native_finish_reason"
        }
    }

    struct Delta: Decodable {
        var content: LooseText?
        var refusal: String?
        var reasoning: String?
        var reasoningContent: String?
        var reasoningDetails: [ReasoningDetail]?
        var toolCalls: [ToolCallFragment]?
        var functionCall: ToolCallFragment.Function?

        enum CodingKeys: String, CodingKey {
            case content, refusal, reasoning
            case reasoningContent = "reasoning_content"
            case reasoningDetails = "reasoning_details"
            case toolCalls = "tool_calls"
            case functionCall = "function_call"
        }

        /// The one reasoning text of a chunk: providers write it under up to three names at once, so the first that has any counts.
        var reasoningText: String? {
            for text in [reasoning, reasoningContent] {
                if let text, !text.isEmpty { return text }
            }
            let details = (reasoningDetails ?? []).compactMap { $0.text ?? $0.summary }.joined()
            return details.isEmpty ? nil : details
        }
    }

    struct ReasoningDetail: Decodable {
        var text: String?
        var summary: String?
    }
}

/// A fragment of a tool call as providers send it.
struct ToolCallFragment: Decodable, Equatable {
    var index: Int?
    var id: String?
    var function: Function?

    struct Function: Decodable, Equatable {
        var name: String?
        var arguments: LooseText?
    }

    init(index: Int? = nil, id: String? = nil, name: String? = nil, arguments: String? = nil) {
        self.index = index
        self.id = id
        function = Function(name: name, arguments: arguments.map { LooseText($0) })
    }
}

/// Text that some providers send in another shape: a list of parts (content of Mistral), or an object (arguments of Ollama's kin).
struct LooseText: Decodable, Equatable {
    var text: String

    init(_ text: String) {
        self.text = text
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self.text = text
        } else if let parts = try? container.decode([Part].self) {
            text = parts.compactMap(\.text).joined()
        } else {
            text = String(decoding: try container.decode(JSONValue.self).bytes(), as: UTF8.self)
        }
    }

    private struct Part: Decodable {
        var text: String?
    }
}
