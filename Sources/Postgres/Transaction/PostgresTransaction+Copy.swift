extension PostgresTransaction {
    /// Loads rows with `copy … from stdin (format binary)`; the values' types must be exactly the columns' (`Int` is int8).
    /// Returns the number of rows. Tables with row-level security refuse COPY (0A000).
    ///
    /// `rows` is iterated on the connection's thread, a chunk of 64 KiB at a time, and must not wait for anything. Where they
    /// should not all be in memory, use ``copy(into:count:file:line:row:)``.
    @discardableResult
    public func copy<Rows: Sequence & Sendable>(
        into sql: SQL, rows: Rows, file: StaticString = #fileID, line: UInt = #line
    ) async throws -> Int where Rows.Element == [any PostgresEncodable] {
        let statement = try Statement(sql, [], caller: .init(file: file, line: line))
        return try await conversation { connection, state, deadline, signal in
            try await connection.copyRows(state, statement, rows, until: deadline, signal: signal)
        }
    }

    /// Loads `count` rows that are made one by one, by their number from 0, on the connection's thread.
    @discardableResult
    public func copy(
        into sql: SQL, count: Int, file: StaticString = #fileID, line: UInt = #line,
        row: @escaping @Sendable (_ number: Int) -> [any PostgresEncodable]
    ) async throws -> Int {
        try await copy(into: sql, rows: NumberedRows(count: count, row: row), file: file, line: line)
    }

    /// Loads data in COPY's text or CSV form, in chunks that may split lines anywhere. Returns the number of rows.
    @discardableResult
    public func copy<Chunks: Sequence & Sendable>(
        into sql: SQL, text chunks: Chunks, file: StaticString = #fileID, line: UInt = #line
    ) async throws -> Int where Chunks.Element == [UInt8] {
        let statement = try Statement(sql, [], caller: .init(file: file, line: line))
        return try await conversation { connection, state, deadline, signal in
            try await connection.copyText(state, statement, chunks, until: deadline, signal: signal)
        }
    }

    /// Runs a text of several statements without parameters, such as a migration. It must not begin or end a transaction
    /// (code `usage`; the connection is closed then).
    package func runScript(_ sql: SQL, file: StaticString = #fileID, line: UInt = #line) async throws {
        let statement = try Statement(sql, [], caller: .init(file: file, line: line))
        _ = try await conversation { connection, state, deadline, signal in
            (try await connection.runScript(state, statement, until: deadline, signal: signal), 0)
        }
    }

    private func conversation(
        _ body: (PostgresConnection, TransactionState, ContinuousClock.Instant, CancelSignal) async throws -> ([Delivery], Int)
    ) async throws -> Int {
        let signal = CancelSignal(interrupt: connection.interrupt)
        let (deliveries, count) = try await withTaskCancellationHandler {
            try await body(connection, state, deadline, signal)
        } onCancel: {
            signal.raise()
        }
        try check(deliveries)
        return count
    }
}

extension PostgresConnection {
    fileprivate func copyRows<Rows: Sequence & Sendable>(
        _ transaction: TransactionState, _ statement: Statement, _ rows: Rows, until deadline: ContinuousClock.Instant, signal: CancelSignal
    ) throws -> ([Delivery], Int) where Rows.Element == [any PostgresEncodable] {
        let deliveries = try copy(transaction, statement, binary: true, until: deadline, signal: signal) { send in
            do {
                try CopyEncoder.encode(rows, send: send)
            } catch let error as PostgresError {
                throw error.locating(statement)
            }
        }
        return (deliveries, deliveries.last?.result.affected ?? 0)
    }

    fileprivate func copyText<Chunks: Sequence & Sendable>(
        _ transaction: TransactionState, _ statement: Statement, _ chunks: Chunks, until deadline: ContinuousClock.Instant, signal: CancelSignal
    ) throws -> ([Delivery], Int) where Chunks.Element == [UInt8] {
        let deliveries = try copy(transaction, statement, binary: false, until: deadline, signal: signal) { send in
            for chunk in chunks { try chunk.withUnsafeBytes(send) }
        }
        return (deliveries, deliveries.last?.result.affected ?? 0)
    }
}

/// Rows that exist only while they are sent. (The standard library's lazy map is not Sendable.)
private struct NumberedRows: Sequence, Sendable {
    let count: Int
    let row: @Sendable (Int) -> [any PostgresEncodable]

    func makeIterator() -> LazyMapSequence<Range<Int>, [any PostgresEncodable]>.Iterator {
        (0..<Swift.max(0, count)).lazy.map(row).makeIterator()
    }
}
