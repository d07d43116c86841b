import Testing

@testable import Postgres

@Suite struct CopyEncoderTests {
    private func encode(_ rows: [[any PostgresEncodable]]) throws -> (bytes: [UInt8], chunks: Int) {
        var (bytes, chunks) = ([UInt8](), 0)
        try CopyEncoder.encode(rows) {
            bytes += $0
            chunks += 1
        }
        return (bytes, chunks)
    }

    @Test func `rows stand between signature and end mark`() throws {
        let (bytes, _) = try encode([[Int32(1), String?.none], [Int32(2), "x"]])
        let expected: [UInt8] =
            [0, 2, 0, 0, 0, 4, 0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF] + [0, 2, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 1, 0x78]
        #expect(bytes == Array("PGCOPY\n".utf8) + [0xFF, 13, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0] + expected + [0xFF, 0xFF])
    }

    @Test func `no rows make an empty copy`() throws {
        #expect(try encode([]).bytes == CopyEncoder.header + [0xFF, 0xFF])
    }

    @Test func `chunks are bounded and lose nothing`() throws {
        let rows: [[any PostgresEncodable]] = (0..<1_000).map { _ in [[UInt8](repeating: 1, count: 500)] }
        let (bytes, chunks) = try encode(rows)
        #expect(bytes.count == CopyEncoder.header.count + 1_000 * 506 + 2)
        #expect(chunks == 1_000 * 506 / CopyEncoder.chunkSize + 1)
    }

    @Test func `an error names the row and the column`() {
        let error = #expect(throws: PostgresError.self) { try encode([["fine", 1], ["a\0", 1]]) }
        #expect(error?.message.hasPrefix("row 1: column 1: ") == true)
    }
}
