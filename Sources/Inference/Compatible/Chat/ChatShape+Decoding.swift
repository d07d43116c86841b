import Web

extension ChatShape {
    static func decode(_ document: JSONValue) throws -> CompatibleRequest {
        let body = try RequestPlace(document).object()
        if let choices = body["n"], try choices.integer() != 1 { throw choices.unsupported("`n` is 1 here: a run has one answer.") }
        try body.refuse(["audio", "web_search_options", "functions", "function_call"], because: "a run cannot carry it.")
        try body.refuse(["logprobs", "top_logprobs", "logit_bias"], because: "probabilities of tokens are not part of a run.")
        for modality in try body["modalities"]?.elements() ?? [] {
            guard try modality.text() == "text" else { throw modality.unsupported("`\(modality.name)` is `text` here.") }
        }

        var options = GenerationOptions()
        options.maxOutputTokens = try (body["max_completion_tokens"] ?? body["max_tokens"])?.integer()
        options.temperature = try body["temperature"]?.number()
        options.topP = try body["top_p"]?.number()
        options.stop = try body["stop"].map(stop)
        options.toolChoice = try body["tool_choice"].map(toolChoice)
        options.parallelToolCalls = try body["parallel_tool_calls"]?.flag()
        options.reasoningEffort = try body["reasoning_effort"]?.text()
        options.responseFormat = try body["response_format"]?.object().value

        var messages: [RunMessage] = []
        var places = RunPlaces()
        for place in try body.need("messages").elements() {
            let message = try message(place)
            guard !message.saysNothing else { continue }
            places.note("messages/\(messages.count)", at: place)
            messages.append(message)
        }
        var run = RunRequest(
            messages: messages, tools: try body["tools"].map(tools), metadata: try body["metadata"].map(metadata),
            options: options == GenerationOptions() ? nil : options)
        try CompatibleExtensions.read(body, into: &run)
        try note(body, of: run, in: &places)
        return CompatibleRequest(
            run: run, model: try body.need("model").text(), streams: try body["stream"]?.flag() ?? false,
            includesUsage: try body["stream_options"]?["include_usage"]?.flag() ?? false, places: places)
    }

    /// Notes where options and tools stand.
    private static func note(_ body: RequestPlace, of run: RunRequest, in places: inout RunPlaces) throws {
        if run.options != nil {
            places.note("options", at: body)
            places.note("options/max_output_tokens", at: body["max_completion_tokens"] ?? body["max_tokens"])
            if let stop = body["stop"], stop.value.string != nil { places.note("options/stop/0", at: stop) }
            places.note("options/tool_choice/name", at: body["tool_choice"]?["function"]?["name"])
        }
        for (index, tool) in (try body["tools"]?.elements() ?? []).enumerated() { places.note("tools/\(index)", at: tool["function"]) }
    }

    // MARK: Messages

    private static func message(_ place: RequestPlace) throws -> RunMessage {
        let roleText = try place.object().need("role").text()
        guard let role = RunMessage.Role(rawValue: roleText) else {
            throw try place.need("role").fault("`\(roleText)` is no role; send system, developer, user, assistant or tool.")
        }
        let calls = try place["tool_calls"].map { try $0.elements().map(call) } ?? []
        var parts: [ContentPart] = []
        if let content = place["content"] {
            parts = try self.parts(of: content, takesImages: role == .user || role == .tool)
        } else if role != .assistant {
            _ = try place.need("content")
        }
        // What a model refused with earlier is what it said.
        if calls.isEmpty, parts.allSatisfy({ $0.words?.isEmpty == true }), let refusal = try place["refusal"]?.text() { parts = [.text(refusal)] }
        return RunMessage(
            role, parts: parts, name: try place["name"]?.text(), toolCallID: try place["tool_call_id"]?.text(),
            toolCalls: calls.isEmpty ? nil : calls)
    }

    /// Text, or parts of text and images.
    private static func parts(of content: RequestPlace, takesImages: Bool) throws -> [ContentPart] {
        if let text = content.value.string { return [.text(text)] }
        return try content.elements().map { part -> ContentPart in
            switch try part.object().need("type").text() {
            case "text": return .text(try part.need("text").text())
            case "refusal": return .text(try part.need("refusal").text())
            case "image_url" where takesImages:
                let image = try part.need("image_url").object()
                return try image.need("url").image(detail: image["detail"])
            case "image_url": throw part.unsupported("Images stand in messages of the user here.")
            case let type: throw part.unsupported("Parts of the type `\(type)` are not supported here; send text and images.")
            }
        }
    }

    private static func call(_ place: RequestPlace) throws -> RunMessage.Call {
        let function = try function(of: place)
        return RunMessage.Call(
            id: try place.need("id").text(), name: try function.need("name").text(), arguments: try function["arguments"]?.text() ?? "{}")
    }

    // MARK: Tools and bounds

    private static func tools(_ place: RequestPlace) throws -> [ToolDefinition] {
        try place.elements().map { tool -> ToolDefinition in
            let function = try function(of: tool)
            return ToolDefinition(
                name: try function.need("name").text(), description: try function["description"]?.text(), parameters: function["parameters"]?.value)
        }
    }

    /// What stands in `function`, of a tool and of a call.
    private static func function(of place: RequestPlace) throws -> RequestPlace {
        if let type = try place.object()["type"], try type.text() != "function" {
            throw type.unsupported("Tools of the type `\(try type.text())` are not supported here; send functions.")
        }
        return try place.need("function").object()
    }

    /// A word, or `{"type":"function","function":{"name":…}}`.
    private static func toolChoice(_ place: RequestPlace) throws -> ToolChoice {
        guard let word = place.value.string else { return .tool(try function(of: place).need("name").text()) }
        switch word {
        case "auto": return .auto
        case "none": return .none
        case "required": return .required
        default: throw place.fault("`tool_choice` is auto, none, required or a function.")
        }
    }

    private static func stop(_ place: RequestPlace) throws -> [String] {
        if let one = place.value.string { return [one] }
        return try place.elements().map { try $0.text() }
    }

    /// The caller's notes go with the run and are shown by `GET /v1/runs/{id}`.
    static func metadata(_ place: RequestPlace) throws -> [String: String] {
        var notes: [String: String] = [:]
        for member in try place.object().value.members ?? [] {
            notes[member.name] = try RequestPlace(member.value, path: place.path + [member.name]).text()
        }
        return notes
    }
}
