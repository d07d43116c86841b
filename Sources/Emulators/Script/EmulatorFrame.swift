/// Something that stands in a stream beside the answer, written as it is: what servers were seen to send and no member of a script has a
/// word for. A second head, choices that are null, an id that changes, a comment with a mark in front.
package struct EmulatorFrame: Codable, Sendable, Equatable {
    /// How many pieces are said before it; behind the finish, and before the end mark, when nil.
    package var after: Int?
    /// Its lines, such as `data: {"choices":null}`; an empty line follows them.
    package var lines: [String]

    package init(after: Int? = nil, _ lines: String...) {
        self.after = after
        self.lines = lines
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case after, lines
    }

    package init(from decoder: any Decoder) throws {
        try decoder.refuseStrangers(among: CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        after = try container.number(.after, atLeast: 0)
        lines = try container.decode([String].self, forKey: .lines)
    }
}
