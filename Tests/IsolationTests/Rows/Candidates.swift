import Foundation

/// Values that a column might take, the likeliest first, each as a piece of JSON. Which of them its checks allow, the database says.
struct Candidates: Sendable {
    /// Of the row: no two rows have the same.
    let number: Int
    /// Of the run: rows of an earlier one may still be there.
    let salt: String

    /// - Throws: `RowFault` for a type that nothing is known of.
    func values(for column: Column, in table: Table) throws(RowFault) -> [String] {
        if !column.labels.isEmpty { return column.labels.map(Self.text) }
        // A check of this column alone first: it lists what is allowed, and another may name what is an exception.
        let checks = table.checks.filter { $0.columns.contains(column.name) }.sorted { $0.columns.count < $1.columns.count }
        let words = checks.flatMap { Self.literals(in: $0.expression) }
        let isKey = table.uniqueKeys.contains { $0.columns.contains(column.name) }
        if let values = values(column.type, words, isKey: isKey) { return values }
        throw RowFault("\(table.name).\(column.name) is \(column.type), for which there is no value: name one in SpecialValues")
    }

    private func values(_ type: String, _ words: [String], isKey: Bool) -> [String]? {
        if type.hasSuffix("[]") {
            guard let elements = values(String(type.dropLast(2)), words, isKey: false) else { return nil }
            return ["[]"] + elements.map { "[\($0)]" }
        }
        switch type {
        case "uuid": return [Self.uuid()]
        case "text", "character varying", "name": return (words + texts).map(Self.text)
        case "smallint", "integer", "bigint": return (isKey ? [number, 1, 0, 2, 100] : [1, 0, 2, 100, number]).map { "\($0)" }
        case "double precision", "real", "numeric": return ["1", "0.5", "0", "100"]
        case "boolean": return ["true", "false"]
        case "timestamp with time zone", "timestamp without time zone":
            return ["2026-01-01T00:00:00Z", "2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"].map(Self.text)
        case "date": return [Self.text("2026-01-01")]
        case "interval": return [Self.text("1 day")]
        case "json", "jsonb": return ["{}", "[]", "\"a\"", "1"]
        case "bytea": return [32, 16, 1, 64, 20, 12].map { Self.text("\\x" + Self.hex(salt, number, digits: $0 * 2)) }
        case "inet", "cidr": return [Self.text("192.0.2.1")]
        default: return nil
        }
    }

    private var texts: [String] {
        let name = "row\(number)-\(salt)"
        return [
            name, "\(name)@example.org", Self.hex(salt, number, digits: 64), "sha256:" + Self.hex(salt, number, digits: 64),
            Self.hex(salt, number, digits: 40), "https://\(name).example/", "owner/\(name)", "1.0.\(number)", "a", "{}",
        ]
    }

    // MARK: Pieces

    /// A text as JSON.
    static func text(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    static func uuid(_ id: UUID = UUID()) -> String { text(id.uuidString.lowercased()) }

    /// The texts that an expression names: of a closed list, the values.
    static func literals(in expression: String) -> [String] {
        expression.matches(of: /'((?:[^']|'')*)'::(?:text|character varying)/).map { String($0.output.1).replacing("''", with: "'") }
    }

    private static func hex(_ salt: String, _ number: Int, digits: Int) -> String {
        let tail = salt + String(number + 0x10000, radix: 16)
        return String(repeating: "0", count: max(0, digits - tail.count)) + String(tail.suffix(digits))
    }
}
