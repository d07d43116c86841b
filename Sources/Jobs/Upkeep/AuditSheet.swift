package import Foundation

/// Jobs of one row of an audit. Of ledger kinds each accepted one is in exactly one place:
///
///     accepted = done + dead + cancelled + running + ready + parked + later + on the way + unaccounted
///
/// Of stream kinds nobody keeps what was accepted; `accepted` stays 0 there and says nothing.
package struct AuditSums: Sendable, Equatable {
    package var accepted = 0
    package var done = 0
    package var dead = 0
    package var cancelled = 0
    package var running = 0
    package var ready = 0
    package var parked = 0
    package var later = 0
    /// Committed and not yet known to be appended: the relay looks after them.
    package var onTheWay = 0
    /// Neither finished nor held.
    package var unaccounted = 0
    /// Entries of jobs that have an outcome or another entry. Harmless: they are only acknowledged.
    package var doubledEntries = 0
    /// Outcomes beyond the first of the same job and generation.
    package var doubledOutcomes = 0
    /// Done or held without having been accepted.
    package var unexplained = 0

    package init() {}

    package var outcomes: Int { done + dead + cancelled }
    package var waiting: Int { ready + parked + later }

    /// Whether the sum above holds.
    package var isBalanced: Bool { accepted == outcomes + waiting + running + onTheWay + unaccounted }

    /// Whether nothing was lost and nothing was done twice.
    package var isClean: Bool { unaccounted == 0 && doubledOutcomes == 0 }

    mutating func add(_ other: AuditStore.Outcomes) {
        done += other.done
        dead += other.dead
        cancelled += other.cancelled
    }

    mutating func add(_ state: OutcomeState) {
        switch state {
        case .done: done += 1
        case .dead: dead += 1
        case .cancelled: cancelled += 1
        }
    }

    mutating func add(_ place: HeldJob.Place) {
        switch place {
        case .ready: ready += 1
        case .running: running += 1
        case .parked: parked += 1
        case .later: later += 1
        }
    }

    package static func + (left: AuditSums, right: AuditSums) -> AuditSums {
        var sum = left
        sum.accepted += right.accepted
        sum.add(AuditStore.Outcomes(done: right.done, dead: right.dead, cancelled: right.cancelled))
        sum.running += right.running
        sum.ready += right.ready
        sum.parked += right.parked
        sum.later += right.later
        sum.onTheWay += right.onTheWay
        sum.unaccounted += right.unaccounted
        sum.doubledEntries += right.doubledEntries
        sum.doubledOutcomes += right.doubledOutcomes
        sum.unexplained += right.unexplained
        return sum
    }
}

/// Where a job is counted.
package struct AuditPlace: Sendable, Hashable {
    /// Nil for kinds that this release does not know.
    package let queue: String?
    /// `ledger` for every job that has an acceptance, be it the replay of a stream kind. Nil for kinds that this release does
    /// not know.
    package let acceptance: JobKind.Acceptance?
    /// Nil where workspaces are not told apart.
    package let workspace: UUID?
}

/// One job that should not be as it is.
package struct AuditFinding: Sendable, Equatable {
    package enum Reason: String, Sendable, CaseIterable {
        case unaccounted
        case doubledOutcome = "two outcomes"
        case unexplained
    }

    package let reason: Reason
    package let job: UUID
    package let workspace: UUID
    package let queue: String?
    package let acceptance: JobKind.Acceptance?
}

/// The sums of an audit as they grow, and the first of what was found. Pure; whom to ask and when is `Audit`'s matter.
struct AuditSheet: Sendable {
    /// Jobs that are named; the others are counted.
    static let named = 100

    let byWorkspace: Bool
    private let kinds: [String: JobKind]
    private(set) var rows: [AuditPlace: AuditSums] = [:]
    private var found: [AuditFinding.Reason: [AuditFinding]] = [:]

    /// - Parameter kinds: those that the release knows. Their queues have a row also when nothing is in them.
    init(kinds: [JobKind], byWorkspace: Bool) {
        self.byWorkspace = byWorkspace
        self.kinds = Dictionary(kinds.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        guard !byWorkspace else { return }
        for kind in kinds { rows[AuditPlace(queue: kind.queue, acceptance: kind.acceptance, workspace: nil)] = AuditSums() }
    }

    /// The gravest first.
    var findings: [AuditFinding] { Array(AuditFinding.Reason.allCases.flatMap { found[$0] ?? [] }.prefix(Self.named)) }

    func kind(_ name: String) -> JobKind? { kinds[name] }

    mutating func count(_ queue: String?, _ acceptance: JobKind.Acceptance?, _ workspace: UUID?, _ change: (inout AuditSums) -> Void) {
        change(&rows[AuditPlace(queue: queue, acceptance: acceptance, workspace: byWorkspace ? workspace : nil), default: AuditSums()])
    }

    /// Names a job; `count` counts it.
    mutating func name(_ reason: AuditFinding.Reason, _ job: JobName, _ queue: String?, _ acceptance: JobKind.Acceptance?) {
        guard found[reason, default: []].count < Self.named else { return }
        found[reason, default: []].append(
            AuditFinding(reason: reason, job: job.id, workspace: job.workspace, queue: queue, acceptance: acceptance))
    }

    /// Acceptances, with those outcomes that they had in the same moment. What they owe is put into its place when it is found.
    mutating func add(_ accepted: AuditStore.Accepted) {
        count(accepted.partition.queue, .ledger, accepted.workspace) { sums in
            sums.accepted += accepted.count
            sums.add(accepted.outcomes)
        }
    }

    /// Finished jobs of a kind: the outcomes of stream kinds, and what is wrong with those of any.
    /// - Parameter queue: whose jobs count; nil for all.
    mutating func add(_ finished: AuditStore.Finished, of queue: String?) {
        let kind = kinds[finished.kind]
        guard queue == nil || kind?.queue == queue else { return }
        let isLedger = kind?.acceptance == .ledger
        guard !isLedger || finished.doubled + finished.unexplained > 0 else { return }
        count(kind?.queue, kind?.acceptance, finished.workspace) { sums in
            // Those of ledger kinds were counted with their acceptances.
            if !isLedger { sums.add(finished.outcomes) }
            sums.doubledOutcomes += finished.doubled
            sums.unexplained += finished.unexplained
        }
        for job in finished.doubledJobs { name(.doubledOutcome, job, kind?.queue, kind?.acceptance) }
        for job in finished.unexplainedJobs { name(.unexplained, job, kind?.queue, kind?.acceptance) }
    }
}
