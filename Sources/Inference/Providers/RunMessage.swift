package import Web

/// One message of a conversation, in the words of the API: `{"role","content","name?","tool_call_id?","tool_calls?"}`. `content` is text, or
/// a list of parts (``ContentPart``).
package struct RunMessage: Codable, Sendable, Equatable {
    package enum Role: String, Codable, Sendable, Equatable, CaseIterable {
        case system
        case developer
        case user
        case assistant
        case tool
    }

    /// A call that the model made in an earlier turn: `{"id","type":"function","function":{"name","arguments"}}`.
    package struct Call: Codable, Sendable, Equatable {
        package struct Function: Codable, Sendable, Equatable {
            package var name: String
            /// JSON as text.
            package var arguments: String
        }

        package var id: String
        package var type: String
        package var function: Function

        package init(id: String, name: String, arguments: String) {
            self.id = id
            type = "function"
            function = Function(name: name, arguments: arguments)
        }
    }

    package var role: Role
    /// The text, of parts joined. Empty for an assistant's message that consists of tool calls.
    package private(set) var content: String
    /// The parts in their order, where there are images among them; nil for text alone.
    package private(set) var parts: [ContentPart]?
    package var name: String?
    package var toolCallID: String?
    package var toolCalls: [Call]?

    package init(_ role: Role, _ content: String, name: String? = nil, toolCallID: String? = nil, toolCalls: [Call]? = nil) {
        self.role = role
        self.content = content
        self.name = name
        self.toolCallID = toolCallID
        self.toolCalls = toolCalls
    }

    /// A message of parts, of which texts alone are joined.
    package init(_ role: Role, parts: [ContentPart], name: String? = nil, toolCallID: String? = nil, toolCalls: [Call]? = nil) {
        self.init(role, parts.compactMap(\.words).joined(), name: name, toolCallID: toolCallID, toolCalls: toolCalls)
        if parts.contains(where: { $0.shown != nil }) { self.parts = parts }
    }

    var images: [MessageImage] { (parts ?? []).compactMap(\.shown) }

    /// It says nothing: neither text nor image.
    var isBlank: Bool { content.isEmpty && parts == nil }

    private enum CodingKeys: String, CodingKey {
        case role, content, name
        case toolCallID = "tool_call_id"
        case toolCalls = "tool_calls"
    }

    /// `content` is text, a list of parts, or, beside tool calls, null or absent.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let role = try container.decode(Role.self, forKey: .role)
        let name = try container.decodeIfPresent(String.self, forKey: .name)
        let toolCallID = try container.decodeIfPresent(String.self, forKey: .toolCallID)
        let toolCalls = try container.decodeIfPresent([Call].self, forKey: .toolCalls)
        let parts: [ContentPart]
        if toolCalls != nil, try !container.contains(.content) || container.decodeNil(forKey: .content) {
            parts = []
        } else if let text = try? container.decode(String.self, forKey: .content) {
            parts = [.text(text)]
        } else if (try? container.nestedUnkeyedContainer(forKey: .content)) != nil {
            parts = try container.decode([ContentPart].self, forKey: .content)
        } else {
            // It says what is wrong.
            parts = [.text(try container.decode(String.self, forKey: .content))]
        }
        self.init(role, parts: parts, name: name, toolCallID: toolCallID, toolCalls: toolCalls)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(role, forKey: .role)
        if let parts { try container.encode(parts, forKey: .content) } else { try container.encode(content, forKey: .content) }
        try container.encodeIfPresent(name, forKey: .name)
        try container.encodeIfPresent(toolCallID, forKey: .toolCallID)
        try container.encodeIfPresent(toolCalls, forKey: .toolCalls)
    }
}

/// A tool that the model may call: `{"name","description?","parameters?"}`, or the same as OpenAI writes it, inside
/// `{"type":"function","function":…}`. `parameters` is a JSON Schema and is passed on as it is.
package struct ToolDefinition: Codable, Sendable, Equatable {
    package var name: String
    package var description: String?
    package var parameters: JSONValue?

    package init(name: String, description: String? = nil, parameters: JSONValue? = nil) {
        self.name = name
        self.description = description
        self.parameters = parameters
    }

    private enum CodingKeys: String, CodingKey { case name, description, parameters }
    private enum WrapperKeys: String, CodingKey { case function }

    package init(from decoder: any Decoder) throws {
        let wrapper = try decoder.container(keyedBy: WrapperKeys.self)
        let container =
            wrapper.contains(.function)
            ? try wrapper.nestedContainer(keyedBy: CodingKeys.self, forKey: .function) : try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        description = try container.decodeIfPresent(String.self, forKey: .description)
        parameters = try container.decodeIfPresent(JSONValue.self, forKey: .parameters)
    }
}
