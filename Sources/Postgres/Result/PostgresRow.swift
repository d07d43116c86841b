/// One row. Its values stay in the binary form of the wire until they are decoded.
public struct PostgresRow: Sendable {
    @usableFromInline let data: PostgresResultData
    @usableFromInline let index: Int

    init(data: PostgresResultData, index: Int) {
        self.data = data
        self.index = index
    }

    public var columns: [PostgresColumn] { data.columns }

    /// Decodes the first column of this name.
    ///
    /// Throws ``PostgresError`` with code `decoding`, which names the column, what was expected, what was found and, where one
    /// helps, the cast to write.
    @inlinable
    public func decode<T: PostgresDecodable>(_ column: String, as type: T.Type = T.self) throws -> T {
        // A handful of short names: comparing them is cheaper than hashing one.
        for (position, candidate) in data.columns.enumerated() where candidate.name == column {
            return try decode(position, as: type)
        }
        throw missing(column)
    }

    /// Decodes a column by its position, counted from 0.
    @inlinable
    public func decode<T: PostgresDecodable>(_ position: Int, as type: T.Type = T.self) throws -> T {
        guard data.columns.indices.contains(position) else { throw missing("#\(position)") }
        let column = data.columns[position]
        let extent = data.extents[index * data.columns.count + position]
        do {
            guard extent.length >= 0 else { return try T.decode(PostgresCell(type: column.type, bytes: nil)) }
            return try data.bytes.withUnsafeBytes { bytes in
                let slice = UnsafeRawBufferPointer(rebasing: bytes[extent.offset..<extent.offset + extent.length])
                return try T.decode(PostgresCell(type: column.type, bytes: slice))
            }
        } catch let fault as PostgresDecodingFault {
            throw failure(column: column.name, type: T.self, fault: fault)
        }
    }

    @usableFromInline
    func missing(_ column: String) -> PostgresError {
        let names = data.columns.map(\.name).joined(separator: ", ")
        return PostgresError(.decoding, "the result has no column \(column); it has \(names.isEmpty ? "none" : names)", column: column)
    }

    @usableFromInline
    func failure(column: String, type: Any.Type, fault: PostgresDecodingFault) -> PostgresError {
        PostgresError(.decoding, "column \(column) cannot be read as \(type): it \(fault.message)", hint: fault.hint, column: column)
    }
}
