/// A Swift value that can be a parameter: `Bool`, `Int16`, `Int32`, `Int64`, `Int` (int8), `Double`, `String` (text), `UUID`,
/// `Date` (timestamptz), `[UInt8]` (bytea), ``PostgresJSON`` (jsonb), and optionals and arrays of them.
///
/// Parameters travel in the binary format with an explicit type, so the server never guesses: compare a `varchar` or an enum
/// column with `$1::text` or `$1::text::ticket_state`. An enum whose raw value is one of these types conforms by naming the
/// protocol.
public protocol PostgresEncodable: Sendable {
    /// The type that the parameter is declared with.
    static var postgresType: PostgresType { get }

    /// True for SQL null; then nothing else is asked.
    var isNull: Bool { get }

    /// Bytes that ``encode(into:)`` writes at most. Writing more is a defect of the conforming type and stops the process.
    var encodedSize: Int { get }

    /// Writes the binary form. Throws ``PostgresError`` with code `usage` for a value that PostgreSQL cannot hold.
    func encode(into output: inout PostgresOutput) throws
}

extension PostgresEncodable {
    public var isNull: Bool { false }
}

/// A type whose arrays can be parameters. `UInt8` is one, although it is no parameter itself: its array is a `bytea`.
public protocol PostgresArrayEncodable: Sendable {
    static var postgresArrayType: PostgresType { get }
    static func encodedSize(of array: [Self]) -> Int
    static func encode(array: [Self], into output: inout PostgresOutput) throws
}

extension Array: PostgresEncodable where Element: PostgresArrayEncodable {
    public static var postgresType: PostgresType { Element.postgresArrayType }
    public var encodedSize: Int { Element.encodedSize(of: self) }
    public func encode(into output: inout PostgresOutput) throws { try Element.encode(array: self, into: &output) }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    public static var postgresType: PostgresType { Wrapped.postgresType }

    public var isNull: Bool {
        switch self {
        case .none: true
        case .some(let value): value.isNull
        }
    }

    public var encodedSize: Int { self?.encodedSize ?? 0 }
    public func encode(into output: inout PostgresOutput) throws { try self?.encode(into: &output) }
}

extension PostgresEncodable where Self: RawRepresentable, RawValue: PostgresEncodable {
    public static var postgresType: PostgresType { RawValue.postgresType }
    public var encodedSize: Int { rawValue.encodedSize }
    public func encode(into output: inout PostgresOutput) throws { try rawValue.encode(into: &output) }
}
