import Logging

/// A transaction, from the first statement to the end of the body that ``PostgresPool/transaction(_:timeout:file:line:_:)`` runs.
///
/// Trips are saved, not statements: BEGIN and the scope ride with the first statement, what was ``submit(_:_:file:line:check:)``ted
/// rides with the next awaited statement or with COMMIT. A body that only submits costs one trip.
///
/// The first failure ends the transaction: it is rolled back at once, every later call throws the same error, and so does the
/// transaction itself, even if the body caught it. Not to be used outside of its body (code `usage`).
public final class PostgresTransaction: PostgresSession {
    let connection: PostgresConnection
    let state: TransactionState
    let deadline: ContinuousClock.Instant
    private let logger: Logger

    init(connection: PostgresConnection, scope: PostgresScope, deadline: ContinuousClock.Instant, logger: Logger) {
        self.connection = connection
        self.deadline = deadline
        self.logger = logger
        state = TransactionState(scope: scope)
    }

    public func run(_ sql: SQL, parameters: [any PostgresEncodable], file: StaticString, line: UInt) async throws -> PostgresResult {
        let statement = try Statement(sql, parameters, caller: .init(file: file, line: line))
        let deliveries = try await trip(Submission(statement), committing: false)
        // The awaited statement is the last of its trip.
        guard let last = deliveries.last else { throw PostgresError(.usage, "the statement was not sent") }
        return last.result
    }

    /// Queues a statement without waiting. It goes out with the next awaited statement, else with COMMIT.
    ///
    /// Its error fails the transaction. `check` sees the result afterwards, in the body's task:
    /// - when the statement went out with an awaited one, `check` runs before that call returns; throwing fails the transaction,
    ///   which is rolled back;
    /// - **when it went out with COMMIT, the transaction is committed before `check` runs.** Throwing then makes the transaction
    ///   throw that error although its effects stay.
    ///
    /// So a condition that must stop the commit has to fail in SQL (`select 1 / count(*) from … for share`); `check` is for what
    /// is to be reported or counted.
    public func submit(
        _ sql: SQL, _ parameters: any PostgresEncodable..., file: StaticString = #fileID, line: UInt = #line,
        check: (@Sendable (PostgresResult) throws -> Void)? = nil
    ) {
        submit(sql, parameters: parameters, file: file, line: line, check: check)
    }

    /// ``submit(_:_:file:line:check:)`` for parameters in an array.
    public func submit(
        _ sql: SQL, parameters: [any PostgresEncodable], file: StaticString = #fileID, line: UInt = #line,
        check: (@Sendable (PostgresResult) throws -> Void)? = nil
    ) {
        let caller = Statement.Caller(file: file, line: line)
        do {
            guard state.submitted(Submission(try Statement(sql, parameters, caller: caller), check: check)) else {
                // Nobody is there to catch an error; but a lost write must not be silent.
                logger.error(
                    "a statement was submitted to a transaction that has ended",
                    metadata: ["statement": "\(sql.label)", "file": "\(file)", "line": "\(line)"])
                return
            }
        } catch {
            state.objected(error)
        }
    }

    // MARK: For the pool

    /// Sends what is queued and COMMIT; nothing at all when the body sent and queued nothing.
    func commit() async throws { _ = try await trip(nil, committing: true) }

    /// One trip with COMMIT for a transaction of a single statement.
    func runAlone(_ statement: Statement) async throws -> PostgresResult {
        guard let last = try await trip(Submission(statement), committing: true).last else {
            throw PostgresError(.usage, "the statement was not sent")
        }
        return last.result
    }

    /// Rolls back what the server still holds.
    func abandon() async {
        if state.ended() { await connection.rollBack() }
    }

    private func trip(_ submission: Submission?, committing: Bool) async throws -> [Delivery] {
        let signal = CancelSignal(interrupt: connection.interrupt)
        let deliveries = try await withTaskCancellationHandler {
            try await connection.perform(state, submission, committing: committing, until: deadline, signal: signal)
        } onCancel: {
            signal.raise()
        }
        try check(deliveries)
        return deliveries
    }

    /// Runs the checks of what was delivered, in order; the first that throws spoils the transaction.
    func check(_ deliveries: [Delivery]) throws {
        do {
            for delivery in deliveries { try delivery.submission.check?(delivery.result) }
        } catch {
            state.objected(error)
            throw error
        }
    }
}
