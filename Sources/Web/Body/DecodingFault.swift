import Foundation

/// A decoder's error as a problem that names the place, what was expected and what was found.
enum DecodingFault {
    static func problem(for error: DecodingError, body: [UInt8]) -> Problem {
        let document: JSONValue
        do {
            document = try JSONParser.parse(body)
        } catch {
            return .badRequest(error.detail)
        }
        switch error {
        case .keyNotFound(let key, let context):
            return .invalid([FieldFault(body: path(context.codingPath + [key]), "The member `\(key.stringValue)` is missing.")])
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            let place = path(context.codingPath)
            let expected = name(of: type)
            let found = value(at: context.codingPath, in: document)?.kind ?? "nothing"
            return .invalid([FieldFault(body: place, "Expected \(article(expected)), found \(article(found)).", expected: expected, found: found)])
        case .dataCorrupted(let context):
            return .invalid([FieldFault(body: path(context.codingPath), sentence(context.debugDescription))])
        @unknown default:
            return .badRequest("The body does not have the shape that this route reads.")
        }
    }

    // MARK: Places

    private static func path(_ keys: [any CodingKey]) -> [String] {
        keys.map { key in key.intValue.map { "\($0)" } ?? key.stringValue }
    }

    private static func value(at keys: [any CodingKey], in document: JSONValue) -> JSONValue? {
        var value: JSONValue? = document
        for key in keys {
            value = key.intValue.flatMap { value?[$0] } ?? value?[key.stringValue]
        }
        return value
    }

    // MARK: Words

    /// A Swift type in JSON's words.
    private static func name(of type: any Any.Type) -> String {
        if type == String.self || type == Date.self || type == UUID.self || type == URL.self { return "string" }
        if type == Bool.self { return "boolean" }
        if type is any BinaryInteger.Type { return "integer" }
        if type is any BinaryFloatingPoint.Type || type == Decimal.self { return "number" }
        // Containers are reported as `[Any]` and `[String: Any]`.
        let text = "\(type)"
        if text.hasPrefix("Dictionary") || text.contains("KeyedDecodingContainer") { return "object" }
        if text.hasPrefix("Array") || text.contains("UnkeyedDecodingContainer") { return "array" }
        return "object"
    }

    private static func article(_ kind: String) -> String {
        switch kind {
        case "null", "nothing": kind
        case "array", "object", "integer": "an \(kind)"
        default: "a \(kind)"
        }
    }

    /// The decoder's own sentence where it is fit to be read; the standard library's names Swift types.
    private static func sentence(_ text: String) -> String {
        if text.hasPrefix("Cannot initialize") { return "The value is not one of those that are accepted." }
        if text.contains("not representable") || text.contains("does not fit") { return "The number is out of range." }
        if text.contains("UUID") { return "This is not a UUID." }
        return text.isEmpty ? "The value is not accepted." : text
    }
}
