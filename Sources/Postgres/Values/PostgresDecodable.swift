/// A Swift value that can be read from a column. The same types as ``PostgresEncodable``; integers widen (an `Int` reads int2,
/// int4 and int8), nothing narrows. A type whose raw value is one of these conforms by naming the protocol.
public protocol PostgresDecodable: Sendable {
    /// Throws ``PostgresDecodingFault``; the row adds the column's name.
    static func decode(_ cell: PostgresCell) throws -> Self
}

/// A type whose arrays can be read from a column. `UInt8` is one, although it is no column itself: its array is a `bytea`.
public protocol PostgresArrayDecodable: Sendable {
    static func decodeArray(_ cell: PostgresCell) throws -> [Self]
}

extension Array: PostgresDecodable where Element: PostgresArrayDecodable {
    public static func decode(_ cell: PostgresCell) throws -> [Element] { try Element.decodeArray(cell) }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    public static func decode(_ cell: PostgresCell) throws -> Wrapped? {
        cell.bytes == nil ? nil : try Wrapped.decode(cell)
    }
}

extension PostgresDecodable where Self: RawRepresentable, RawValue: PostgresDecodable {
    public static func decode(_ cell: PostgresCell) throws -> Self {
        let raw = try RawValue.decode(cell)
        guard let value = Self(rawValue: raw) else { throw cell.malformed("a value that \(Self.self) does not know: \(raw)") }
        return value
    }
}

/// One value as the server sent it. The bytes live only as long as the call that was given the cell: copy what you keep.
public struct PostgresCell {
    public let type: PostgresType
    /// `nil` for SQL null.
    public let bytes: UnsafeRawBufferPointer?

    @inlinable
    public init(type: PostgresType, bytes: UnsafeRawBufferPointer?) {
        self.type = type
        self.bytes = bytes
    }

    /// The bytes of a value that must not be null.
    public func requireBytes() throws -> UnsafeRawBufferPointer {
        guard let bytes else { throw PostgresDecodingFault(message: "is null", hint: "decode an Optional, or exclude nulls in the statement") }
        return bytes
    }

    /// An integer in network order that fills the whole cell.
    func integer<T: FixedWidthInteger>(_ type: T.Type = T.self) throws -> T {
        let bytes = try requireBytes()
        guard bytes.count == MemoryLayout<T>.size else { throw malformed("\(bytes.count) bytes instead of \(MemoryLayout<T>.size)") }
        return T(bigEndian: bytes.loadUnaligned(as: T.self))
    }

    /// The fault of a column whose type cannot become the Swift type that was asked for.
    public func mismatch(expected: String) -> PostgresDecodingFault {
        PostgresDecodingFault(message: "is \(type), expected \(expected)", hint: Self.casts[type])
    }

    /// The fault of bytes that are not what the type promises.
    public func malformed(_ found: String) -> PostgresDecodingFault {
        PostgresDecodingFault(message: "is \(type) and holds \(found)", hint: nil)
    }

    private static let casts: [PostgresType: String] = [
        .numeric: "cast in the statement: column::float8, column::int8 or column::text",
        .interval: "cast in the statement: extract(epoch from column)::float8",
        .date: "cast in the statement: column::timestamptz or column::text",
        .timestamp: "cast in the statement: column at time zone 'utc'",
        .float4: "cast in the statement: column::float8",
        .uuid: "decode a UUID, or cast in the statement: column::text",
        .jsonb: "decode PostgresJSON, or cast in the statement: column::text",
        .json: "decode PostgresJSON, or cast in the statement: column::text",
        .int8: "decode an Int64 or Int, or cast in the statement: column::int4",
    ]
}

/// Why a cell did not become the value that was asked for, before the column is known.
public struct PostgresDecodingFault: Error, Sendable, Hashable {
    public let message: String
    /// What to change, mostly the cast to write.
    public let hint: String?
}
