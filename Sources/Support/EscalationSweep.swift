import Jobs
import Logging
import Postgres
package import ServiceLifecycle

/// Finds clocks whose deadline has passed and enqueues their escalations.
///
/// PostgreSQL is the truth: a deadline is a row, and no timer, no entry of a schedule has to survive for it to be noticed.
/// Redis may forget an escalation; a clock that still runs a minute after its job was enqueued is swept again, and the
/// job has the same id, so that it cannot escalate twice.
///
/// Every worker runs a sweep. The one that takes the advisory lock works, the others find it taken and rest. Enqueueing
/// comes before the mark: a process that dies between them leaves a clock that is swept again at once.
package struct EscalationSweep: Service {
    /// How often to look. A deadline is noticed this late at most, against promises of hours.
    static let interval = Duration.seconds(5)
    /// How long an enqueued escalation may take before it is enqueued again.
    static let patience = Duration.seconds(60)
    /// Clocks enqueued in one transaction.
    static let pageSize = 500

    private let pool: PostgresPool
    private let producer: JobProducer
    private let clock: any Clock<Duration>
    private let logger: Logger
    private let pageSize: Int

    init(
        pool: PostgresPool, producer: JobProducer, pageSize: Int = EscalationSweep.pageSize, clock: any Clock<Duration> = ContinuousClock(),
        logger: Logger
    ) {
        self.pool = pool
        self.producer = producer
        self.pageSize = pageSize
        self.clock = clock
        self.logger = logger
    }

    /// Sweeps until the task is cancelled or the process shuts down. A store that is away is tried again at the next turn.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    let count = try await sweep()
                    if count > 0 { logger.info("escalations enqueued", metadata: ["count": "\(count)"]) }
                } catch is CancellationError {
                    return
                } catch {
                    logger.warning("the sweep for due clocks failed and is tried again", metadata: ["error": "\(error)"])
                }
                do { try await clock.sleep(for: Self.interval) } catch { return }
            }
        }
    }

    /// Enqueues an escalation for every clock that is due now, page by page.
    /// - Returns: how many were enqueued; 0 also when another process is sweeping.
    func sweep() async throws -> Int {
        var total = 0
        while true {
            let count = try await sweepPage()
            total += count
            guard count == pageSize else { return total }
            try Task.checkCancellation()
        }
    }

    private func sweepPage() async throws -> Int {
        try await pool.transaction(.role(.upkeep)) { transaction in
            guard try await TicketStore.takeSweepLock(in: transaction) else { return 0 }
            let due = try await TicketStore.dueClocks(limit: pageSize, in: transaction)
            guard !due.isEmpty else { return 0 }
            try await enqueue(due)
            TicketStore.postponeSweep(due, seconds: Self.patience / .seconds(1), in: transaction)
            return due.count
        }
    }

    /// All at once: the producer gathers concurrent jobs into one commit and one append.
    private func enqueue(_ clocks: [TicketStore.ClockKey]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for key in clocks {
                group.addTask {
                    let escalation = EscalateTicket(clock: key.id, step: .breach)
                    _ = try await producer.accept(escalation, workspace: key.workspace, id: escalation.jobID)
                }
            }
            try await group.waitForAll()
        }
    }
}
