package import Web

/// How a model is to answer. What is nil is the provider's own default.
///
/// A format that has no word for an option refuses the call: see the table in `ops/providers.md`.
package struct GenerationOptions: Codable, Sendable, Equatable {
    /// Tokens of the answer at most, reasoning included.
    package var maxOutputTokens: Int?
    /// 0 to 2; providers differ in how much they take.
    package var temperature: Double?
    /// 0 to 1.
    package var topP: Double?
    /// Texts at which the model stops; they are not in the answer.
    package var stop: [String]?
    package var toolChoice: ToolChoice?
    /// Whether one answer may hold more than one tool call.
    package var parallelToolCalls: Bool?
    /// `none`, `minimal`, `low`, `medium`, `high`, `xhigh` or `max`; which of them a model takes its provider says.
    package var reasoningEffort: String?
    /// As OpenAI's chat completions write it: `{"type":"text"}`, `{"type":"json_object"}` or
    /// `{"type":"json_schema","json_schema":{"name","schema","strict?"}}`.
    package var responseFormat: JSONValue?

    package init(
        maxOutputTokens: Int? = nil, temperature: Double? = nil, topP: Double? = nil, stop: [String]? = nil, toolChoice: ToolChoice? = nil,
        parallelToolCalls: Bool? = nil, reasoningEffort: String? = nil, responseFormat: JSONValue? = nil
    ) {
        self.maxOutputTokens = maxOutputTokens
        self.temperature = temperature
        self.topP = topP
        self.stop = stop
        self.toolChoice = toolChoice
        self.parallelToolCalls = parallelToolCalls
        self.reasoningEffort = reasoningEffort
        self.responseFormat = responseFormat
    }

    enum CodingKeys: String, CodingKey {
        case maxOutputTokens = "max_output_tokens"
        case temperature
        case topP = "top_p"
        case stop
        case toolChoice = "tool_choice"
        case parallelToolCalls = "parallel_tool_calls"
        case reasoningEffort = "reasoning_effort"
        case responseFormat = "response_format"
    }
}

/// Which tool a model may or must call: `"auto"`, `"none"`, `"required"` or `{"name":"…"}`.
package enum ToolChoice: Codable, Sendable, Equatable {
    case auto
    case none
    case required
    case tool(String)

    private enum CodingKeys: String, CodingKey { case name }

    package init(from decoder: any Decoder) throws {
        guard let word = try? decoder.singleValueContainer().decode(String.self) else {
            self = .tool(try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .name))
            return
        }
        switch word {
        case "auto": self = .auto
        case "none": self = .none
        case "required": self = .required
        default:
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "a tool choice is auto, none, required or an object with a name"))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .auto, .none, .required:
            var container = encoder.singleValueContainer()
            try container.encode(word)
        case .tool(let name):
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(name, forKey: .name)
        }
    }

    /// The word for a choice that names no tool; empty for one that does.
    var word: String {
        switch self {
        case .auto: "auto"
        case .none: "none"
        case .required: "required"
        case .tool: ""
        }
    }
}
