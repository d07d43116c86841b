/// What is known about a trip while its answers arrive, and which error the caller gets for what is not known.
struct TripProgress {
    private let trip: Trip
    private let behindPooler: Bool
    private(set) var deliveries: [Delivery] = []
    private(set) var failure: PostgresError?
    private var isCommitted = false

    init(_ trip: Trip, behindPooler: Bool) {
        self.trip = trip
        self.behindPooler = behindPooler
    }

    mutating func succeeded(step index: Int, with result: borrowing WireResult) {
        let step = trip.steps[index]
        switch step.part {
        case .begin: break
        case .work: deliveries.append(Delivery(submission: step.submission, result: result.read()))
        case .end:
            guard trip.isCommitting else { return }
            isCommitted = result.commandTag == "COMMIT"
            if !isCommitted { failure = PostgresError(.server, "the server rolled the transaction back instead of committing it") }
        }
    }

    mutating func failed(step index: Int?, with fault: ServerFault) {
        guard failure == nil else { return }
        var error = fault.error
        if let index {
            let step = trip.steps[index]
            error = error.locating(step.statement)
            // The server answers in order, so its own last word on an earlier step means that COMMIT never ran. A pooler speaks
            // for a server that it lost, at any time.
            let speaksForCommit = step.part == .end || (behindPooler && fault.endsConnection)
            if trip.isCommitting, speaksForCommit {
                error.commitUnknown = PostgresError.leavesCommitUnknown(sqlState: fault.sqlState, severity: fault.severity)
            }
        }
        failure = error
    }

    /// The error of a trip whose answers were all read.
    func error(_ failure: PostgresError, wasCancelled: Bool) -> PostgresError {
        // 57014 is also what the server's own statement_timeout gives; only a cancelled task makes it a cancellation.
        guard wasCancelled, failure.sqlState == "57014" else { return failure }
        var error = failure
        error.code = .cancelled
        error.message = "the task was cancelled and the server stopped the statement"
        return error
    }

    /// The error of a trip that ended before all answers were there.
    func error(after cause: Exchange.Failure) -> PostgresError {
        // An answered failure came before COMMIT, or was COMMIT's own: nothing is unknown that it does not say.
        if let failure { return failure }
        var error =
            switch cause {
            case .expired: PostgresError(.timeout, "the deadline passed before the server answered; the connection was closed")
            case .cancelExpired: PostgresError(.cancelled, "the task was cancelled; the server did not stop in time and the connection was closed")
            case .broken(let message): PostgresError(.connection, message.isEmpty ? "the connection broke" : message)
            case .unexpected(let message): PostgresError(.usage, "\(message); the connection was closed")
            }
        error.commitUnknown = trip.isCommitting && !isCommitted
        return error.locating(unanswered)
    }

    /// The statement that the server was working on, as far as answers tell.
    private var unanswered: Statement? {
        let work = trip.steps.filter { $0.part == .work }
        return (deliveries.count < work.count ? work[deliveries.count] : trip.steps.last)?.statement
    }
}
