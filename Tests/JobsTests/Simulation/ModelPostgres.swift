@testable import Jobs

/// Why a store did not do what it was asked to.
enum StoreFault: Error {
    /// It is away, or nobody knows whether it did it.
    case unavailable
    /// The worker was declared dead.
    case fenced
    /// One of the jobs has an outcome.
    case alreadyFinished
}

/// The tables that hold what must be true. Each method is one transaction, which is there as a whole or not at all; only the
/// relay's is open over several steps.
final class ModelPostgres {
    struct WorkerRow {
        var isDead = false
        var hasStopped = false
    }

    struct Group {
        let id: Int
        let createdAt: Int
        /// The relay's transaction that has locked it.
        var lockedBy: Int?
    }

    struct Acceptance {
        var group: Int
        /// When its group was made.
        var groupedAt: Int
        let offer: Offer

        var job: Int { offer.copy.job }
        /// As the relay appends it: nobody knows whether it is the first copy.
        var relayed: Offer { Offer(copy: Copy(job: job, workspace: offer.copy.workspace, marks: .seen), notBefore: offer.notBefore) }
    }

    /// The row of `ledger_sweep`.
    struct Sweep {
        /// Up to this group all were looked at.
        var place = 0
        var passageAt = 0
        var turnAt = 0
        var owner: Int?
    }

    let clock: VirtualClock
    let audit: SimulationAudit
    let rules: SimulationRules
    /// By identity; nil for one that is not registered.
    private var workers: [WorkerRow?] = []
    var groups: [Group] = []
    var acceptances: [Acceptance] = []
    /// The job of each Idempotency-Key of ledger kinds.
    private(set) var keys: [Int: Int] = [:]
    /// By job. An outcome in the engine's own table.
    private(set) var outcomes: [OutcomeState?] = []
    /// By job. The row of a kind whose row is its outcome.
    private(set) var ownRows: [Bool] = []
    /// By job. Rows that the handler wrote, where nothing but the rules keeps it from writing two.
    private(set) var effects: [Int] = []
    var letters: [Int] = []
    /// Jobs that somebody wants cancelled.
    private(set) var wishes: [Int] = []
    var recordedEpoch: Int?
    var sweep = Sweep()
    /// Transactions whose connection is gone.
    var abandoned: Set<Int> = []
    private var nextID = 0

    init(clock: VirtualClock, audit: SimulationAudit, rules: SimulationRules) {
        self.clock = clock
        self.audit = audit
        self.rules = rules
    }

    func newID() -> Int {
        nextID += 1
        return nextID
    }

    func addJob() {
        outcomes.append(nil)
        ownRows.append(false)
        effects.append(0)
    }

    // MARK: Workers

    func register(_ worker: Int) {
        while workers.count <= worker { workers.append(nil) }
        // `on conflict do nothing`: the answer to an earlier call may have been lost.
        if workers[worker] == nil { workers[worker] = WorkerRow() }
    }

    func markDead(_ worker: Int) {
        guard worker < workers.count, let row = workers[worker], !row.hasStopped else { return }
        workers[worker]?.isDead = true
    }

    func stopped(_ worker: Int) {
        if workers[worker]?.isDead == false { workers[worker]?.hasStopped = true }
    }

    func mayCommit(_ worker: Int) -> Bool { worker < workers.count && workers[worker]?.isDead == false }

    private func askFence(_ worker: Int) throws(StoreFault) {
        guard rules.asksForFence, !mayCommit(worker) else { return }
        audit.happened(.fenced)
        throw .fenced
    }

    // MARK: Outcomes

    /// The view `finished_jobs`.
    func outcome(of job: Int) -> OutcomeState? { outcomes[job] ?? (ownRows[job] ? .done : nil) }

    func finished(_ jobs: [Int]) -> [OutcomeState?] { jobs.map { outcome(of: $0) } }

    /// A batch: the fence, the handler's effects and the outcomes.
    func commit(_ part: ArraySlice<StreamEntry>, by worker: Int) throws(StoreFault) {
        try askFence(worker)
        var written: [Int] = []
        for entry in part {
            let job = entry.copy.job
            if audit.jobs[job].ownsTable {
                if rules.hasOneOutcomeAcrossTables, outcomes[job] != nil { throw .alreadyFinished }
            } else if outcomes[job] != nil || written.contains(job) {
                audit.happened(.secondOutcomeRefused)
                throw .alreadyFinished
            }
            written.append(job)
        }
        for entry in part {
            let job = entry.copy.job
            if audit.jobs[job].ownsTable {
                // `on conflict do nothing`
                if !ownRows[job] { effects[job] += 1 }
                ownRows[job] = true
            } else {
                outcomes[job] = .done
                effects[job] += 1
            }
            audit.committed(entry, by: worker, in: self)
        }
    }

    /// The dead letter and its outcome.
    /// - Returns: false when the job has an outcome, which stands.
    func bury(_ entry: StreamEntry, by worker: Int, isCrash: Bool) throws(StoreFault) -> Bool {
        try askFence(worker)
        let job = entry.copy.job
        guard outcome(of: job) == nil else { return false }
        outcomes[job] = .dead
        if !letters.contains(job) { letters.append(job) }
        forgetWish(for: job)
        audit.committed(entry, by: worker, in: self)
        if isCrash { audit.condemned(job, by: worker, in: self) }
        return true
    }

    func forgetDeadOutcome(of job: Int) {
        if outcomes[job] == .dead { outcomes[job] = nil }
    }

    // MARK: Cancelling

    func wish(for job: Int) {
        if !wishes.contains(job) { wishes.append(job) }
    }

    func forgetWish(for job: Int) { wishes.removeAll { $0 == job } }

    /// Ends jobs that have not ended; the wishes stand, for other copies.
    /// - Returns: entries of jobs that it ended.
    func cancel(_ entries: [StreamEntry], by worker: Int) throws(StoreFault) -> [StreamEntry] {
        try askFence(worker)
        let open = entries.filter { outcome(of: $0.copy.job) == nil }
        for (index, entry) in open.enumerated() where open[..<index].contains(where: { $0.copy.job == entry.copy.job }) { throw .alreadyFinished }
        for entry in open {
            outcomes[entry.copy.job] = .cancelled
            audit.happened(.cancelled)
            audit.committed(entry, by: worker, in: self)
        }
        return open
    }

    func holder(of key: Int, orElse job: Int) -> Int {
        if let holder = keys[key] { return holder }
        keys[key] = job
        return job
    }
}
