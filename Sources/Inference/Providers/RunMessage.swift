package import Web

/// One message of a conversation, in the words of the API: `{"role","content","name?","tool_call_id?","tool_calls?"}`.
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
    /// Empty for an assistant's message that consists of tool calls.
    package var content: String
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

    private enum CodingKeys: String, CodingKey {
        case role, content, name
        case toolCallID = "tool_call_id"
        case toolCalls = "tool_calls"
    }

    private struct TextPart: Decodable {
        var type: String
        var text: String?
    }

    /// `content` is text, a list of `{"type":"text","text"}` parts, or, beside tool calls, null or absent.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        role = try container.decode(Role.self, forKey: .role)
        name = try container.decodeIfPresent(String.self, forKey: .name)
        toolCallID = try container.decodeIfPresent(String.self, forKey: .toolCallID)
        toolCalls = try container.decodeIfPresent([Call].self, forKey: .toolCalls)
        if let parts = try? container.decode([TextPart].self, forKey: .content) {
            guard let other = parts.first(where: { $0.type != "text" }) else {
                content = parts.compactMap(\.text).joined()
                return
            }
            throw DecodingError.dataCorruptedError(
                forKey: .content, in: container, debugDescription: "a part of type \(other.type) is not supported, only text")
        } else if toolCalls != nil, try !container.contains(.content) || container.decodeNil(forKey: .content) {
            content = ""
        } else {
            content = try container.decode(String.self, forKey: .content)
        }
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
