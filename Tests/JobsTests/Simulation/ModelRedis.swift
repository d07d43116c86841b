@testable import Jobs

/// Of an envelope what the rules look at.
struct Copy: Sendable, CustomStringConvertible {
    let job: Int
    let workspace: Int
    var attempt = 1
    var marks: Envelope.Marks

    /// `7/2s`: job 7 in its second attempt, marked as seen.
    var description: String {
        "\(job)\(attempt > 1 ? "/\(attempt)" : "")\(marks.contains(.seen) ? "s" : "")\(marks.contains(.noted) ? "n" : "")"
    }
}

/// A job that is to be accepted, or appended again.
struct Offer: Sendable, CustomStringConvertible {
    let copy: Copy
    var key: Int?
    /// Not to be begun before.
    var notBefore: Int?

    var description: String { copy.description }
}

/// An entry of the ready stream.
struct StreamEntry: Sendable, CustomStringConvertible {
    /// Milliseconds by Redis's clock, and a number within them, as Redis gives it.
    let id: Int
    /// Never given twice, which Redis does not know: two entries under one id are told apart by it.
    let serial: Int
    var copy: Copy

    var description: String { "\(id): \(copy)" }
}

/// What became of the offer of a job.
enum Accepted: Sendable, CustomStringConvertible {
    case accepted(Int)
    /// The same request was accepted before, as this job.
    case replayed(Int)

    var job: Int {
        switch self {
        case .accepted(let job), .replayed(let job): job
        }
    }

    var description: String {
        switch self {
        case .accepted(let job): "accepted as \(job)"
        case .replayed(let job): "\(job) again"
        }
    }
}

/// One partition of a queue in a Redis: what it holds, and what it forgets. The scripts are in the extensions.
final class ModelRedis {
    struct Contents {
        struct Pending {
            let id: Int
            var consumer: Int
        }
        struct Group {
            var lastDelivered = 0
            var pending: [Pending] = []
            var consumers: [Int] = []
        }
        struct Later {
            let job: Int
            var due: Int
            var copy: Copy
        }
        struct Start {
            let job: Int
            var count: Int
            /// Who began it, and has not been declared dead with it in hand.
            var workers: [Int]
            var dead: [Int] = []
        }
        struct Beat: CustomStringConvertible {
            let worker: Int
            var at: Int
            var description: String { "\(worker) at \(at)" }
        }
        struct Epoch: Equatable, CustomStringConvertible {
            let name: Int
            let isPending: Bool
            let began: Int
            /// It is read on another server than it was set on.
            var isMoved = false
            var description: String { "\(isMoved ? "moved:" : "")\(isPending ? "pending:" : "")\(name)" }
        }
        struct Key {
            let key: Int
            let job: Int
        }

        var lastID = 0
        var stream: [StreamEntry] = []
        var group: Group?
        var later: [Later] = []
        /// Workspaces with parked jobs, in their turn.
        var ring: [Int] = []
        var parked: [[Copy]] = Array(repeating: [], count: ModelRedis.workspaces)
        var starts: [Start] = []
        var beats: [Beat] = []
        var epoch: Epoch?
        /// On which it was set.
        var epochServer = 0
        /// Idempotency-Keys of stream kinds.
        var keys: [Key] = []
    }

    static let workspaces = 2
    /// Entries of the ready stream before others are parked.
    static let window = 6

    let clock: VirtualClock
    let audit: SimulationAudit
    let rules: SimulationRules
    var contents = Contents()
    /// What a restart would find, where the log is not synced at each write.
    private var synced = Contents()
    /// Another number after each start.
    var server = 0
    /// Added to the time of all others.
    var clockOffset = 0
    /// As many entries share a millisecond as in a busy Redis.
    var isCrowded = false
    /// An entry came into the stream: who waits for one may read.
    var hasAppended = false
    private var serials = 0

    init(clock: VirtualClock, audit: SimulationAudit, rules: SimulationRules) {
        self.clock = clock
        self.audit = audit
        self.rules = rules
    }

    var now: Int { clock.now + clockOffset }

    func xadd(_ copy: Copy) {
        contents.lastID = max((isCrowded ? now / SimulatedTime.crowd * SimulatedTime.crowd : now) * 1000, contents.lastID + 1)
        serials += 1
        contents.stream.append(StreamEntry(id: contents.lastID, serial: serials, copy: copy))
        hasAppended = true
    }

    func xdel(_ id: Int) {
        if let index = contents.stream.firstIndex(where: { $0.id == id }) { contents.stream.remove(at: index) }
    }

    func xack(_ id: Int) {
        guard let index = contents.group?.pending.firstIndex(where: { $0.id == id }) else { return }
        contents.group?.pending.remove(at: index)
    }

    func entry(_ id: Int) -> StreamEntry? { contents.stream.first { $0.id == id } }

    func pendingCount(of consumer: Int) -> Int { contents.group?.pending.count { $0.consumer == consumer } ?? 0 }

    /// Jobs in one of the three places between which they move.
    func held(at place: Int) -> [Int] {
        switch place {
        case 0: contents.parked.flatMap { $0.map(\.job) }
        case 1: contents.stream.map(\.copy.job)
        default: contents.later.map(\.job)
        }
    }

    /// `XGROUP CREATE … 0 MKSTREAM`, as the client does it after NOGROUP.
    func ensureGroup() {
        if contents.group == nil { contents.group = Contents.Group() }
    }

    // MARK: Losing

    func sync() { synced = contents }

    func loseEverything() {
        audit.redisLost(starts: contents.starts.map(\.job))
        contents = Contents()
        synced = contents
    }

    func loseTail() {
        audit.redisLost(starts: contents.starts.map(\.job))
        contents = synced
    }

    func loseGroup() { contents.group = nil }

    /// A second entry of a copy that the stream holds.
    func duplicate(at index: Int, isMarked: Bool) {
        var copy = contents.stream[index % contents.stream.count].copy
        if isMarked { copy.marks.insert(.seen) }
        audit.appended(copy.job)
        xadd(copy)
    }
}
