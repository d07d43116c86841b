import Jobs
import Postgres

/// Finds clocks whose deadline has passed and enqueues their escalations.
///
/// PostgreSQL is the truth: a deadline is a row, and no timer, no entry of a schedule has to survive for it to be noticed.
/// Redis may forget an escalation; a clock that still runs a minute after its job was enqueued is swept again, and the
/// job has the same id, so that it cannot escalate twice.
///
/// Every worker runs a sweep. The one that takes the advisory lock claims, the others find it taken and rest. A claim is
/// committed before its jobs are enqueued, so that no transaction waits for the engine; a process that dies between the
/// two costs those clocks the same minute.
struct EscalationSweep: PeriodicTask {
    /// How long an escalation may take from its claim on before it is enqueued again.
    static let patience = Duration.seconds(60)

    let name = "support.escalation-sweep"
    /// A deadline is noticed this late at most, against promises of hours.
    let interval = Duration.seconds(5)

    private let pool: PostgresPool
    private let enqueue: @Sendable (_ escalation: EscalateTicket, _ clock: TicketStore.ClockKey) async throws -> Void

    /// - Parameter enqueue: hands one escalation to the engine. It is called for a whole page at once.
    init(
        pool: PostgresPool, enqueue: @escaping @Sendable (_ escalation: EscalateTicket, _ clock: TicketStore.ClockKey) async throws -> Void
    ) {
        self.pool = pool
        self.enqueue = enqueue
    }

    init(pool: PostgresPool, producer: JobProducer) {
        self.init(pool: pool) { escalation, clock in
            // A workspace that is over its bound would fail the page of all others.
            _ = try await producer.accept(escalation, workspace: clock.workspace, id: escalation.jobID, isOwed: true)
        }
    }

    /// One round: every clock that is due now, page by page.
    func run() async throws {
        _ = try await sweep()
    }

    /// - Returns: how many escalations were enqueued; 0 also when another process is sweeping.
    func sweep() async throws -> Int {
        var total = 0
        while true {
            let count = try await sweepPage()
            total += count
            guard count == TicketStore.claimLimit else { return total }
            try Task.checkCancellation()
        }
    }

    private func sweepPage() async throws -> Int {
        let claimed = try await pool.transaction(.role(.upkeep)) { transaction -> [TicketStore.ClockKey] in
            guard try await TicketStore.takeSweepLock(in: transaction) else { return [] }
            return try await TicketStore.claimDueClocks(restingFor: Self.patience / .seconds(1), in: transaction)
        }
        // All at once: the producer gathers what is concurrent into one commit and one append.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for clock in claimed { group.addTask { try await enqueue(EscalateTicket(clock: clock.id, step: .breach), clock) } }
            try await group.waitForAll()
        }
        return claimed.count
    }
}
