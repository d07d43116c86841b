#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

extension Bool: PostgresDecodable, PostgresArrayDecodable {
    public static func decode(_ cell: PostgresCell) throws -> Bool {
        guard cell.type == .bool else { throw cell.mismatch(expected: "bool") }
        return try cell.integer(UInt8.self) != 0
    }
}

extension Int16: PostgresDecodable, PostgresArrayDecodable {
    public static func decode(_ cell: PostgresCell) throws -> Int16 {
        guard cell.type == .int2 else { throw cell.mismatch(expected: "int2") }
        return try cell.integer()
    }
}

extension Int32: PostgresDecodable, PostgresArrayDecodable {
    public static func decode(_ cell: PostgresCell) throws -> Int32 {
        switch cell.type {
        case .int4: return try cell.integer()
        case .int2: return Int32(try cell.integer(Int16.self))
        default: throw cell.mismatch(expected: "int4 or int2")
        }
    }
}

extension Int64: PostgresDecodable, PostgresArrayDecodable {
    /// Also reads a whole `numeric`, which is what `sum(int8)` gives.
    public static func decode(_ cell: PostgresCell) throws -> Int64 {
        switch cell.type {
        case .int8: return try cell.integer()
        case .int4: return Int64(try cell.integer(Int32.self))
        case .int2: return Int64(try cell.integer(Int16.self))
        case .numeric:
            let text = try DecimalText.decode(try cell.requireBytes())
            guard let whole = DecimalText.whole(text) else {
                throw PostgresDecodingFault(
                    message: "is numeric and holds \(text), expected a whole number of 64 bits",
                    hint: "cast in the statement: round(column)::int8, column::float8 or column::text")
            }
            return whole
        default: throw cell.mismatch(expected: "int8, int4, int2 or a whole numeric")
        }
    }
}

extension Int: PostgresDecodable, PostgresArrayDecodable {
    public static func decode(_ cell: PostgresCell) throws -> Int { Int(try Int64.decode(cell)) }
}

extension Double: PostgresDecodable, PostgresArrayDecodable {
    /// Also reads `numeric`, to the nearest double.
    public static func decode(_ cell: PostgresCell) throws -> Double {
        switch cell.type {
        case .float8: return Double(bitPattern: try cell.integer())
        case .float4: return Double(Float(bitPattern: try cell.integer()))
        case .numeric:
            let text = try DecimalText.decode(try cell.requireBytes())
            guard let value = Double(text) else { throw cell.malformed(text) }
            return value
        default: throw cell.mismatch(expected: "float8, float4 or numeric")
        }
    }
}

extension UUID: PostgresDecodable, PostgresArrayDecodable {
    public static func decode(_ cell: PostgresCell) throws -> UUID {
        guard cell.type == .uuid else { throw cell.mismatch(expected: "uuid") }
        let bytes = try cell.requireBytes()
        guard bytes.count == 16 else { throw cell.malformed("\(bytes.count) bytes instead of 16") }
        return UUID(uuid: bytes.loadUnaligned(as: uuid_t.self))
    }
}

extension String: PostgresDecodable, PostgresArrayDecodable {
    /// Text of any kind, labels of enums and other text-like types of extensions, and `numeric` with all its digits.
    public static func decode(_ cell: PostgresCell) throws -> String {
        switch cell.type {
        case .text, .varchar, .bpchar, .name, .json, .unknown: break
        case .numeric: return try DecimalText.decode(try cell.requireBytes())
        default:
            guard cell.type.isUserDefined else { throw cell.mismatch(expected: "text, varchar, char, name, json or an enum") }
        }
        let bytes = try cell.requireBytes()
        guard let text = String(validating: bytes, as: UTF8.self) else { throw cell.malformed("bytes that are not UTF-8") }
        return text
    }
}

extension UInt8: PostgresArrayDecodable {
    public static func decodeArray(_ cell: PostgresCell) throws -> [UInt8] {
        guard cell.type == .bytea else { throw cell.mismatch(expected: "bytea") }
        return [UInt8](try cell.requireBytes())
    }
}

extension Date: PostgresDecodable, PostgresArrayDecodable {
    public static func decode(_ cell: PostgresCell) throws -> Date {
        guard cell.type == .timestamptz else { throw cell.mismatch(expected: "timestamptz") }
        let microseconds = try cell.integer(Int64.self)
        guard microseconds != .max, microseconds != .min else {
            throw PostgresDecodingFault(
                message: "is \(microseconds == .max ? "infinity" : "-infinity"), which Date cannot hold",
                hint: "write nullif(column, 'infinity') in the statement")
        }
        // Whole seconds and the rest apart: a double has not enough digits for the microseconds of far years.
        let (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return Date(timeIntervalSinceReferenceDate: Double(seconds) - PostgresEpoch.secondsToReferenceDate + Double(rest) / 1_000_000)
    }
}
