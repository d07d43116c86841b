#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// JSON as bytes, sent and read as `jsonb` (a `json` column is read too). Decoding is left to the one place that needs the
/// value, so rows that only pass through cost no parsing.
public struct PostgresJSON: Sendable, Hashable {
    /// The JSON text in UTF-8.
    public let bytes: [UInt8]

    /// Takes text that is JSON already. The server refuses what is not (SQLSTATE 22P02).
    public init(bytes: [UInt8]) { self.bytes = bytes }

    /// Encodes a value; `Date` and `Data` as the encoder says (by default a number of seconds and base64).
    public init(encoding value: some Encodable, with encoder: JSONEncoder = JSONEncoder()) throws {
        bytes = [UInt8](try encoder.encode(value))
    }

    /// Decodes the text; throws `DecodingError`.
    public func decode<T: Decodable>(_ type: T.Type = T.self, with decoder: JSONDecoder = JSONDecoder()) throws -> T {
        try decoder.decode(type, from: Data(bytes))
    }
}

extension PostgresJSON: PostgresEncodable, PostgresArrayEncodable {
    public static var postgresType: PostgresType { .jsonb }
    public static var postgresArrayType: PostgresType { .jsonbArray }
    public var encodedSize: Int { bytes.count + 1 }

    /// A version byte, then the text. Throws for a raw NUL byte; an escaped one is refused by the server (22P05).
    public func encode(into output: inout PostgresOutput) throws {
        try bytes.withUnsafeBytes { raw in
            guard !raw.containsNUL else { throw PostgresError(.usage, "the JSON text holds a NUL byte") }
            output.write(Self.version)
            output.write(bytes: raw)
        }
    }

    private static let version: UInt8 = 1
}

extension PostgresJSON: PostgresDecodable, PostgresArrayDecodable {
    public static func decode(_ cell: PostgresCell) throws -> PostgresJSON {
        let bytes = try cell.requireBytes()
        switch cell.type {
        case .json: return PostgresJSON(bytes: [UInt8](bytes))
        case .jsonb:
            guard bytes.first == version else { throw cell.malformed("jsonb of an unknown version") }
            return PostgresJSON(bytes: [UInt8](bytes.dropFirst()))
        default: throw cell.mismatch(expected: "jsonb or json")
        }
    }
}
