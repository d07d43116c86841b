import Testing

@testable import Postgres

/// The bytes that a parameter puts on the wire; `nil` for null.
func encoded(_ value: any PostgresEncodable) throws -> [UInt8]? {
    let parameters = try Parameters([value])
    let extent = try #require(parameters.extents.first)
    return extent.length < 0 ? nil : Array(parameters.bytes[extent.offset..<extent.offset + extent.length])
}

/// Decodes bytes as if a column of this type had held them.
func decoded<T: PostgresDecodable>(_ bytes: [UInt8]?, _ type: PostgresType, as: T.Type = T.self) throws -> T {
    guard let bytes else { return try T.decode(PostgresCell(type: type, bytes: nil)) }
    return try bytes.withUnsafeBytes { try T.decode(PostgresCell(type: type, bytes: $0)) }
}

extension Error {
    /// The error as one of the module's, for expectations.
    var postgres: PostgresError? { self as? PostgresError }
}
