/// What becomes of a run whose worker is lost after it has shown something.
package enum InterruptionPolicy: String, Codable, Sendable, Equatable, CaseIterable {
    /// It ends as `incomplete: interrupted`.
    case incomplete
    /// Another worker goes on where that is exact, and else ends it the same way.
    case `continue`

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let policy = Self(rawValue: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "Send `incomplete` or `continue`.")
        }
        self = policy
    }
}
