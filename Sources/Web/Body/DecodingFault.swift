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
            // Foundation's words, without a place, for a document that is well-formed but for a number that its type cannot hold.
            if context.codingPath.isEmpty, context.debugDescription.contains("not valid JSON") { return .invalid([number(in: document)]) }
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

    /// The number that cannot be an integer: its place, when only one is like it.
    private static func number(in document: JSONValue) -> FieldFault {
        var places: [[String]] = []
        findFractions(in: document, path: [], into: &places)
        return FieldFault(
            body: places.count == 1 ? places[0] : [], "The number is not an integer or is out of range.", expected: "integer", found: "number")
    }

    private static func findFractions(in value: JSONValue, path: [String], into places: inout [[String]]) {
        switch value {
        case .number(let number): if Int64(exactly: number) == nil { places.append(path) }
        case .array(let elements):
            for (index, element) in elements.enumerated() { findFractions(in: element, path: path + ["\(index)"], into: &places) }
        case .object(let members): for member in members { findFractions(in: member.value, path: path + [member.name], into: &places) }
        default: break
        }
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
        if text.contains("UUID") { return "This is not a UUID." }
        return text.isEmpty ? "The value is not accepted." : text
    }
}
