/// What one statement gave: its rows, already copied out of the C library, and the number of rows that it touched.
public struct PostgresResult: Sendable {
    /// In the server's order; empty for a statement that returns none.
    public let rows: [PostgresRow]

    /// Rows inserted, updated, deleted, merged, copied or (for a select) returned; 0 for any other statement.
    public let affected: Int

    /// The columns of ``rows``, also when there are none.
    public let columns: [PostgresColumn]

    init(data: PostgresResultData?, affected: Int) {
        self.affected = affected
        columns = data?.columns ?? []
        rows = data.map { data in (0..<data.rowCount).map { PostgresRow(data: data, index: $0) } } ?? []
    }
}

/// Name and type of a column of a result.
public struct PostgresColumn: Sendable, Hashable {
    public let name: String
    public let type: PostgresType

    @inlinable
    public init(name: String, type: PostgresType) {
        self.name = name
        self.type = type
    }
}

/// All cells of a result in one block of memory, shared by its rows: two allocations a result instead of one a cell.
@usableFromInline
final class PostgresResultData: Sendable {
    /// Where a cell lies in the block; a negative length is a null.
    @usableFromInline
    struct Extent: Sendable {
        @usableFromInline let offset: Int
        @usableFromInline let length: Int

        init(offset: Int, length: Int) {
            self.offset = offset
            self.length = length
        }
    }

    @usableFromInline let columns: [PostgresColumn]
    @usableFromInline let extents: [Extent]
    @usableFromInline let bytes: [UInt8]
    let rowCount: Int

    init(columns: [PostgresColumn], rowCount: Int, extents: [Extent], bytes: [UInt8]) {
        precondition(extents.count == columns.count * rowCount)
        self.columns = columns
        self.rowCount = rowCount
        self.extents = extents
        self.bytes = bytes
    }
}
