import Foundation
import Web

/// The body of a streaming `messages` call.
///
/// | here | there |
/// |---|---|
/// | `system` and `developer` messages, wherever they stand | `system`, joined with an empty line |
/// | `user` and `tool` messages in a row | one `user` turn of text, `image` and `tool_result` blocks |
/// | an assistant's text and calls | one `assistant` turn of text and `tool_use` blocks |
/// | `max_output_tokens` | `max_tokens`, which the format demands: ``defaultMaxTokens`` when nil |
/// | `reasoning_effort` | `thinking` with a budget of tokens, which count as output |
/// | `response_format` | nothing but `text` can be said |
enum AnthropicMessagesRequest {
    /// What every model since the 3.5 family may write. An answer that needs more says so: it ends as incomplete.
    static let defaultMaxTokens = 8_192

    /// - Throws: ``InferenceError`` for a response format.
    static func body(_ request: ProviderRequest) throws(InferenceError) -> JSONValue {
        let options = request.options
        if let format = options.responseFormat, format["type"] != "text" {
            throw ProviderRequest.unsupported("response_format", "Anthropic's messages")
        }
        let thinking = thinking(request)
        var members: [JSONValue.Member] = []
        members.add("model", text: request.model)
        members.add("max_tokens", integer: options.maxOutputTokens ?? (defaultMaxTokens + (thinking ?? 0)))
        members.add("system", text: system(request.messages))
        members.add("messages", .array(turns(request.messages)))
        if !request.tools.isEmpty {
            members.add("tools", .array(request.tools.map(tool)))
            members.add("tool_choice", choice(options))
        }
        members.add("temperature", number: options.temperature)
        members.add("top_p", number: options.topP)
        members.add("stop_sequences", options.stop.map { .array($0.map { .string($0) }) })
        members.add("thinking", thinking.map { ["type": "enabled", "budget_tokens": .integer(Int64($0))] })
        members.add("stream", true)
        return .object(members)
    }

    // MARK: Messages

    private static func system(_ messages: [RunMessage]) -> String? {
        let texts = messages.filter { $0.role == .system || $0.role == .developer }.map(\.content).filter { !$0.isEmpty }
        return texts.isEmpty ? nil : texts.joined(separator: "\n\n")
    }

    private static func turns(_ messages: [RunMessage]) -> [JSONValue] {
        var turns: [(role: String, blocks: [JSONValue])] = []
        for message in messages {
            let blocks = blocks(of: message)
            guard !blocks.isEmpty else { continue }
            let role = message.role == .assistant ? "assistant" : "user"
            if turns.last?.role == role {
                turns[turns.count - 1].blocks += blocks
            } else {
                turns.append((role: role, blocks: blocks))
            }
        }
        return turns.map { ["role": .string($0.role), "content": .array($0.blocks)] }
    }

    private static func blocks(of message: RunMessage) -> [JSONValue] {
        switch message.role {
        case .system, .developer: return []
        case .user: return said(in: message)
        case .tool:
            let content = message.parts == nil ? JSONValue.string(message.content) : .array(said(in: message))
            return [["type": "tool_result", "tool_use_id": .string(message.toolCallID ?? ""), "content": content]]
        case .assistant:
            let calls = (message.toolCalls ?? []).map { call -> JSONValue in
                ["type": "tool_use", "id": .string(call.id), "name": .string(call.function.name), "input": input(call.function.arguments)]
            }
            return said(in: message) + calls
        }
    }

    /// Text and images; an empty text block is refused there.
    private static func said(in message: RunMessage) -> [JSONValue] {
        let parts = (message.parts ?? [.text(message.content)]).filter { $0.words?.isEmpty != true }
        return parts.map { part -> JSONValue in
            switch part {
            case .text(let text): ["type": "text", "text": .string(text)]
            case .image(let image): ["type": "image", "source": source(of: image)]
            }
        }
    }

    private static func source(of image: MessageImage) -> JSONValue {
        switch image.source {
        case .address(let address): ["type": "url", "url": .string(address)]
        case .data(let mediaType, let base64): ["type": "base64", "media_type": .string(mediaType), "data": .string(base64)]
        }
    }

    /// The arguments as the object that the format demands.
    private static func input(_ arguments: String) -> JSONValue {
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(arguments.utf8)) else {
            return arguments.allSatisfy(\.isWhitespace) ? [:] : ["input": .string(arguments)]
        }
        return value.members == nil ? ["input": value] : value
    }

    // MARK: Tools and thinking

    private static func tool(_ tool: ToolDefinition) -> JSONValue {
        var members: [JSONValue.Member] = []
        members.add("name", text: tool.name)
        members.add("description", text: tool.description)
        members.add("input_schema", tool.schema)
        return .object(members)
    }

    private static func choice(_ options: GenerationOptions) -> JSONValue? {
        var members: [JSONValue.Member] = []
        switch options.toolChoice {
        case nil where options.parallelToolCalls != false: return nil
        case nil, .auto?: members.add("type", "auto")
        case .required?: members.add("type", "any")
        case .tool(let name)?:
            members.add("type", "tool")
            members.add("name", text: name)
        case ToolChoice.none?: return ["type": "none"]
        }
        if options.parallelToolCalls == false { members.add("disable_parallel_tool_use", true) }
        return .object(members)
    }

    /// The budget for an effort: a power of two for each, from the least that the format takes; never all of what the answer may use.
    ///
    /// After results of tools the model goes on without: the format wants the thoughts of the turn back with their signatures, and
    /// they are not kept.
    private static func thinking(_ request: ProviderRequest) -> Int? {
        guard let effort = request.options.reasoningEffort, effort != "none", request.messages.last?.role != .tool else { return nil }
        let wanted =
            switch effort {
            case "minimal": 1_024
            case "low": 4_096
            case "medium": 8_192
            // For all above `high`, too: there are models that may not write more than this and an answer.
            default: 16_384
            }
        guard let most = request.options.maxOutputTokens else { return wanted }
        let budget = min(wanted, most / 2)
        return budget < 1_024 ? nil : budget
    }
}
