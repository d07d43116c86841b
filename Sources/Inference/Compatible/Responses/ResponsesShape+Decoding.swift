import Web

extension ResponsesShape {
    static func decode(_ document: JSONValue) throws -> CompatibleRequest {
        let body = try RequestPlace(document).object()
        try body.refuse(["conversation", "prompt"], because: "nothing is kept under such a name; send `previous_response_id`, or all in `input`.")
        try body.refuse(["top_logprobs"], because: "probabilities of tokens are not part of a run.")

        var options = GenerationOptions()
        options.maxOutputTokens = try body["max_output_tokens"]?.integer()
        options.temperature = try body["temperature"]?.number()
        options.topP = try body["top_p"]?.number()
        options.toolChoice = try body["tool_choice"].map(toolChoice)
        options.parallelToolCalls = try body["parallel_tool_calls"]?.flag()
        options.reasoningEffort = try body["reasoning"]?["effort"]?.text()
        options.responseFormat = try body["text"]?["format"].map(responseFormat)

        var messages: [RunMessage] = []
        if let instructions = try body["instructions"]?.text(), !instructions.isEmpty { messages.append(RunMessage(.system, instructions)) }
        let start = messages.count
        let input = try body.need("input")
        var places = places(of: body)
        if let text = input.value.string {
            places.note("messages/\(start)/content", at: input)
            messages.append(RunMessage(.user, text))
        } else {
            for place in try input.elements() {
                let index = messages.count
                try add(place, to: &messages)
                guard messages.count > index else { continue }
                places.note("messages/\(index)", at: place)
                places.note("messages/\(index)/tool_call_id", at: place["call_id"])
            }
        }
        var run = RunRequest(
            messages: messages, tools: try body["tools"].map(tools), metadata: try body["metadata"].map(ChatShape.metadata),
            options: options == GenerationOptions() ? nil : options)
        try CompatibleExtensions.read(body, into: &run)
        if try body["store"]?.flag() ?? true { run.turn = ConversationTurn(start: start) }
        return CompatibleRequest(
            run: run, model: try body.need("model").text(), streams: try body["stream"]?.flag() ?? false,
            isBackground: try body["background"]?.flag() ?? false, previous: try body["previous_response_id"]?.text(), input: start, places: places)
    }

    /// Where all but the single messages stand.
    private static func places(of body: RequestPlace) -> RunPlaces {
        var places = RunPlaces()
        places.note("messages", at: body["input"])
        places.note("options", at: body)
        places.note("options/reasoning_effort", at: body["reasoning"]?["effort"])
        places.note("options/response_format", at: body["text"]?["format"])
        // What a run has in a member of its own stands beside the type there.
        places.note("options/response_format/json_schema", at: body["text"]?["format"])
        return places
    }

    // MARK: Items

    private static func add(_ place: RequestPlace, to messages: inout [RunMessage]) throws {
        // A message may leave its type out.
        let type = try place.object()["type"]?.text() ?? "message"
        switch type {
        case "message":
            let message = try message(place)
            if !message.saysNothing { messages.append(message) }
        case "function_call":
            let call = RunMessage.Call(
                id: try place.need("call_id").text(), name: try place.need("name").text(), arguments: try place.need("arguments").text())
            // Calls are items of their own there, and belong to what the model said before them here.
            if let last = messages.last, last.role == .assistant {
                messages[messages.count - 1].toolCalls = (last.toolCalls ?? []) + [call]
            } else {
                messages.append(RunMessage(.assistant, "", toolCalls: [call]))
            }
        case "function_call_output":
            let output = try parts(of: place.need("output"), takesImages: true)
            messages.append(RunMessage(.tool, parts: output, toolCallID: try place.need("call_id").text()))
        // What a model thought belongs to the model that thought it, and the run may be answered by another.
        case "reasoning": break
        default: throw place.unsupported("Items of the type `\(type)` are not supported here; send messages, function calls and their outputs.")
        }
    }

    private static func message(_ place: RequestPlace) throws -> RunMessage {
        let word = try place.need("role").text()
        guard let role = RunMessage.Role(rawValue: word), role != .tool else {
            throw try place.need("role").fault("`\(word)` is no role; send system, developer, user or assistant.")
        }
        return RunMessage(role, parts: try parts(of: place.need("content"), takesImages: role == .user))
    }

    /// Text, or parts of text and images.
    private static func parts(of content: RequestPlace, takesImages: Bool) throws -> [ContentPart] {
        if let text = content.value.string { return [.text(text)] }
        return try content.elements().map { part -> ContentPart in
            switch try part.object().need("type").text() {
            case "input_text", "output_text", "text": return .text(try part.need("text").text())
            case "refusal": return .text(try part.need("refusal").text())
            case "input_image" where takesImages:
                guard let url = part["image_url"] else {
                    throw part.unsupported("An image is sent here by its `image_url`: an address or a data URL; no files are kept.")
                }
                return try url.image(detail: part["detail"])
            case "input_image": throw part.unsupported("Images stand in messages of the user and in outputs of functions here.")
            case let type: throw part.unsupported("Parts of the type `\(type)` are not supported here; send text and images.")
            }
        }
    }

    // MARK: Tools and bounds

    private static func tools(_ place: RequestPlace) throws -> [ToolDefinition] {
        try place.elements().map { tool -> ToolDefinition in
            let type = try tool.object().need("type")
            guard try type.text() == "function" else {
                throw type.unsupported("Tools of the type `\(try type.text())` are not supported here; send functions.")
            }
            return ToolDefinition(
                name: try tool.need("name").text(), description: try tool["description"]?.text(), parameters: tool["parameters"]?.value)
        }
    }

    /// A word, or `{"type":"function","name":…}`.
    private static func toolChoice(_ place: RequestPlace) throws -> ToolChoice {
        guard let word = place.value.string else {
            guard try place.object()["type"]?.text() == "function" else {
                throw place.unsupported("`tool_choice` is auto, none, required or a function here.")
            }
            return .tool(try place.need("name").text())
        }
        switch word {
        case "auto": return .auto
        case "none": return .none
        case "required": return .required
        default: throw place.fault("`tool_choice` is auto, none, required or a function.")
        }
    }

    /// A format as it stands there, in the words in which a run carries it.
    private static func responseFormat(_ place: RequestPlace) throws -> JSONValue {
        guard try place.object().need("type").text() == "json_schema" else { return place.value }
        let inner = (place.value.members ?? []).filter { $0.name != "type" }
        return ["type": "json_schema", "json_schema": .object(inner)]
    }
}
