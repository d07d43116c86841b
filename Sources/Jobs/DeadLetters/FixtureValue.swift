import Foundation

/// A JSON document as a value: what a fixture's body is, and what redaction works on. The order of members is not kept.
package enum FixtureValue: Sendable, Hashable, Codable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([FixtureValue])
    case object([String: FixtureValue])

    /// Reads JSON of any shape; nil for bytes that are none.
    package init?(json: [UInt8]) {
        guard let value = try? JSONDecoder().decode(FixtureValue.self, from: Data(json)) else { return nil }
        self = value
    }

    /// UTF-8 JSON, the members by name.
    /// - Throws: `EncodingError` for a number that JSON cannot hold.
    package func json(isPretty: Bool = false) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = isPretty ? [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted] : [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self))
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // Texts first, for most values are, and each wrong guess costs an error.
        if container.decodeNil() {
            self = .null
        } else if let text = try? container.decode(String.self) {
            self = .string(text)
        } else if let flag = try? container.decode(Bool.self) {
            self = .bool(flag)
        } else if let integer = try? container.decode(Int64.self) {
            self = .integer(integer)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let items = try? container.decode([FixtureValue].self) {
            self = .array(items)
        } else {
            self = .object(try container.decode([String: FixtureValue].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let flag): try container.encode(flag)
        case .integer(let integer): try container.encode(integer)
        case .number(let number): try container.encode(number)
        case .string(let text): try container.encode(text)
        case .array(let items): try container.encode(items)
        case .object(let members): try container.encode(members)
        }
    }
}
