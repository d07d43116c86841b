/// Statements that go to the server together.
struct Trip: Sendable {
    enum Part: Sendable, Equatable {
        /// BEGIN and the scope.
        case begin
        case work
        /// COMMIT or ROLLBACK.
        case end
    }

    struct Step: Sendable {
        let part: Part
        let submission: Submission
        var statement: Statement { submission.statement }
    }

    var steps: [Step]
    var isCommitting = false

    var isRollback: Bool { steps.last?.part == .end && !isCommitting }

    /// Where the connection has to be afterwards, or a statement meddled.
    var stateAfter: Wire.TransactionState { steps.last?.part == .end ? .idle : .inTransaction }
}

/// A statement of a transaction's body and what is to look at its result.
struct Submission: Sendable {
    let statement: Statement
    var check: (@Sendable (PostgresResult) throws -> Void)?

    init(_ statement: Statement, check: (@Sendable (PostgresResult) throws -> Void)? = nil) {
        self.statement = statement
        self.check = check
    }
}

/// A statement that succeeded.
struct Delivery: Sendable {
    let submission: Submission
    let result: PostgresResult
}

/// The statements that the module itself sends.
enum TransactionSQL {
    /// Under this level whatever a database or a role has for its own: each statement sees what was committed before it, which is what
    /// locks that are asked for first lean on.
    static let begin = Statement("begin isolation level read committed")
    static let commit = Statement("commit")
    static let rollback = Statement("rollback")
}
