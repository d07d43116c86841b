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

    /// The rules as the engine has them.
    static let engine = Experiment("engine", claims: .noConsumerLeftBehind)

    static let all = [engine] + mutations + gaps.flatMap { [$0.open, $0.closed] }
}

// MARK: Rules that are broken on purpose

extension Experiment {
    static let mutations = [
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
        // A worker that was declared dead wakes up and reads, which makes its consumer anew, and learns of its death before it
        // beats.
        Experiment("idleConsumersUnwatched", { $0.watchesIdleConsumers = false }, claims: .noConsumerLeftBehind) {
            $0.faults = [.workerPause]
            $0.interval = 100
            $0.callFaults = 100
            $0.requests = 12
        },
        Experiment("epochSetTooEarly", { $0.keepsEpochPending = false }) { $0.faults = [.redisFlush, .workerCrash] },
        Experiment("groupForgottenTooEarly", { $0.forgetsGroupsAfterAppend = false }) {
            $0.faults = [.ingressCrash, .redisAway, .workerCrash]
            $0.callFaults = 40
        },
    ]
}

// MARK: What the engine's rules leave open

extension Experiment {
    /// Something that the histories show to go wrong under the engine's own rules, and a rule that would close it.
    ///
    /// When the engine gets such a rule, its switch is turned in `SimulationRules`, what it claims is claimed by `engine`, and
    /// its open half is one more mutation.
    struct Gap: Sendable, CustomTestStringConvertible {
        let open: Experiment
        let closed: Experiment

        var testDescription: String { open.name }

        fileprivate init(
            _ name: String, _ rule: WritableKeyPath<SimulationRules, Bool>, claims: SimulationAudit.Claims = [],
            shape: @escaping @Sendable (inout Chaos) -> Void
        ) {
            open = Experiment(name, { $0[keyPath: rule] = false }, claims: claims, shape: shape)
            closed = Experiment(name + "Closed", { $0[keyPath: rule] = true }, claims: claims, shape: shape)
        }
    }

    static let gaps = [
        // An ingress appends and confirms; Redis comes back without its last moments, but with its epoch (a log that is not
        // synced at each write, a replica that lagged behind). Both epochs agree, and nobody asks for the job any more.
        Gap("lostTail", \.sweepsOwedJobs) {
            $0.faults = [.redisRestart]
            $0.losesTail = true
        },
        // A Redis that lost its data goes on under a clock that is behind, and gives ids a second time. A worker acknowledges
        // what it read before the loss, and deletes another job's entry.
        Gap("reusedIDs", \.sweepsOwedJobs) {
            $0.faults = [.redisFlush]
            $0.interval = 60
            $0.callFaults = 60
            $0.requests = 30
            $0.clockFallsBack = true
            $0.hasStreamKinds = false
        },
        // Two copies of a job, two workers that looked for an outcome and found none: one buries or cancels, the other writes
        // the row that is the outcome of its kind. No key of the database knows both tables.
        Gap("twoTables", \.hasOneOutcomeAcrossTables, claims: .oneOutcomeAcrossTables) {
            $0.faults = [.duplicate, .groupLoss, .redisFlush]
            $0.interval = 60
            $0.hasOldRelease = true
            $0.hasWishes = true
            $0.requests = 14
        },
        // The answer to the call that counts a start is lost, and the same worker begins again: one death and two lost
        // answers condemn a job that kills nobody. So do two copies that are begun alone at once.
        Gap("doubtfulStarts", \.countsDeadStarters, claims: .condemnedForDeathsOnly) {
            $0.faults = [.workerCrash, .workerPause]
            $0.callFaults = 0
            $0.startFaults = 800
            $0.interval = 120
        },
        // A worker takes over a job that killed others, and is asked to leave before it has begun it: with the hand-back goes the
        // count, and the job is read in the midst of others again.
        Gap("forgottenStarts", \.countsDeadStarters, claims: .condemnedInTime) {
            $0.faults = [.workerDrain]
            $0.interval = 60
            $0.callFaults = 0
            $0.hasPoison = true
            $0.steps = 1000
        },
    ]
}
