import TestSupport

/// What may go wrong at a moment that the seed chooses.
enum Fault: Sendable, CaseIterable {
    /// A worker's process ends between two steps and is started again.
    case workerCrash
    /// A worker's process stands still, at times for longer than its lease, and wakes up as if nothing had happened.
    case workerPause
    /// A worker is asked to leave.
    case workerDrain
    case ingressCrash
    /// FLUSHALL, or a failover to an empty replica.
    case redisFlush
    /// Nobody reaches Redis for a while.
    case redisAway
    /// Redis is killed and started again; what it had synced is there.
    case redisRestart
    /// The consumer group is gone and the stream is not.
    case groupLoss
    /// PostgreSQL is started again: what was not committed is rolled back.
    case postgresAway
    /// An entry that was there once is there twice.
    case duplicate
}

/// How hard a history is, drawn from its seed. Each history has some kinds of faults and not all: where everything goes wrong
/// at once, little gets far enough to go wrong in an interesting way.
struct Chaos: Sendable {
    /// Steps before the faults end and everything may come to rest.
    var steps = 300
    var requests = 10
    var faults: [Fault] = []
    /// Mean time between two faults.
    var interval = 150
    /// Server calls in a thousand that go wrong: not executed, executed without an answer, or executed late.
    var callFaults = 0
    /// The same for the call that counts a start alone.
    var startFaults = 0
    /// Redis syncs its log now and then, and a restart loses what came after (`appendfsync everysec`), as does a failover to a
    /// replica that lags behind.
    var losesTail = false
    /// After a loss Redis goes on under a clock that is behind: another machine's.
    var clockFallsBack = false
    var hasStreamKinds = true
    /// Some jobs are to be cancelled.
    var hasWishes = false
    /// The first job kills whoever runs it; else it does in some histories.
    var hasPoison = false
    /// Some jobs are refused for good by one of the workers: it runs an older release.
    var hasOldRelease = false

    init(seed: UInt64) {
        var random = SplitMix64(seed: seed ^ 0x5eed)
        requests = random.within(6...12)
        for fault in Fault.allCases where random.happens(450) { faults.append(fault) }
        interval = [60, 120, 250][random.below(3)]
        callFaults = [0, 0, 10, 40, 100][random.below(5)]
        hasWishes = random.happens(300)
    }
}

/// Durations in virtual milliseconds. Their proportions are near the engine's own; what only has to be rare or often is shorter,
/// so that a lease runs out several times within a history of some hundred steps.
enum SimulatedTime {
    static let lease = 400
    static let beat = lease / 4
    static let relay = 120
    static let relayAge = 200
    static let relayPatience = 5 * lease
    /// Owed for longer than this is compared with what Redis holds.
    static let owedForLong = 3 * lease
    /// Between two turns of the sweep, and how long a turn lasts of which nobody hears again.
    static let sweepPause = lease / 2
    static let sweepTurn = 5 * lease
    /// From one begin of the sweep at the beginning to the next, and to that after a loss.
    static let passage = 15 * lease
    static let afterLoss = 4 * lease
    static let block = 200
    static let promoterWait = 100
    static let confirm = 40
    static let controls = 50
    /// In which the entries of a crowded Redis have one millisecond.
    static let crowd = lease
    static let drainBudget = 2 * lease
    /// A history that has not come to rest by then, after its faults ended, never will.
    static let patience = 60 * lease
}
