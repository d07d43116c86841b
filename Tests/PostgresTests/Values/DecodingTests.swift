import Foundation
import TestSupport
import Testing

@testable import Postgres

@Suite struct DecodingTests {
    @Test func `integers widen and never narrow`() throws {
        #expect(try decoded([0xFF, 0xFE], .int2, as: Int.self) == -2)
        #expect(try decoded([0xFF, 0xFE], .int2, as: Int32.self) == -2)
        #expect(try decoded([0, 0, 1, 2], .int4, as: Int64.self) == 258)
        #expect(try decoded([0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], .int8, as: Int.self) == Int.max)
        let fault = #expect(throws: PostgresDecodingFault.self) { try decoded([0, 0, 0, 0, 0, 0, 0, 1], .int8, as: Int32.self) }
        #expect(fault?.message == "is int8, expected int4 or int2")
        #expect(fault?.hint?.contains("::int4") == true)
    }

    @Test func `floats and numeric become doubles`() throws {
        #expect(try decoded([0x3F, 0xC0, 0, 0], .float4, as: Double.self) == 1.5)
        #expect(try decoded([0x7F, 0xF0, 0, 0, 0, 0, 0, 0], .float8, as: Double.self) == .infinity)
        #expect(try decoded([0, 2, 0, 0, 0, 0, 0, 2, 0, 1, 0x13, 0x88], .numeric, as: Double.self) == 1.5)
    }

    /// Digits of base 10,000 as the server writes them.
    @Test(
        arguments: [
            ([0, 0, 0, 0, 0, 0, 0, 0], "0"),
            ([0, 0, 0, 0, 0, 0, 0, 2], "0.00"),
            ([0, 1, 0, 0, 0, 0, 0, 0, 0, 1], "1"),
            ([0, 1, 0, 1, 0, 0, 0, 0, 0, 1], "10000"),
            ([0, 2, 0, 1, 0, 0, 0, 0, 0, 12, 0, 34], "120034"),
            ([0, 2, 0, 0, 0x40, 0, 0, 2, 0, 3, 0x05, 0x78], "-3.14"),
            ([0, 1, 0xFF, 0xFF, 0, 0, 0, 4, 0, 5], "0.0005"),
            ([0, 1, 0xFF, 0xFE, 0, 0, 0, 8, 0, 5], "0.00000005"),
            ([0, 0, 0, 0, 0xC0, 0, 0, 0], "NaN"),
            ([0, 0, 0, 0, 0xD0, 0, 0, 0], "Infinity"),
            ([0, 0, 0, 0, 0xF0, 0, 0, 0], "-Infinity"),
        ] as [([UInt8], String)]) func `numeric keeps all its digits as text`(bytes: [UInt8], text: String) throws
    {
        #expect(try decoded(bytes, .numeric, as: String.self) == text)
    }

    @Test func `a whole numeric becomes an integer, another names the cast`() throws {
        #expect(try decoded([0, 1, 0, 1, 0, 0, 0, 2, 0, 1], .numeric, as: Int.self) == 10_000)
        let fault = #expect(throws: PostgresDecodingFault.self) { try decoded([0, 1, 0xFF, 0xFF, 0, 0, 0, 4, 0, 5], .numeric, as: Int.self) }
        #expect(fault?.hint?.contains("round(column)::int8") == true)
    }

    @Test(arguments: [[], [0, 1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0x12, 0, 0, 0]] as [[UInt8]])
    func `malformed numeric is a fault`(bytes: [UInt8]) {
        #expect(throws: PostgresDecodingFault.self) { try decoded(bytes, .numeric, as: String.self) }
    }

    @Test(arguments: [PostgresType.text, .varchar, .bpchar, .name, .json, .unknown, PostgresType(rawValue: 20_000)])
    func `text of every kind becomes a string`(type: PostgresType) throws {
        #expect(try decoded(Array("né".utf8), type, as: String.self) == "né")
    }

    @Test func `types without a sensible Swift value name the cast`() {
        let cases: [(PostgresType, String)] = [
            (.interval, "extract(epoch from column)::float8"), (.timestamp, "at time zone 'utc'"), (.date, "::timestamptz"),
            (.uuid, "column::text"), (.jsonb, "column::text"),
        ]
        for (type, cast) in cases {
            let fault = #expect(throws: PostgresDecodingFault.self) { try decoded([1], type, as: String.self) }
            #expect(fault?.hint?.contains(cast) == true, "\(type)")
        }
    }

    @Test func `null is only for optionals`() throws {
        #expect(try decoded(nil, .text, as: String?.self) == nil)
        #expect(try decoded(nil, .int4Array, as: [Int32]?.self) == nil)
        let fault = #expect(throws: PostgresDecodingFault.self) { try decoded(nil, .text, as: String.self) }
        #expect(fault?.message == "is null")
    }

    @Test func `json loses its version byte and an unknown version is a fault`() throws {
        #expect(try decoded([1, 0x7B, 0x7D], .jsonb, as: PostgresJSON.self).bytes == [0x7B, 0x7D])
        #expect(try decoded([0x7B, 0x7D], .json, as: PostgresJSON.self).bytes == [0x7B, 0x7D])
        #expect(throws: PostgresDecodingFault.self) { try decoded([2, 0x7B, 0x7D], .jsonb, as: PostgresJSON.self) }
        #expect(throws: PostgresDecodingFault.self) { try decoded([], .jsonb, as: PostgresJSON.self) }
    }

    @Test func `infinite times are a fault, not a far date`() {
        for bytes in [[0x7F] + [UInt8](repeating: 0xFF, count: 7), [0x80] + [UInt8](repeating: 0, count: 7)] {
            let fault = #expect(throws: PostgresDecodingFault.self) { try decoded(bytes, .timestamptz, as: Date.self) }
            #expect(fault?.message.contains("infinity") == true)
        }
    }

    @Test func `an unknown raw value is a fault`() throws {
        #expect(try decoded(Array("low".utf8), .text, as: Severity.self) == .low)
        let fault = #expect(throws: PostgresDecodingFault.self) { try decoded(Array("huge".utf8), .text, as: Severity.self) }
        #expect(fault?.message.contains("huge") == true)
    }

    @Test func `invalid UTF-8, booleans and lengths are faults`() {
        #expect(throws: PostgresDecodingFault.self) { try decoded([0xFF], .text, as: String.self) }
        #expect(throws: PostgresDecodingFault.self) { try decoded([1, 2, 3], .int4, as: Int32.self) }
        #expect(throws: PostgresDecodingFault.self) { try decoded([1], .uuid, as: UUID.self) }
        #expect(throws: PostgresDecodingFault.self) { try decoded([1], .int4, as: Bool.self) }
    }

    /// What was encoded comes back, with a printed seed.
    @Test func `arrays survive the way there and back`() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        for count in [0, 1, 2, 17, 300] {
            let numbers = (0..<count).map { _ in Bool.random(using: &random) ? Int64.random(in: .min ... .max, using: &random) : nil }
            #expect(try decoded(encoded(numbers), .int8Array, as: [Int64?].self) == numbers, "seed \(seed)")
            let texts = numbers.map { $0.map { String($0, radix: 36) } ?? "" }
            #expect(try decoded(encoded(texts), .textArray, as: [String].self) == texts, "seed \(seed)")
            let blobs = texts.map { Array($0.utf8) }
            #expect(try decoded(encoded(blobs), .byteaArray, as: [[UInt8]].self) == blobs, "seed \(seed)")
            let ids = numbers.map { _ in UUID() }
            #expect(try decoded(encoded(ids), .uuidArray, as: [UUID].self) == ids)
        }
    }

    @Test func `every truncation of an array is a fault`() throws {
        let whole = try #require(try encoded([Int32(1), 2, 3]))
        for length in 0..<whole.count {
            #expect(throws: PostgresDecodingFault.self, "\(length) bytes") { try decoded(Array(whole.prefix(length)), .int4Array, as: [Int32].self) }
        }
    }

    @Test func `an array of another element type or of two dimensions is a fault`() throws {
        #expect(throws: PostgresDecodingFault.self) { try decoded(encoded([Int64(1)]), .int8Array, as: [Int32].self) }
        let matrix: [UInt8] = [0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 23, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 1]
        let fault = #expect(throws: PostgresDecodingFault.self) { try decoded(matrix, .int4Array, as: [Int32].self) }
        #expect(fault?.hint == "unnest it in the statement")
        let huge: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 23, 0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1]
        #expect(throws: PostgresDecodingFault.self) { try decoded(huge, .int4Array, as: [Int32].self) }
    }
}
