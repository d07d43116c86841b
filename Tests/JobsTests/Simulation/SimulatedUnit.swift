@testable import Jobs

/// A unit of work of a pool, or one job of a takeover: what `Executor.execute` does with entries, one server call a step. It
/// ends when each of them is settled, or left to whoever finds it.
final class SimulatedUnit {
    enum Progress {
        case goesOn
        /// A store is away: the same again after a pause.
        case waits
        case ended
        /// Its worker was declared dead.
        case fenced
        /// A job killed the process.
        case killed
    }

    enum Phase {
        case lookUp
        case askWishes
        case cancel([[StreamEntry]])
        case choose
        case commit(Range<Int>)
        /// A commit was not answered: is it there?
        case findOut(Range<Int>)
        indirect case acknowledge([StreamEntry], then: Phase)
        case postpone(StreamEntry, Copy, after: Int)
        case bury(StreamEntry, isCrash: Bool)
    }

    static let policy = RetryPolicy(base: .milliseconds(40), cap: .milliseconds(160), floor: .milliseconds(10), maximumAttempts: 3)

    unowned let worker: SimulatedWorker
    unowned let simulation: Simulation
    let identity: Int
    /// Step in which its entries were read.
    private let read: Int
    var phase: Phase
    /// Entries of kinds that are still to come; one kind is handled at a time.
    private var kinds: [[StreamEntry]]
    var owed: [StreamEntry] = []
    private var split = BatchSplit(count: 0, most: 1)
    private var isAcknowledged = false

    init(_ entries: [StreamEntry], of worker: SimulatedWorker) {
        self.worker = worker
        simulation = worker.simulation
        identity = worker.identity
        read = simulation.audit.step
        let jobs = simulation.audit.jobs
        kinds = [entries.filter { jobs[$0.copy.job].ownsTable }, entries.filter { !jobs[$0.copy.job].ownsTable }]
        phase = .choose
    }

    /// A job that killed whoever ran it alone.
    init(burying entry: StreamEntry, of worker: SimulatedWorker) {
        self.worker = worker
        simulation = worker.simulation
        identity = worker.identity
        read = simulation.audit.step
        kinds = []
        phase = .bury(entry, isCrash: true)
    }

    func step() -> Progress {
        switch phase {
        case .lookUp: lookUp()
        case .askWishes: askWishes()
        case .cancel(let parts): cancel(parts)
        case .choose: choose()
        case .commit(let range): commit(range)
        case .findOut(let range): findOut(range)
        case .acknowledge(let done, let next): acknowledge(done, then: next)
        case .postpone(let entry, let copy, let delay): postpone(entry, copy, after: delay)
        case .bury(let entry, let isCrash): bury(entry, isCrash: isCrash)
        }
    }

    func goOn(_ next: Phase) -> Progress {
        phase = next
        return .goesOn
    }

    /// What is owed goes into transactions.
    func begin() -> Progress {
        split = BatchSplit(count: owed.count, most: 1000)
        return goOn(.choose)
    }

    /// The next part of the batch, or of the next kind.
    private func choose() -> Progress {
        if let range = split.next() {
            phase = .commit(range)
            return commit(range)
        }
        guard let kind = kinds.popLast() else { return .ended }
        owed = kind
        phase = .lookUp
        return lookUp()
    }

    private func commit(_ range: Range<Int>) -> Progress {
        let part = owed[range]
        if !simulation.rules.acknowledgesAfterCommit, !isAcknowledged {
            let ids = part.map(\.id)
            isAcknowledged = simulation.network.redisDid("worker \(identity) acknowledges \(ids) early") { $0.acknowledge(ids, clearing: []) }
            return .goesOn
        }
        isAcknowledged = false
        // The handler, whose own error comes before the fence's answer.
        for entry in part {
            simulation.audit.handled(entry, by: identity, read: read)
            switch worker.verdict(on: entry) {
            case .done: continue
            case .killed:
                simulation.log.note("worker \(identity) dies of job \(entry.copy.job)")
                return .killed
            case .failed(let permanent): return failed(range, .failed(permanent: permanent))
            }
        }
        do throws(StoreFault) {
            try simulation.network.postgres("worker \(identity) commits jobs \(part.map(\.copy))") { [identity] postgres throws(StoreFault) in
                try postgres.commit(part, by: identity)
            }
            return goOn(.acknowledge(Array(part), then: .choose))
        } catch {
            switch error {
            case .fenced: return .fenced
            case .alreadyFinished: return failed(range, .alreadyFinished(.done))
            case .unavailable:
                guard !worker.isDraining else { return goOn(.choose) }
                phase = .findOut(range)
                return .waits
            }
        }
    }

    private func findOut(_ range: Range<Int>) -> Progress {
        let jobs = owed[range].map(\.copy.job)
        let found = worker.finished(jobs) ?? [nil]
        // Two copies of one job in a part are two entries and one outcome: the commit itself tells them apart.
        let isThere = found.allSatisfy { $0 != nil } && Set(jobs).count == jobs.count
        return goOn(isThere ? .acknowledge(Array(owed[range]), then: .choose) : .commit(range))
    }

    /// A part failed as a whole: its halves come next, or the one job's failure is settled.
    private func failed(_ range: Range<Int>, _ ending: JobState.Ending) -> Progress {
        phase = .choose
        guard split.failed(range) else { return .goesOn }
        let entry = owed[range.lowerBound]
        var state = JobState(attempt: entry.copy.attempt)
        state.begin()
        switch state.attemptEnded(ending, policy: Self.policy, using: &simulation.random) {
        case .acknowledge: phase = .acknowledge([entry], then: .choose)
        case .retry(let delay, let next):
            var copy = entry.copy
            copy.attempt = next
            copy.marks.insert(.seen)
            phase = .postpone(entry, copy, after: delay.milliseconds)
        case .bury: phase = .bury(entry, isCrash: false)
        case .tryAgainInPlace, .handBack, .abandon: break
        }
        return .goesOn
    }
}
