/// A call that the answer asks for.
package struct EmulatorToolCall: Codable, Sendable, Equatable {
    package var name: String
    /// The text of a JSON object, or of the beginning of one that is cut short. `{}` when nil.
    package var arguments: EmulatorText?
    /// Drawn by the seed when nil, in the provider's form.
    package var id: String?

    package init(_ name: String, _ arguments: EmulatorText? = nil, id: String? = nil) {
        self.name = name
        self.arguments = arguments
        self.id = id
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case name, arguments, id
    }

    package init(from decoder: any Decoder) throws {
        try decoder.refuseStrangers(among: CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        arguments = try container.decodeIfPresent(EmulatorText.self, forKey: .arguments)
        id = try container.decodeIfPresent(String.self, forKey: .id)
    }
}

/// What servers that call themselves compatible do to the pieces of tool calls. `index`, `name` and `id` are of Chat Completions
/// only: the other wires have no such places.
package struct EmulatorToolTraps: Codable, Sendable, Equatable {
    package enum Index: String, Codable, CaseIterable, Sendable {
        case normal, missing, zero, gaps
        case fromOne = "from_one"
    }

    package enum Name: String, Codable, CaseIterable, Sendable {
        /// With the call's first piece.
        case first
        /// With its second piece, behind the id.
        case late
        /// With the first, and `""` with each that follows.
        case emptied
        case missing
    }

    package enum ID: String, Codable, CaseIterable, Sendable {
        case first
        /// On every piece.
        case repeated
        /// `""`.
        case empty
        /// One for all calls.
        case shared
    }

    package enum Arguments: String, Codable, CaseIterable, Sendable {
        case pieces
        /// All of them with the call's first piece.
        case whole
        /// The same text once more behind its end.
        case doubled
    }

    package var index: Index
    package var name: Name
    package var id: ID
    package var arguments: Arguments
    /// A piece without arguments behind each call's last.
    package var trailing: Bool
    /// The calls' pieces in turn, and not one call after the other.
    package var interleaved: Bool

    package init(
        index: Index = .normal, name: Name = .first, id: ID = .first, arguments: Arguments = .pieces, trailing: Bool = false,
        interleaved: Bool = false
    ) {
        self.index = index
        self.name = name
        self.id = id
        self.arguments = arguments
        self.trailing = trailing
        self.interleaved = interleaved
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case index, name, id, arguments, trailing, interleaved
    }

    package init(from decoder: any Decoder) throws {
        try decoder.refuseStrangers(among: CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        index = try container.value(.index, or: .normal)
        name = try container.value(.name, or: .first)
        id = try container.value(.id, or: .first)
        arguments = try container.value(.arguments, or: .pieces)
        trailing = try container.value(.trailing, or: false)
        interleaved = try container.value(.interleaved, or: false)
    }
}
