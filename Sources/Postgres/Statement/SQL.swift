/// The text of one statement, written in the source code and nowhere else.
///
/// There is no initialiser from `String` and no interpolation, so that a value can reach the server only as a
/// parameter (`$1`, `$2`, …). A first line of the form `-- name of the statement` becomes ``label``.
///
/// ```swift
/// static let insert: SQL = """
///     -- insert tickets
///     insert into tickets (workspace_id, id) select * from unnest($1, $2) on conflict do nothing
///     """
/// ```
public struct SQL: Sendable, Hashable, ExpressibleByStringLiteral {
    private enum Text: Sendable {
        case literal(StaticString)
        case file(String)
    }

    private let text: Text

    public init(stringLiteral value: StaticString) {
        // A literal of one scalar may be stored without an address; it is never a useful statement, but must not trap.
        text = value.hasPointerRepresentation ? .literal(value) : .file(value.description)
    }

    /// A statement read from a file that ships with the program (a migration, a report) or composed of identifiers that
    /// the program itself made (a test's database name). Never pass text that a request can influence.
    package static func trusted(file text: String) -> SQL { SQL(text: .file(text)) }

    private init(text: Text) { self.text = text }

    public static func == (left: SQL, right: SQL) -> Bool {
        if case .literal(let one) = left.text, case .literal(let other) = right.text, one.utf8Start == other.utf8Start {
            return one.utf8CodeUnitCount == other.utf8CodeUnitCount
        }
        return left.string == right.string
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(string) }

    /// The whole text.
    var string: String {
        switch text {
        case .literal(let literal): literal.description
        case .file(let text): text
        }
    }

    /// What an operator reads in errors and logs: the comment in the first line, else the first words of the statement.
    /// It holds no parameter.
    public var label: String {
        let text = string
        let lines = text.split(separator: "\n").lazy.map { $0.drop { $0 == " " || $0 == "\t" } }.filter { !$0.isEmpty }
        if let first = lines.first, first.hasPrefix("--") {
            return String(first.dropFirst(2).drop { $0 == " " })
        }
        let words = text.split { $0 == " " || $0 == "\n" || $0 == "\t" }.joined(separator: " ")
        return words.count <= 60 ? words : words.prefix(59) + "…"
    }

    /// Identity for the statement cache: a literal's address costs nothing to hash, and the same text at two addresses is
    /// merely prepared twice.
    struct Identity: Hashable, Sendable {
        private let address: UInt
        private let length: Int
        private let text: String?

        init(_ sql: SQL) {
            switch sql.text {
            case .literal(let literal):
                address = UInt(bitPattern: literal.utf8Start)
                length = literal.utf8CodeUnitCount
                text = nil
            case .file(let file):
                address = 0
                length = 0
                text = file
            }
        }
    }

    var identity: Identity { Identity(self) }

    /// True when C would see less than the whole text.
    var containsNUL: Bool { string.utf8.contains(0) }

    func withCString<R>(_ body: (UnsafePointer<CChar>) throws -> R) rethrows -> R {
        switch text {
        case .literal(let literal):
            // The compiler ends a literal with NUL, which is not in the count.
            try literal.utf8Start.withMemoryRebound(to: CChar.self, capacity: literal.utf8CodeUnitCount + 1, body)
        case .file(let file): try file.withCString(body)
        }
    }
}
