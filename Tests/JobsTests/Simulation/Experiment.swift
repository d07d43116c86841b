import Testing

@testable import Jobs

/// Many histories under the same rules: those of the engine, or with one broken on purpose.
struct Experiment: Sendable, CustomTestStringConvertible {
    let name: String
    var rules = SimulationRules()
    var claims: SimulationAudit.Claims = []
    /// Makes the histories go where the rule matters.
    var shape: @Sendable (inout Chaos) -> Void = { _ in }

    var testDescription: String { name }

    func history(seed: UInt64, isRecorded: Bool = false) -> Simulation {
        var chaos = Chaos(seed: seed)
        shape(&chaos)
        return Simulation(seed: seed, rules: rules, claims: claims, chaos: chaos, isRecorded: isRecorded)
    }

    struct Violation: Sendable {
        let seed: UInt64
        let what: String
    }

    /// The first histories that go wrong, and how.
    func violations(in seeds: Range<UInt64>, most: Int = .max) -> [Violation] {
        var found: [Violation] = []
        for seed in seeds where found.count < most {
            if let what = history(seed: seed).run() { found.append(Violation(seed: seed, what: what)) }
        }
        return found
    }

    /// A history in words.
    func story(seed: UInt64) -> String {
        let history = history(seed: seed, isRecorded: true)
        let violation = history.run()
        return "\(history.chaos)\n\(history.log.lines.joined(separator: "\n"))\n\(violation ?? "nothing goes wrong")"
    }

    private init(
        _ name: String, _ change: (inout SimulationRules) -> Void = { _ in }, claims: SimulationAudit.Claims = [],
        shape: @escaping @Sendable (inout Chaos) -> Void = { _ in }
    ) {
        self.name = name
        self.claims = claims
        self.shape = shape
        change(&rules)
    }

    /// The rules as the engine has them, and all that it claims.
    static let engine = Experiment("engine", claims: engineClaims)

    private static let engineClaims: SimulationAudit.Claims = [
        .noConsumerLeftBehind, .oneOutcomeAcrossTables, .condemnedForDeathsOnly, .condemnedInTime,
    ]

    static let all = [engine] + mutations + lessons.map(\.closed)
}

// MARK: Rules that are broken on purpose

extension Experiment {
    static let mutations = broken + lessons.map(\.open)

    private static let broken = [
        Experiment("noFence", { $0.asksForFence = false }) {
            $0.faults = [.workerPause]
            $0.interval = 60
        },
        Experiment("acknowledgeBeforeCommit", { $0.acknowledgesAfterCommit = false }) { $0.faults = [.workerCrash] },
        Experiment("noRelay", { $0.relays = false }) { $0.faults = [.ingressCrash, .redisFlush] },
        Experiment("takeoverBeforeMarkingDead", { $0.marksDeadFirst = false }) {
            $0.faults = [.workerPause]
            $0.interval = 60
            $0.requests = 20
        },
        Experiment("noLookUps", { $0.looksUpSeenJobs = false }) { $0.faults = [.duplicate] },
        Experiment("takeoverInBatches", { $0.runsTakenOverJobsAlone = false }) { $0.faults = [.workerCrash] },
        Experiment("noRecovery", { $0.recoversLostDeliveries = false }) { $0.callFaults = 40 },
        Experiment(
            "unheardConsumersUnwatched",
            {
                $0.watchesUnheardConsumers = false
                $0.watchesIdleConsumers = false
            }
        ) {
            $0.faults = [.workerPause]
            $0.interval = 100
            $0.callFaults = 0
            $0.requests = 40
        },
        // A worker that was declared dead wakes up and reads, which makes its consumer anew, and learns of its death before
        // it beats.
        Experiment("idleConsumersUnwatched", { $0.watchesIdleConsumers = false }, claims: .noConsumerLeftBehind) {
            $0.faults = [.workerPause]
            $0.interval = 100
            $0.callFaults = 100
            $0.requests = 12
        },
        // The two that follow lose jobs that the sweep would find, a passage later: they are looked at without it.
        Experiment(
            "epochSetTooEarly",
            {
                $0.keepsEpochPending = false
                $0.sweepsOwedJobs = false
            }
        ) { $0.faults = [.redisFlush, .workerCrash] },
        Experiment(
            "groupForgottenTooEarly",
            {
                $0.forgetsGroupsAfterAppend = false
                $0.sweepsOwedJobs = false
            }
        ) {
            $0.faults = [.ingressCrash, .redisAway, .workerCrash]
            $0.callFaults = 40
        },
    ]
}

// MARK: What the histories taught

extension Experiment {
    /// Something that the histories once showed to go wrong under the engine's own rules, and the rule that closed it.
    ///
    /// Its open half is one more mutation. Its closed half has the engine's rules and goes where the gap was; all that the engine
    /// claims holds there.
    struct Lesson: Sendable, CustomTestStringConvertible {
        let open: Experiment
        let closed: Experiment

        var testDescription: String { closed.name }

        fileprivate init(
            _ name: String, without change: (inout SimulationRules) -> Void, claims: SimulationAudit.Claims = [],
            shape: @escaping @Sendable (inout Chaos) -> Void
        ) {
            open = Experiment(name, change, claims: claims, shape: shape)
            closed = Experiment(name + "Closed", claims: Experiment.engineClaims, shape: shape)
        }
    }

    static let lessons = [
        // An ingress appends and confirms; Redis comes back without its last moments, but with its epoch (a log that is not
        // synced at each write, a replica that lagged behind). Both epochs agree, and nobody asks for the job any more. Either of
        // the two rules finds it: the epoch that knows its server at once, the sweep when the job is old enough.
        Lesson(
            "lostTail",
            without: {
                $0.knowsServers = false
                $0.sweepsOwedJobs = false
            }
        ) {
            $0.faults = [.redisRestart]
            $0.losesTail = true
        },
        // A Redis that lost its data goes on under a clock that is behind, and gives ids a second time. A worker acknowledges
        // what it read before the loss, and deletes another job's entry.
        Lesson("reusedIDs", without: { $0.sweepsOwedJobs = false }) {
            $0.faults = [.redisFlush]
            $0.interval = 60
            $0.callFaults = 60
            $0.requests = 30
            $0.clockFallsBack = true
            $0.hasStreamKinds = false
        },
        // Two copies of a job, two workers that looked for an outcome and found none: one buries or cancels, the other writes
        // the row that is the outcome of its kind. No key of the database knows both tables.
        Lesson("twoTables", without: { $0.hasOneOutcomeAcrossTables = false }, claims: .oneOutcomeAcrossTables) {
            $0.faults = [.duplicate, .groupLoss, .redisFlush]
            $0.interval = 60
            $0.hasOldRelease = true
            $0.hasWishes = true
            $0.requests = 14
        },
        // The answer to the call that counts a start is lost, and the same worker begins again: one death and two lost
        // answers condemn a job that kills nobody. So do two copies that are begun alone at once.
        Lesson("doubtfulStarts", without: { $0.countsDeadStarters = false }, claims: .condemnedForDeathsOnly) {
            $0.faults = [.workerCrash, .workerPause]
            $0.callFaults = 0
            $0.startFaults = 800
            $0.interval = 120
        },
        // A worker takes over a job that killed others, and is asked to leave before it has begun it: with the hand-back goes the
        // count, and the job is read in the midst of others again.
        Lesson("forgottenStarts", without: { $0.countsDeadStarters = false }, claims: .condemnedInTime) {
            $0.faults = [.workerDrain]
            $0.interval = 60
            $0.callFaults = 0
            $0.hasPoison = true
            $0.steps = 1000
        },
    ]
}
