/// The binary form of COPY: a signature, then for each row the number of its fields and each field with its length.
enum CopyEncoder {
    static let header: [UInt8] = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00] + [0, 0, 0, 0] + [0, 0, 0, 0]
    static let trailer: [UInt8] = [0xFF, 0xFF]

    /// Sent when so much has gathered; a larger row is sent by itself.
    static let chunkSize = 64 * 1024

    static func encode<Rows: Sequence>(_ rows: Rows, send: (UnsafeRawBufferPointer) throws -> Void) throws
    where Rows.Element == [any PostgresEncodable] {
        var chunk = header
        chunk.reserveCapacity(chunkSize + chunkSize / 4)
        for (index, row) in rows.enumerated() {
            do {
                try append(row, to: &chunk)
            } catch var error as PostgresError {
                error.message = "row \(index): \(error.message)"
                throw error
            }
            if chunk.count >= chunkSize {
                try chunk.withUnsafeBytes(send)
                chunk.removeAll(keepingCapacity: true)
            }
        }
        chunk += trailer
        try chunk.withUnsafeBytes(send)
    }

    static func append(_ row: [any PostgresEncodable], to chunk: inout [UInt8]) throws {
        guard let count = Int16(exactly: row.count) else { throw PostgresError(.usage, "\(row.count) columns are more than a table can have") }
        let size = row.reduce(2) { $0 + 4 + ($1.isNull ? 0 : $1.encodedSize) }
        try withUnsafeTemporaryAllocation(byteCount: size, alignment: 8) { memory in
            var output = PostgresOutput(memory)
            output.write(count)
            for (column, value) in row.enumerated() {
                guard !value.isNull else {
                    output.write(-1 as Int32)
                    continue
                }
                // encodedSize is an upper bound, so the length is known only afterwards: write it into the gap.
                let gap = output.count
                output.write(0 as Int32)
                do {
                    try value.encode(into: &output)
                } catch var error as PostgresError {
                    error.message = "column \(column + 1): \(error.message)"
                    throw error
                }
                memory.storeBytes(of: Int32(output.count - gap - 4).bigEndian, toByteOffset: gap, as: Int32.self)
            }
            chunk.append(contentsOf: UnsafeRawBufferPointer(rebasing: memory[..<output.count]))
        }
    }
}
