import Foundation
import Jobs
import Postgres

/// `ticket.escalate`: a clock's deadline has passed and nothing stopped it, as far as the sweep could see.
struct EscalateTicket: JobPayload, Equatable {
    static let kind = JobKind(name: "ticket.escalate", queue: "tickets", acceptance: .ledger, outcome: .outcomes, isCancellable: false)

    let clock: UUID
    let step: EscalationStep

    /// The job of this step of this clock, however often it is enqueued.
    var jobID: UUID { .derived(from: clock, step: UInt64(step.rawValue)) }
}

/// Marks clocks breached and writes their escalations, in one transaction.
///
/// The clock's row is locked and looked at again: a reply that committed first has stopped it, and then there is nothing
/// to do; a reply that comes later finds it breached. There is no third way for the race to end.
struct EscalateTicketHandler: BatchHandler {
    /// The job ran before its clock's deadline, by the database's time. Trying again later is right, and finishing would
    /// be wrong: a finished job is never run again, and the clock would never be breached.
    struct TooEarly: Error, CustomStringConvertible {
        let clock: UUID
        let dueAt: Date

        var description: String { "clock \(clock) is due at \(dueAt), which has not passed" }
    }

    func handle(_ jobs: [Job<EscalateTicket>], in transaction: PostgresTransaction) async throws {
        let keys = jobs.map { TicketStore.ClockKey(workspace: $0.workspace, id: $0.payload.clock) }
        let locked = try await TicketStore.lockClocks(keys, in: transaction)
        var clocks = Dictionary(locked.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        var rows = EscalationRows()
        for (job, key) in zip(jobs, keys) {
            guard var stored = clocks[key], stored.clock.state == .running else { continue }
            guard stored.clock.expire(at: stored.readAt) else { throw TooEarly(clock: key.id, dueAt: stored.clock.dueAt) }
            clocks[key] = stored
            rows.append(job, breached: stored)
        }
        if !rows.isEmpty { TicketStore.breach(rows, in: transaction) }
    }
}

/// Breaches with their escalations as columns.
struct EscalationRows: Sendable {
    private(set) var workspaces: [UUID] = []
    private(set) var ids: [UUID] = []
    private(set) var clocks: [UUID] = []
    private(set) var tickets: [UUID] = []
    private(set) var metrics: [String] = []
    private(set) var steps: [Int16] = []
    private(set) var dueAt: [Date] = []

    var isEmpty: Bool { ids.isEmpty }

    mutating func append(_ job: Job<EscalateTicket>, breached stored: StoredClock) {
        workspaces.append(job.workspace)
        ids.append(job.id)
        clocks.append(stored.id)
        tickets.append(stored.ticket)
        metrics.append(stored.clock.metric.rawValue)
        steps.append(Int16(job.payload.step.rawValue))
        dueAt.append(stored.clock.dueAt)
    }
}
