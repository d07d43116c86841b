import Web

/// The body of a streaming `responses` call.
///
/// | here | there |
/// |---|---|
/// | a message | an item of type `message`, its content text, or parts of types `input_text` and `input_image` |
/// | a call of the assistant | an item of type `function_call` |
/// | a `tool` message | an item of type `function_call_output` |
/// | `max_output_tokens` | the same |
/// | `reasoning_effort` | `reasoning.effort` |
/// | `response_format` | `text.format`, the schema's members one level up |
/// | `stop` | there is no word for it |
///
/// The provider is asked to keep nothing (`store`): the conversation is in the request. Unless the answer is to outlive the connection
/// (``ProviderRequest/isKept``): then it goes on in the `background`, and is stored so that the rest can be read.
enum ResponsesRequest {
    /// - Throws: ``InferenceError`` for stop texts.
    static func body(_ request: ProviderRequest) throws(InferenceError) -> JSONValue {
        let options = request.options
        if options.stop?.isEmpty == false { throw ProviderRequest.unsupported("stop", "OpenAI's responses") }
        var members: [JSONValue.Member] = []
        members.add("model", text: request.model)
        members.add("input", .array(request.messages.flatMap(items)))
        if !request.tools.isEmpty {
            members.add("tools", .array(request.tools.map(tool)))
            members.add("tool_choice", options.toolChoice.map(choice))
            members.add("parallel_tool_calls", options.parallelToolCalls.map { .bool($0) })
        }
        members.add("max_output_tokens", integer: options.maxOutputTokens)
        members.add("temperature", number: options.temperature)
        members.add("top_p", number: options.topP)
        members.add("reasoning", options.reasoningEffort.map { ["effort": .string($0)] })
        members.add("text", options.responseFormat.map { ["format": format($0)] })
        members.add("store", .bool(request.isKept))
        if request.isKept { members.add("background", true) }
        members.add("stream", true)
        return .object(members)
    }

    private static func items(_ message: RunMessage) -> [JSONValue] {
        if message.role == .tool {
            return [
                ["type": "function_call_output", "call_id": .string(message.toolCallID ?? ""), "output": content(message)]
            ]
        }
        var items: [JSONValue] = []
        if !message.isBlank {
            items.append(["type": "message", "role": .string(message.role.rawValue), "content": content(message)])
        }
        for call in message.toolCalls ?? [] {
            items.append([
                "type": "function_call", "call_id": .string(call.id), "name": .string(call.function.name),
                "arguments": .string(call.function.arguments),
            ])
        }
        return items
    }

    private static func content(_ message: RunMessage) -> JSONValue {
        guard let parts = message.parts else { return .string(message.content) }
        return .array(
            parts.map { part -> JSONValue in
                switch part {
                case .text(let text): ["type": "input_text", "text": .string(text)]
                // The member is not optional there.
                case .image(let image): ["type": "input_image", "image_url": .string(image.url), "detail": .string(image.detail ?? "auto")]
                }
            })
    }

    private static func tool(_ tool: ToolDefinition) -> JSONValue {
        var members: [JSONValue.Member] = []
        members.add("type", "function")
        members.add("name", text: tool.name)
        members.add("description", text: tool.description)
        members.add("parameters", tool.schema)
        // Strict is this format's default, and refuses schemas that the other formats take.
        members.add("strict", false)
        return .object(members)
    }

    private static func choice(_ choice: ToolChoice) -> JSONValue {
        switch choice {
        case .auto, .none, .required: .string(choice.word)
        case .tool(let name): ["type": "function", "name": .string(name)]
        }
    }

    private static func format(_ format: JSONValue) -> JSONValue {
        guard let schema = format["json_schema"]?.members else { return format }
        return .object([JSONValue.Member("type", "json_schema")] + schema)
    }
}
