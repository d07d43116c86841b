import Web

extension MessagesShape {
    static func decode(_ document: JSONValue) throws -> CompatibleRequest {
        let body = try RequestPlace(document).object()
        try body.refuse(["mcp_servers", "container"], because: "a run cannot carry it.")

        var options = GenerationOptions()
        options.maxOutputTokens = try body.need("max_tokens").integer()
        options.temperature = try body["temperature"]?.number()
        options.topP = try body["top_p"]?.number()
        options.stop = try body["stop_sequences"]?.elements().map { try $0.text() }
        if let choice = try body["tool_choice"]?.object() {
            options.toolChoice = try toolChoice(choice)
            if try choice["disable_parallel_tool_use"]?.flag() == true { options.parallelToolCalls = false }
        }
        let thinking = try body["thinking"].map { try effort(of: $0.object()) } ?? .absent
        options.reasoningEffort = thinking.effort
        if let output = try body["output_config"]?.object() {
            if let effort = try output["effort"]?.text() { options.reasoningEffort = GenerationOptions.efforts.contains(effort) ? effort : "high" }
            options.responseFormat = try output["format"].map(responseFormat)
        }

        var messages: [RunMessage] = []
        var places = places(of: body)
        if let system = try body["system"].map(text), !system.isEmpty { messages.append(RunMessage(.system, system)) }
        for place in try body.need("messages").elements() {
            for read in try self.messages(place) {
                places.note("messages/\(messages.count)", at: read.place)
                places.note("messages/\(messages.count)/tool_call_id", at: read.place["tool_use_id"])
                messages.append(read.message)
            }
        }
        var run = RunRequest(messages: messages, tools: try body["tools"].map(tools), options: options)
        for (index, tool) in (try body["tools"]?.elements() ?? []).enumerated() {
            places.note("tools/\(index)/parameters", at: tool["input_schema"])
        }
        try CompatibleExtensions.read(body, into: &run)
        return CompatibleRequest(
            run: run, model: try body.need("model").text(), streams: try body["stream"]?.flag() ?? false, showsThinking: thinking.isShown,
            places: places)
    }

    /// Where options stand.
    private static func places(of body: RequestPlace) -> RunPlaces {
        var places = RunPlaces()
        places.note("options", at: body)
        places.note("options/max_output_tokens", at: body["max_tokens"])
        places.note("options/stop", at: body["stop_sequences"])
        return places
    }

    // MARK: Messages

    /// A message of ours, and the message or block that it was read from.
    private typealias Read = (message: RunMessage, place: RequestPlace)

    /// A message of blocks is several of ours: each result of a tool is one, what is said follows them.
    private static func messages(_ place: RequestPlace) throws -> [Read] {
        let role = try place.object().need("role")
        switch try role.text() {
        case "user": return try user(place)
        case "assistant": return [(try assistant(place.need("content")), place)]
        case "system": return [(RunMessage(.system, try text(place.need("content"))), place)]
        default: throw role.fault("`\(role.name)` is user or assistant.")
        }
    }

    private static func user(_ place: RequestPlace) throws -> [Read] {
        let content = try place.need("content")
        if let text = content.value.string { return [(RunMessage(.user, text), place)] }
        var messages: [Read] = []
        var said: [ContentPart] = []
        for block in try content.elements() {
            switch try block.object().need("type").text() {
            case "tool_result":
                var output = try block["content"].map(parts) ?? []
                if try block["is_error"]?.flag() == true { output.insert(.text("Error: "), at: 0) }
                messages.append((RunMessage(.tool, parts: output, toolCallID: try block.need("tool_use_id").text()), block))
            default: said.append(try part(block))
            }
        }
        if !said.isEmpty || messages.isEmpty { messages.append((RunMessage(.user, parts: said), place)) }
        return messages
    }

    /// Text, or blocks of text and images.
    private static func parts(_ content: RequestPlace) throws -> [ContentPart] {
        if let text = content.value.string { return [.text(text)] }
        return try content.elements().map(part)
    }

    private static func part(_ block: RequestPlace) throws -> ContentPart {
        switch try block.object().need("type").text() {
        case "text": return .text(try block.need("text").text())
        case "image":
            let source = try block.need("source").object()
            let type = try source.need("type")
            switch try type.text() {
            case "base64": return try source.image(mediaType: source.need("media_type").text(), base64: source.need("data").text())
            case "url": return try source.need("url").image()
            case let word: throw type.unsupported("Sources of the type `\(word)` are not supported here; send base64 or url.")
            }
        case let type: throw unsupported(block, type)
        }
    }

    private static func assistant(_ content: RequestPlace) throws -> RunMessage {
        if let text = content.value.string { return RunMessage(.assistant, text) }
        var said: [String] = []
        var calls: [RunMessage.Call] = []
        for block in try content.elements() {
            switch try block.object().need("type").text() {
            case "text": said.append(try block.need("text").text())
            case "tool_use":
                let input = block["input"]?.value ?? .object([])
                calls.append(
                    RunMessage.Call(id: try block.need("id").text(), name: try block.need("name").text(), arguments: CompatibleWords.text(input)))
            // What a model thought belongs to the model that thought it, and the run may be answered by another.
            case "thinking", "redacted_thinking": continue
            case let type: throw unsupported(block, type)
            }
        }
        return RunMessage(.assistant, said.joined(), toolCalls: calls.isEmpty ? nil : calls)
    }

    /// Text, or blocks of text joined.
    private static func text(_ content: RequestPlace) throws -> String {
        if let text = content.value.string { return text }
        return try content.elements().map { block -> String in
            let type = try block.object().need("type").text()
            guard type == "text" else { throw unsupported(block, type) }
            return try block.need("text").text()
        }.joined()
    }

    private static func unsupported(_ block: RequestPlace, _ type: String) -> Problem {
        block.unsupported("Blocks of the type `\(type)` are not supported here; send text, image, tool_use and tool_result.")
    }

    // MARK: Tools and bounds

    private static func tools(_ place: RequestPlace) throws -> [ToolDefinition] {
        try place.elements().map { tool -> ToolDefinition in
            if let type = try tool.object()["type"], try type.text() != "custom" {
                throw type.unsupported("Tools of the type `\(try type.text())` are not supported here; send your own.")
            }
            return ToolDefinition(
                name: try tool.need("name").text(), description: try tool["description"]?.text(), parameters: tool["input_schema"]?.value)
        }
    }

    private static func toolChoice(_ place: RequestPlace) throws -> ToolChoice {
        switch try place.need("type").text() {
        case "auto": return .auto
        case "any": return .required
        case "none": return .none
        case "tool": return .tool(try place.need("name").text())
        default: throw place.fault("`tool_choice.type` is auto, any, tool or none.")
        }
    }

    private struct Thinking {
        var isShown: Bool
        var effort: String?
        static let absent = Thinking(isShown: false)
    }

    /// A budget of tokens in the three words that all providers know.
    private static func effort(of place: RequestPlace) throws -> Thinking {
        switch try place.need("type").text() {
        case "disabled": return .absent
        case "enabled":
            let budget = try place.need("budget_tokens").integer()
            return Thinking(isShown: true, effort: budget < 4_096 ? "low" : budget < 16_384 ? "medium" : "high")
        default: return Thinking(isShown: true)
        }
    }

    /// A JSON Schema, in the words in which a run carries it.
    private static func responseFormat(_ place: RequestPlace) throws -> JSONValue {
        guard try place.object().need("type").text() == "json_schema" else { throw place.fault("`output_config.format.type` is json_schema.") }
        let schema = try place.need("schema").object().value
        return ["type": "json_schema", "json_schema": ["name": "answer", "schema": schema, "strict": true]]
    }
}
