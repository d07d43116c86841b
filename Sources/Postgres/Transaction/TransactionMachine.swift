/// The life of a transaction as a value: what the next trip carries, and whether anything has to be undone.
///
/// ```
/// fresh ──trip──▶ begun ──commit──▶ ended          fresh ──commit with nothing queued──▶ ended, no trip at all
///   │               │
///   └──trip failed──┴──▶ lost ──end──▶ ended       lost: the server has rolled back, or the connection is gone
/// ```
///
/// A fault (a failed trip, a check that threw, a parameter that could not be encoded) is kept: every later trip throws it
/// again, so a body that swallows an error cannot commit half of its work.
struct TransactionMachine {
    enum Phase: Equatable { case fresh, begun, lost, ended }

    private(set) var phase = Phase.fresh
    private(set) var fault: (any Error)?
    private var queue: [Submission] = []
    private let scope: PostgresScope

    init(scope: PostgresScope) { self.scope = scope }

    /// Queues a statement. False after the end: the transaction was kept beyond its body.
    mutating func submitted(_ submission: Submission) -> Bool {
        guard phase != .ended else { return false }
        if fault == nil { queue.append(submission) }
        return true
    }

    /// Something is wrong although the server does not know.
    mutating func objected(_ error: any Error) {
        if fault == nil { fault = error }
        queue = []
    }

    /// The next trip; `nil` when there is nothing to send. Throws the fault, or code `usage` after the end.
    ///
    /// `opening` begins the transaction even without a statement, for what pipelines cannot carry comes next.
    mutating func nextTrip(_ submission: Submission?, committing: Bool, opening: Bool = false) throws -> Trip? {
        guard phase != .ended else {
            throw PostgresError(.usage, "the transaction has ended; it must not be used outside of its body").locating(submission?.statement)
        }
        if let fault { throw fault }
        var trip = Trip(steps: [], isCommitting: committing)
        let hasWork = !queue.isEmpty || submission != nil || opening
        guard hasWork || phase == .begun else {
            if committing { phase = .ended }
            return nil
        }
        if phase == .fresh {
            trip.steps.append(.init(part: .begin, submission: Submission(TransactionSQL.begin)))
            if let statement = scope.statement { trip.steps.append(.init(part: .begin, submission: Submission(statement))) }
        }
        for queued in queue { trip.steps.append(.init(part: .work, submission: queued)) }
        if let submission { trip.steps.append(.init(part: .work, submission: submission)) }
        if committing { trip.steps.append(.init(part: .end, submission: Submission(TransactionSQL.commit))) }
        queue = []
        phase = committing ? .ended : .begun
        return trip.steps.isEmpty ? nil : trip
    }

    /// A trip failed: the server has nothing of the transaction any more.
    mutating func lost(_ error: any Error) {
        if fault == nil { fault = error }
        if phase != .ended { phase = .lost }
        queue = []
    }

    /// The body threw or a fault stands. True when the server still has to roll back.
    mutating func ended() -> Bool {
        defer {
            phase = .ended
            queue = []
        }
        return phase == .begun
    }
}
