package import Foundation
package import Hummingbird

/// A request's query, decoded once.
///
/// Hummingbird's own map hands back what it cannot decode as it came; here that is the caller's fault.
package struct Query: Sendable {
    private let values: [String: [String]]

    /// - Throws: a 400 problem for a percent-encoding that is not UTF-8, or a NUL.
    package init(_ request: Request) throws {
        try self.init(request.uri.query ?? "")
    }

    /// - Throws: as above.
    package init(_ text: String) throws {
        var values: [String: [String]] = [:]
        for pair in text.split(separator: "&", omittingEmptySubsequences: true) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = try Self.decode(parts[0], parameter: String(parts[0]))
            values[name, default: []].append(parts.count == 2 ? try Self.decode(parts[1], parameter: name) : "")
        }
        self.values = values
    }

    /// The last value of that name, nil when there is none.
    package subscript(name: String) -> String? { values[name]?.last }

    /// Every value of that name.
    package func all(_ name: String) -> [String] { values[name] ?? [] }

    /// An integer within bounds, nil when the parameter was not sent.
    /// - Throws: a 400 problem.
    package func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = self[name] else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw Self.fault(name, "Send an integer from \(range.lowerBound) to \(range.upperBound).")
        }
        return value
    }

    /// A UUID, nil when the parameter was not sent.
    /// - Throws: a 400 problem.
    package func uuid(_ name: String) throws -> UUID? {
        guard let text = self[name] else { return nil }
        guard let value = UUID(uuidString: text) else { throw Self.fault(name, "Send a UUID.") }
        return value
    }

    /// One of some words, nil when the parameter was not sent.
    /// - Throws: a 400 problem that lists the words.
    package func word<T: RawRepresentable & CaseIterable>(_ name: String, as type: T.Type = T.self) throws -> T? where T.RawValue == String {
        try self[name].map { try Self.word($0, of: name) }
    }

    /// The same of a value that came another way.
    package static func word<T: RawRepresentable & CaseIterable>(_ text: String, of name: String) throws -> T where T.RawValue == String {
        guard let value = T(rawValue: text) else {
            throw fault(name, "Send one of \(T.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")).")
        }
        return value
    }

    /// `true` or `false` (a bare name is true), nil when the parameter was not sent.
    /// - Throws: a 400 problem.
    package func flag(_ name: String) throws -> Bool? {
        switch self[name] {
        case nil: nil
        case "", "true", "1": true
        case "false", "0": false
        default: throw Self.fault(name, "Send `true` or `false`.")
        }
    }

    /// A length of time such as `10s`, `500ms`, `2m` or `10` (seconds), nil when the parameter was not sent.
    /// - Throws: a 400 problem when it is not one or is over `limit`.
    package func duration(_ name: String, upTo limit: Duration) throws -> Duration? {
        guard let text = self[name] else { return nil }
        guard let value = Duration(wire: text), value <= limit else {
            throw Self.fault(name, "Send a time such as `10s`, at most `\(limit.components.seconds)s`.")
        }
        return value
    }

    /// The fault of a parameter as a problem.
    package static func fault(_ name: String, _ detail: String) -> Problem {
        .badRequest("The parameter `\(name)` cannot be read. \(detail)", errors: [FieldFault(.parameter(name), detail)])
    }

    private static func decode(_ text: Substring, parameter: String) throws -> String {
        let spaced = text.utf8.contains(UInt8(ascii: "+")) ? String(text).replacing("+", with: " ") : String(text)
        guard let decoded = spaced.removingPercentEncoding else { throw fault(parameter, "Its percent-encoding is not valid UTF-8.") }
        guard !decoded.utf8.contains(0) else { throw fault(parameter, "It holds a NUL character.") }
        return decoded
    }
}
