@testable import Jobs

/// What a job does to its worker.
enum Behaviour: Sendable {
    case healthy
    /// Its first attempts fail.
    case fails(times: Int)
    case alwaysFails
    /// No attempt can help.
    case isRefused
    /// Whoever runs it dies of it.
    case poison
    /// Refused for good by a worker of an older release, done by the others.
    case isRefusedByOldRelease
}

/// Knows everything, as none of the actors does, and watches that nothing happens which must not.
final class SimulationAudit {
    struct Job {
        let request: Int
        let workspace: Int
        let isLedger: Bool
        let ownsTable: Bool
        let isKeyed: Bool
        var behaviour: Behaviour
        /// A row of the ledger says that it was accepted.
        var isPromised = false
        /// A producer was told so.
        var isTold = false
        /// Entries that it had, one after the other or side by side.
        var copies = 0
        /// Of a stream kind, and Redis lost something before it was finished.
        var mayBeLost = false
        /// Redis knew that it was made for its Idempotency-Key, and lost something.
        var mayBeForgotten = false
        /// Step of its outcome; nil before.
        var finished: Int?
        /// Workers that began it alone.
        var starters: [Int] = []
        var lonelyRuns = 0
        /// How often it was forgotten how often it was begun alone: by Redis with all else, or by the rules.
        var lostStarts = 0
        var forgottenStarts = 0
        var replays = 0
        /// Somebody wanted it cancelled.
        var isWished = false
    }

    /// What is claimed beyond what always must hold. The engine claims all of it; under a rule that was broken, the one claim is
    /// looked at that the rule is for.
    struct Claims: OptionSet, Sendable {
        let rawValue: Int
        /// A job has one outcome even if its kind keeps outcomes in a table of its own.
        static let oneOutcomeAcrossTables = Claims(rawValue: 1)
        /// A job is a dead letter for killing its workers only if workers died while they ran it.
        static let condemnedForDeathsOnly = Claims(rawValue: 2)
        /// No consumer is left behind by a worker that is gone.
        static let noConsumerLeftBehind = Claims(rawValue: 4)
        /// A job that kills its workers is found in time even while others leave in good order.
        static let condemnedInTime = Claims(rawValue: 8)
    }

    /// What a history may come upon. Counted, so that a test can ask whether the histories go where it is dangerous.
    enum Event: Int, CaseIterable, Sendable {
        case takenOver, fenced, foundFinished, secondOutcomeRefused, relayed, madeGood, recovered, condemned, retried, parked, handedBack
        case executedLate, replayed, cancelled
    }

    let claims: Claims
    private(set) var counts = Array(repeating: 0, count: Event.allCases.count)
    var jobs: [Job] = []
    /// Worker identities whose process has ended.
    var ended: Set<Int> = []
    var step = 0
    private(set) var violation: String?
    /// By an entry's serial number: from whom it was taken over.
    private var takers: [(serial: Int, from: Int)] = []

    init(claims: Claims) {
        self.claims = claims
    }

    func violated(_ what: @autoclosure () -> String) {
        if violation == nil { violation = what() }
    }

    func addJob(_ job: Job) -> Int {
        jobs.append(job)
        return jobs.count - 1
    }

    func happened(_ event: Event) { counts[event.rawValue] += 1 }

    // MARK: On the way

    func promised(_ job: Int) { jobs[job].isPromised = true }
    func wished(_ job: Int) { jobs[job].isWished = true }
    func told(_ job: Int) { jobs[job].isTold = true }
    func appended(_ job: Int) { jobs[job].copies += 1 }
    func startsForgotten(of job: Int) { jobs[job].forgottenStarts += 1 }

    func taken(_ serial: Int, from worker: Int) {
        happened(.takenOver)
        takers.append((serial, worker))
    }

    func begunAlone(_ job: Int, by worker: Int) { jobs[job].starters.append(worker) }
    func ranAlone(_ job: Int) { jobs[job].lonelyRuns += 1 }

    func redisLost(starts: [Int]) {
        for job in starts { jobs[job].lostStarts += 1 }
        for index in jobs.indices {
            jobs[index].mayBeForgotten = true
            if !jobs[index].isPromised, jobs[index].finished == nil { jobs[index].mayBeLost = true }
        }
    }

    func replayed(_ job: Int) {
        happened(.replayed)
        jobs[job].finished = nil
        jobs[job].replays += 1
        if case .isRefused = jobs[job].behaviour { jobs[job].behaviour = .healthy }
    }

    /// A handler gets a job that was read at `read`.
    func handled(_ entry: StreamEntry, by worker: Int, read: Int) {
        let job = jobs[entry.copy.job]
        guard entry.copy.marks.contains(.seen), let finished = job.finished, finished < read else { return }
        violated("worker \(worker) handles job \(entry.copy.job) again, though its outcome was there before and its copy is marked as seen")
    }

    /// A transaction that finishes a job has committed.
    func committed(_ entry: StreamEntry, by worker: Int, in postgres: ModelPostgres) {
        let job = entry.copy.job
        if jobs[job].finished == nil { jobs[job].finished = step }
        if !postgres.mayCommit(worker) { violated("worker \(worker) commits job \(job) after it was declared dead") }
        if takers.contains(where: { $0.serial == entry.serial && $0.from == worker }) {
            violated("worker \(worker) commits job \(job), which was taken over from it")
        }
        if postgres.effects[job] > 1 { violated("job \(job) has \(postgres.effects[job]) effects") }
        if claims.contains(.oneOutcomeAcrossTables), postgres.outcomes[job] != nil, postgres.ownRows[job] {
            violated("job \(job) has two outcomes: one in the table of all kinds, and the row of its own")
        }
    }

    /// A job is a dead letter because its workers died while it ran alone.
    func condemned(_ job: Int, by worker: Int, in postgres: ModelPostgres) {
        happened(.condemned)
        guard claims.contains(.condemnedForDeathsOnly) else { return }
        let deaths = Set(jobs[job].starters.filter { $0 != worker && (ended.contains($0) || !postgres.mayCommit($0)) })
        if deaths.count < Takeover.lonelyStarts {
            violated("job \(job) is condemned for its workers' deaths: \(jobs[job].starters) began it alone, of whom \(deaths.count) died")
        }
    }
}
