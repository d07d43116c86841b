public import Logging
public import ServiceLifecycle

/// Connections to one database, opened when first needed and shared by many callers.
///
/// It works with or without ``run()``: a command line tool makes a pool, uses it and calls ``close()``; a server adds it to its
/// service group, which closes it last. Nothing runs in the background; a caller that finds no connection opens one itself.
///
/// Every call has a deadline (``PostgresConfiguration/statementTimeout``, or its own `timeout`) for everything: waiting for a
/// connection in line (first come, first served), each statement and the commit. Cancelling the task stops the statement on
/// the server. Both leave no transaction behind.
public final class PostgresPool: Sendable, Service {
    let configuration: PostgresConfiguration
    let logger: Logger
    let shared: PoolState
    let counted = Traffic()

    /// Transactions that the current task is inside of, by pool: a second one would wait for a connection while holding one.
    @TaskLocal static var enclosing: [ObjectIdentifier] = []

    /// `size` is the number of connections at most, and of threads.
    public init(configuration: PostgresConfiguration, size: Int, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        shared = PoolState(size: size, maximumWaiting: configuration.maximumWaiting)
    }

    /// Runs `body` in a transaction and commits it; an error of the body or of a statement rolls back.
    ///
    /// A transaction inside a transaction of the same pool is refused (code `usage`): it would hold two connections, and with
    /// enough callers wait forever. With ``PostgresError/commitUnknown`` the effects may or may not be there.
    public func transaction<R: Sendable>(
        _ scope: PostgresScope, timeout: Duration? = nil, file: StaticString = #fileID, line: UInt = #line,
        _ body: @Sendable (PostgresTransaction) async throws -> R
    ) async throws -> R {
        try await withTransaction(scope, timeout: timeout, caller: .init(file: file, line: line)) { transaction in
            let value = try await Self.$enclosing.withValue(Self.enclosing + [ObjectIdentifier(self)]) { try await body(transaction) }
            try await transaction.commit()
            return value
        }
    }

    /// The rows of one statement in a transaction of its own: one trip with BEGIN, scope, statement and COMMIT.
    public func query(
        _ scope: PostgresScope, _ sql: SQL, _ parameters: any PostgresEncodable..., timeout: Duration? = nil, file: StaticString = #fileID,
        line: UInt = #line
    ) async throws -> [PostgresRow] {
        try await runAlone(scope, sql, parameters, timeout: timeout, caller: .init(file: file, line: line)).rows
    }

    /// The number of rows that one statement touched, in a transaction of its own and one trip.
    @discardableResult
    public func execute(
        _ scope: PostgresScope, _ sql: SQL, _ parameters: any PostgresEncodable..., timeout: Duration? = nil, file: StaticString = #fileID,
        line: UInt = #line
    ) async throws -> Int {
        try await runAlone(scope, sql, parameters, timeout: timeout, caller: .init(file: file, line: line)).affected
    }

    /// Statements that cannot be in a transaction block (`create database`, `vacuum`), without parameters.
    package func runOutsideTransaction(
        _ sql: SQL, timeout: Duration? = nil, file: StaticString = #fileID, line: UInt = #line
    ) async throws {
        let caller = Statement.Caller(file: file, line: line)
        let statement = try Statement(sql, [], caller: caller)
        try await withConnection(timeout: timeout, caller: caller) { connection, deadline in
            let signal = CancelSignal(interrupt: connection.interrupt)
            _ = try await withTaskCancellationHandler {
                try await connection.runScript(nil, statement, until: deadline, signal: signal)
            } onCancel: {
                signal.raise()
            }
        }
    }

    /// Connections that are open, those of them nobody uses, and callers in line.
    public var statistics: (open: Int, idle: Int, waiting: Int) { shared.statistics }

    /// Round trips to the server, and those of them that carried COMMIT, since the pool was made. Connecting is not among them.
    public var traffic: (trips: Int, commits: Int) { counted.counts }

    /// Waits for graceful shutdown or cancellation, then closes the pool.
    public func run() async throws {
        // Cancellation ends the wait with an error, and means the same here.
        try? await gracefulShutdown()
        await close()
    }

    private func runAlone(
        _ scope: PostgresScope, _ sql: SQL, _ parameters: [any PostgresEncodable], timeout: Duration?, caller: Statement.Caller
    ) async throws -> PostgresResult {
        let statement = try Statement(sql, parameters, caller: caller)
        return try await withTransaction(scope, timeout: timeout, caller: caller) { try await $0.runAlone(statement) }
    }

    private func withTransaction<R: Sendable>(
        _ scope: PostgresScope, timeout: Duration?, caller: Statement.Caller, _ body: (PostgresTransaction) async throws -> R
    ) async throws -> R {
        try await withConnection(timeout: timeout, caller: caller) { connection, deadline in
            let transaction = PostgresTransaction(connection: connection, scope: scope, deadline: deadline, logger: logger)
            do {
                return try await body(transaction)
            } catch {
                await transaction.abandon()
                throw error
            }
        }
    }
}
