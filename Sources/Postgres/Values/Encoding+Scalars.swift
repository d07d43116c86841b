#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

extension Bool: PostgresEncodable, PostgresArrayEncodable {
    public static var postgresType: PostgresType { .bool }
    public static var postgresArrayType: PostgresType { .boolArray }
    public var encodedSize: Int { 1 }
    public func encode(into output: inout PostgresOutput) { output.write(self ? 1 as UInt8 : 0) }
}

extension Int16: PostgresEncodable, PostgresArrayEncodable {
    public static var postgresType: PostgresType { .int2 }
    public static var postgresArrayType: PostgresType { .int2Array }
    public var encodedSize: Int { 2 }
    public func encode(into output: inout PostgresOutput) { output.write(self) }
}

extension Int32: PostgresEncodable, PostgresArrayEncodable {
    public static var postgresType: PostgresType { .int4 }
    public static var postgresArrayType: PostgresType { .int4Array }
    public var encodedSize: Int { 4 }
    public func encode(into output: inout PostgresOutput) { output.write(self) }
}

extension Int64: PostgresEncodable, PostgresArrayEncodable {
    public static var postgresType: PostgresType { .int8 }
    public static var postgresArrayType: PostgresType { .int8Array }
    public var encodedSize: Int { 8 }
    public func encode(into output: inout PostgresOutput) { output.write(self) }
}

extension Int: PostgresEncodable, PostgresArrayEncodable {
    public static var postgresType: PostgresType { .int8 }
    public static var postgresArrayType: PostgresType { .int8Array }
    public var encodedSize: Int { 8 }
    public func encode(into output: inout PostgresOutput) { output.write(Int64(self)) }
}

extension Double: PostgresEncodable, PostgresArrayEncodable {
    public static var postgresType: PostgresType { .float8 }
    public static var postgresArrayType: PostgresType { .float8Array }
    public var encodedSize: Int { 8 }
    public func encode(into output: inout PostgresOutput) { output.write(bitPattern) }
}

extension UUID: PostgresEncodable, PostgresArrayEncodable {
    public static var postgresType: PostgresType { .uuid }
    public static var postgresArrayType: PostgresType { .uuidArray }
    public var encodedSize: Int { 16 }
    public func encode(into output: inout PostgresOutput) {
        withUnsafeBytes(of: uuid) { output.write(bytes: $0) }
    }
}

extension String: PostgresEncodable, PostgresArrayEncodable {
    public static var postgresType: PostgresType { .text }
    public static var postgresArrayType: PostgresType { .textArray }
    public var encodedSize: Int { utf8.count }

    /// Throws for U+0000: PostgreSQL's text cannot hold it.
    public func encode(into output: inout PostgresOutput) throws {
        var text = self
        // Native strings give their storage; no copy is made.
        try text.withUTF8 { bytes in
            let raw = UnsafeRawBufferPointer(bytes)
            guard !raw.containsNUL else {
                throw PostgresError(.usage, "the text holds U+0000, which PostgreSQL's text cannot store: reject it at the edge or store bytea")
            }
            output.write(bytes: raw)
        }
    }
}

extension Array: PostgresArrayEncodable where Element == UInt8 {
    public static var postgresArrayType: PostgresType { .byteaArray }
    public static func encodedSize(of array: [Self]) -> Int { array.reduce(20) { $0 + 4 + $1.count } }
}

extension UInt8: PostgresArrayEncodable {
    public static var postgresArrayType: PostgresType { .bytea }
    public static func encodedSize(of array: [UInt8]) -> Int { array.count }
    public static func encode(array: [UInt8], into output: inout PostgresOutput) {
        array.withUnsafeBytes { output.write(bytes: $0) }
    }
}

extension Date: PostgresEncodable, PostgresArrayEncodable {
    public static var postgresType: PostgresType { .timestamptz }
    public static var postgresArrayType: PostgresType { .timestamptzArray }
    public var encodedSize: Int { 8 }

    /// Rounded to the microsecond, the server's resolution. Throws for dates that are not finite or that no 64-bit count of
    /// microseconds can hold.
    public func encode(into output: inout PostgresOutput) throws {
        let microseconds = ((timeIntervalSinceReferenceDate + PostgresEpoch.secondsToReferenceDate) * 1_000_000).rounded()
        // The two outermost counts mean plus and minus infinity on the server.
        guard microseconds > -9.2e18, microseconds < 9.2e18 else {
            throw PostgresError(.usage, "the date is outside of what timestamptz can hold (4713 BC to 294276)")
        }
        output.write(Int64(microseconds))
    }
}

/// PostgreSQL counts from 2000-01-01, Foundation from 2001-01-01; 2000 was a leap year.
enum PostgresEpoch {
    static let secondsToReferenceDate = 366.0 * 86_400
}
