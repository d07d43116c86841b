/// What statements are sent through. A store's method takes one and does not know who commits.
public protocol PostgresSession: Sendable {
    /// Sends one statement and everything queued before it, and waits for the result.
    func run(_ sql: SQL, parameters: [any PostgresEncodable], file: StaticString, line: UInt) async throws -> PostgresResult
}

extension PostgresSession {
    /// The rows of a statement. Throws ``PostgresError``.
    public func query(
        _ sql: SQL, _ parameters: any PostgresEncodable..., file: StaticString = #fileID, line: UInt = #line
    ) async throws -> [PostgresRow] {
        try await run(sql, parameters: parameters, file: file, line: line).rows
    }

    /// The number of rows that a statement touched. Throws ``PostgresError``.
    @discardableResult
    public func execute(
        _ sql: SQL, _ parameters: any PostgresEncodable..., file: StaticString = #fileID, line: UInt = #line
    ) async throws -> Int {
        try await run(sql, parameters: parameters, file: file, line: line).affected
    }
}
