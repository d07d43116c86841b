import Foundation

/// The books of one partition: what must be there against what Redis shows, look by look. Pure.
///
/// ```
/// owed ──seen in Redis──▶ in its place          owed ──an outcome is found──▶ finished
///  │
///  └─ neither, after the last look ─▶ on the way (its group stands), or unaccounted
/// ```
///
/// A *look* is one passage through all that the partition holds, and what PostgreSQL says of the rest afterwards.
struct AuditBook: Sendable {
    /// Why a job must be somewhere.
    enum Owed: Sendable, Equatable {
        /// It has an acceptance and was appended.
        case appended
        /// It has an acceptance, and its append is not confirmed.
        case underWay
        /// Of a stream kind: Redis has the note of its acceptance.
        case noted
        /// Of a stream kind: a worker wrote down that it has begun.
        case begun
    }

    /// Entries of a job beyond those that it needs: one, or none once it is finished.
    private struct Surplus: Sendable {
        var entries = 0
        let acceptance: JobKind.Acceptance?
    }

    let partition: QueuePartition
    private(set) var missing: [JobName: Owed]
    private var looks = 0
    private var seen: Set<JobName> = []
    private var seenLater: Set<JobName> = []
    /// Jobs that had an outcome when they were seen in the first look.
    private var finished: Set<JobName> = []
    /// Of this look, and what all looks agreed on: an entry that is on its way to be acknowledged is not there the next time,
    /// and one that moved is not twice there again.
    private var surplus: [JobName: Surplus] = [:]
    private var agreed: [JobName: Surplus] = [:]

    init(partition: QueuePartition, owed: [JobName: Owed]) {
        self.partition = partition
        self.missing = owed
    }

    /// Jobs that must be held or finished, and are not known to be either. Those whose append is unconfirmed are the relay's.
    var candidates: [JobName] { missing.filter { $0.value != .underWay }.map(\.key) }

    /// Candidates that are gone without an outcome if their note is gone too.
    var noted: [JobName] { missing.filter { $0.value == .noted }.map(\.key) }

    /// Whether another look would change nothing.
    var isSettled: Bool {
        guard looks > 0, missing.values.allSatisfy({ $0 == .underWay }) else { return false }
        return looks > 1 || agreed.isEmpty
    }

    mutating func beginLook() {
        seen = []
        seenLater = []
        surplus = [:]
    }

    /// A page of what Redis holds.
    /// - Returns: those of its jobs that PostgreSQL must be asked about, for `learn`.
    mutating func see(_ page: [HeldJob], on sheet: inout AuditSheet) -> [HeldJob] {
        var asked: [HeldJob] = []
        for job in page {
            let name = JobName(workspace: job.workspace, id: job.id)
            guard let isFirst = sight(of: name, at: job.place) else { continue }
            let owed = missing.removeValue(forKey: name)
            if !isFirst || finished.contains(name) {
                surplus[name, default: Surplus(acceptance: sheet.kind(job.kind)?.acceptance)].entries += 1
            } else if owed == .appended || owed == .underWay {
                sheet.count(partition.queue, .ledger, name.workspace) { $0.add(job.place) }
            } else if owed != nil || looks == 0 {
                asked.append(job)
            }
        }
        return asked
    }

    /// Whether the job is seen for the first time in this look. Nil for a repeat that says nothing: within the parked lists and
    /// within later, pages may show a job again.
    private mutating func sight(of name: JobName, at place: HeldJob.Place) -> Bool? {
        if place == .later { return seenLater.insert(name).inserted ? !seen.contains(name) : nil }
        if seen.insert(name).inserted { return !seenLater.contains(name) }
        return place == .parked ? nil : false
    }

    /// What PostgreSQL says of jobs that `see` asked about, after they were seen.
    mutating func learn(_ facts: [JobName: AuditStore.Fact], of jobs: [HeldJob], on sheet: inout AuditSheet) {
        for job in jobs {
            let name = JobName(workspace: job.workspace, id: job.id)
            guard let fact = facts[name] else { continue }
            let acceptance = sheet.kind(job.kind)?.acceptance
            if fact.state != nil {
                finished.insert(name)
                surplus[name, default: Surplus(acceptance: acceptance)].entries += 1
            } else if fact.isAccepted {
                // Accepted after the ledger was read: the next audit's.
                continue
            } else if acceptance == .ledger {
                sheet.count(partition.queue, .ledger, name.workspace) { $0.unexplained += 1 }
                sheet.name(.unexplained, name, partition.queue, .ledger)
            } else {
                sheet.count(partition.queue, acceptance, name.workspace) { $0.add(job.place) }
            }
        }
    }

    /// Candidates that wait in later although no page showed them.
    mutating func locate(_ names: [JobName], on sheet: inout AuditSheet) {
        for name in names {
            guard let owed = missing.removeValue(forKey: name) else { continue }
            sheet.count(partition.queue, owed.acceptance, name.workspace) { $0.later += 1 }
        }
    }

    /// What PostgreSQL says of candidates, after all of Redis was looked at.
    mutating func settle(_ facts: [JobName: AuditStore.Fact], on sheet: inout AuditSheet) {
        for (name, fact) in facts {
            guard let owed = missing[name], owed != .underWay else { continue }
            if owed.acceptance == .stream {
                // With an acceptance it is the ledger's by now: a dead letter that was replayed.
                if fact.state != nil || fact.isAccepted { missing[name] = nil }
            } else if let state = fact.state {
                missing[name] = nil
                sheet.count(partition.queue, .ledger, name.workspace) { $0.add(state) }
            } else if !fact.isAccepted {
                // It was finished, and its day was dropped since.
                missing[name] = nil
                sheet.count(partition.queue, .ledger, name.workspace) { $0.accepted -= 1 }
            } else if fact.isUnderWay {
                // It died and was replayed since.
                missing[name] = .underWay
            }
        }
    }

    /// Candidates whose note is gone: acknowledged, whatever became of them.
    mutating func forget(_ names: [JobName]) {
        for name in names where missing[name] == .noted { missing[name] = nil }
    }

    mutating func endLook() {
        if looks == 0 {
            agreed = surplus
        } else {
            agreed = agreed.reduce(into: [:]) { common, earlier in
                guard var now = surplus[earlier.key] else { return }
                now.entries = min(now.entries, earlier.value.entries)
                common[earlier.key] = now
            }
        }
        looks += 1
        beginLook()
    }

    /// After the last look: counts what is left.
    func close(on sheet: inout AuditSheet) {
        for (name, owed) in missing {
            if owed == .underWay {
                sheet.count(partition.queue, .ledger, name.workspace) { $0.onTheWay += 1 }
            } else {
                sheet.count(partition.queue, owed.acceptance, name.workspace) { $0.unaccounted += 1 }
                sheet.name(.unaccounted, name, partition.queue, owed.acceptance)
            }
        }
        for (name, surplus) in agreed {
            sheet.count(partition.queue, surplus.acceptance, name.workspace) { $0.doubledEntries += surplus.entries }
        }
    }
}

extension AuditBook.Owed {
    /// Whose promise it is.
    var acceptance: JobKind.Acceptance {
        switch self {
        case .appended, .underWay: .ledger
        case .noted, .begun: .stream
        }
    }
}
