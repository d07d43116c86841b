import Synchronization

/// The machine of a transaction behind a lock: the body submits from its own task, the connection takes trips on its thread.
final class TransactionState: Sendable {
    private let machine: Mutex<TransactionMachine>

    init(scope: PostgresScope) { machine = Mutex(TransactionMachine(scope: scope)) }

    func submitted(_ submission: Submission) -> Bool { machine.withLock { $0.submitted(submission) } }
    func objected(_ error: any Error) { machine.withLock { $0.objected(error) } }
    func lost(_ error: any Error) { machine.withLock { $0.lost(error) } }
    func ended() -> Bool { machine.withLock { $0.ended() } }

    func nextTrip(_ submission: Submission?, committing: Bool = false, opening: Bool = false) throws -> Trip? {
        try machine.withLock { try $0.nextTrip(submission, committing: committing, opening: opening) }
    }
}
