import Foundation
import Testing

@testable import Postgres

@Suite struct EncodingTests {
    @Test func `scalars have the type and the bytes of the binary protocol`() throws {
        let id = try #require(UUID(uuidString: "00112233-4455-6677-8899-AABBCCDDEEFF"))
        let cases: [(any PostgresEncodable, PostgresType, [UInt8])] = [
            (true, .bool, [1]), (false, .bool, [0]),
            (Int16(-2), .int2, [0xFF, 0xFE]), (Int32(258), .int4, [0, 0, 1, 2]), (Int64.min, .int8, [0x80, 0, 0, 0, 0, 0, 0, 0]),
            (Int(1), .int8, [0, 0, 0, 0, 0, 0, 0, 1]), (1.5, .float8, [0x3F, 0xF8, 0, 0, 0, 0, 0, 0]),
            ("é", .text, [0xC3, 0xA9]), ("", .text, []), ([UInt8]([0, 255]), .bytea, [0, 255]), ([UInt8](), .bytea, []),
            (id, .uuid, [0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF]),
            (PostgresJSON(bytes: Array("{}".utf8)), .jsonb, [1, 0x7B, 0x7D]),
        ]
        for (value, type, bytes) in cases {
            #expect(Swift.type(of: value).postgresType == type)
            #expect(try encoded(value) == bytes, "\(value)")
        }
    }

    @Test func `dates count microseconds from the year 2000`() throws {
        let epoch = try Date("2000-01-01T00:00:00Z", strategy: .iso8601)
        #expect(try encoded(epoch) == [0, 0, 0, 0, 0, 0, 0, 0])
        #expect(try encoded(epoch.addingTimeInterval(0.000_001)) == [0, 0, 0, 0, 0, 0, 0, 1])
        #expect(try encoded(epoch.addingTimeInterval(-1)) == [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xF0, 0xBD, 0xC0])
    }

    @Test(arguments: [Double.infinity, -.infinity, .nan, 1e13, -1e13]) func `dates beyond 64 bits are refused`(seconds: Double) {
        let error = #expect(throws: PostgresError.self) { try encoded(Date(timeIntervalSinceReferenceDate: seconds)) }
        #expect(error?.code == .usage)
    }

    @Test func `an array has one dimension, its flags and its elements with their lengths`() throws {
        #expect(
            try encoded([Int32(7), Int32(8)]) == [
                0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 23, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 7, 0, 0, 0, 4, 0, 0, 0, 8,
            ])
        #expect(
            try encoded(["a", nil] as [String?]) == [
                0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 25, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0x61, 0xFF, 0xFF, 0xFF, 0xFF,
            ])
        #expect(try encoded([Bool]()) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16])
        #expect(try encoded([[UInt8]([9])]) == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 17, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 9])
    }

    @Test func `array types are those of their elements`() {
        let types: [(any PostgresEncodable.Type, PostgresType)] = [
            ([Bool].self, .boolArray), ([Int16].self, .int2Array), ([Int32].self, .int4Array), ([Int64].self, .int8Array),
            ([Int].self, .int8Array), ([Double].self, .float8Array), ([String].self, .textArray), ([UUID].self, .uuidArray),
            ([Date].self, .timestamptzArray), ([[UInt8]].self, .byteaArray), ([PostgresJSON].self, .jsonbArray),
            ([UUID?].self, .uuidArray), ([String]?.self, .textArray), ([UInt8].self, .bytea), ([UInt8]?.self, .bytea),
            ([[UInt8]?].self, .byteaArray),
        ]
        for (swift, postgres) in types { #expect(swift.postgresType == postgres, "\(swift)") }
    }

    @Test func `nil is null whatever it wraps`() throws {
        let nothing: [any PostgresEncodable] = [
            String?.none, [UUID]?.none, [UInt8]?.none, PostgresJSON?.none, String??.some(.none), Severity?.none,
        ]
        for value in nothing { #expect(try encoded(value) == nil) }
        #expect(try encoded(String?.some("x")) == [0x78])
    }

    @Test func `an enum conforms by its raw value`() throws {
        #expect(Severity.postgresType == .text)
        #expect(try encoded(Severity.high) == Array("high".utf8))
    }

    @Test func `text with NUL is a usage error that names the parameter`() throws {
        let values: [any PostgresEncodable] = [
            "a\0b", ["fine", "\0"], String?.some("\0"), PostgresJSON(bytes: [0x22, 0, 0x22]), ["x", nil, "\0"] as [String?],
        ]
        for value in values {
            let error = #expect(throws: PostgresError.self) { try Parameters([1, value]) }
            #expect(error?.code == .usage)
            #expect(error?.message.hasPrefix("parameter $2: ") == true)
        }
        #expect(try encoded([UInt8]([0])) == [0])
    }

    @Test func `more parameters than the protocol can count are refused`() {
        let many = Array(repeating: 1 as any PostgresEncodable, count: Parameters.maximumCount + 1)
        let error = #expect(throws: PostgresError.self) { try Parameters(many) }
        #expect(error?.code == .usage)
    }

    @Test func `a statement's error says which and where`() {
        let error = #expect(throws: PostgresError.self) {
            try Statement("-- name it\nselect $1", ["\0"], caller: .init(file: "Here.swift", line: 7))
        }
        #expect(error?.statement == "name it")
        #expect(error?.file == "Here.swift")
        #expect(error?.line == 7)
    }

    @Test func `parameters lie one behind another in one block`() throws {
        let parameters = try Parameters(["ab", Int32?.none, "", Int16(1)])
        #expect(parameters.bytes == [0x61, 0x62, 0, 1])
        #expect(parameters.extents.map(\.offset) == [0, 0, 2, 2])
        #expect(parameters.extents.map(\.length) == [2, -1, 0, 2])
        #expect(parameters.types == [25, 23, 25, 21])
    }
}

enum Severity: String, PostgresEncodable, PostgresDecodable { case low, high }
