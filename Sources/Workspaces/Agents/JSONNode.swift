/// A JSON value as a person wrote it: members keep their order, numbers keep their digits.
///
/// Character files are kept whole, keys that nobody here knows included, so a typed model would lose part of them and
/// `Double` would change long identifiers.
package indirect enum JSONNode: Sendable, Equatable {
    case null
    case bool(Bool)
    /// The digits as written, already checked to be a JSON number within ``JSONParser/Limits``.
    case number(String)
    case string(String)
    case array([JSONNode])
    case object([JSONMember])
}

/// One name and value of an object.
package struct JSONMember: Sendable, Equatable {
    package let name: String
    package let value: JSONNode

    package init(name: String, value: JSONNode) {
        self.name = name
        self.value = value
    }
}

extension JSONNode {
    /// The value of a member, nil when this is no object or has no such member.
    package subscript(_ name: String) -> JSONNode? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The text, nil when this is not a string.
    package var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// What an error message calls this value; never the value itself, which may be a secret.
    package var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }

    /// This object with one member taken away; anything else unchanged.
    package func removing(_ name: String) -> JSONNode {
        guard case .object(let members) = self else { return self }
        return .object(members.filter { $0.name != name })
    }

    /// This object with one member's value replaced in place; unchanged when there is no such member.
    package func replacing(_ name: String, with value: JSONNode) -> JSONNode {
        guard case .object(let members) = self else { return self }
        return .object(members.map { $0.name == name ? JSONMember(name: name, value: value) : $0 })
    }
}

/// A place in a document, written as RFC 6901 says: `/settings/secrets/OPENAI_API_KEY`; the whole document is empty.
package struct JSONPointer: Sendable, Hashable, CustomStringConvertible {
    /// One step down: into a member or an element.
    package enum Step: Sendable, Hashable {
        case name(String)
        case index(Int)
    }

    package var steps: [Step]

    package init(_ steps: [Step] = []) {
        self.steps = steps
    }

    /// The member of this name below this place.
    package func member(_ name: String) -> JSONPointer {
        JSONPointer(steps + [.name(name)])
    }

    /// The element of this number, from 0, below this place.
    package func element(_ index: Int) -> JSONPointer {
        JSONPointer(steps + [.index(index)])
    }

    package var description: String {
        var text = ""
        for step in steps {
            text += "/"
            switch step {
            case .index(let index):
                text += String(index)
            case .name(let name):
                for character in name.unicodeScalars {
                    switch character {
                    case "~": text += "~0"
                    case "/": text += "~1"
                    default: text.unicodeScalars.append(character)
                    }
                }
            }
        }
        return text
    }
}
