import Redis

/// A partition of a queue: the place where all keys of a set of workspaces meet.
public struct QueuePartition: Sendable, Hashable, CustomStringConvertible {
    public let queue: String
    public let index: Int

    public init(queue: String, index: Int) {
        self.queue = queue
        self.index = index
    }

    public var description: String { "\(queue)/\(index)" }
}

/// Every Redis key of the engine. Nowhere else is a key written.
///
/// All keys of a partition carry one hash tag, `{tickets/0}`, so that each script touches one slot of a cluster.
///
/// | key | type | holds |
/// |---|---|---|
/// | `…:ready:normal` | stream | what workers read; kept short by the window |
/// | `…:parked` | list | the ring of workspaces that have parked jobs |
/// | `…:parked:<workspace>` | list | jobs beyond the window, header and body packed |
/// | `…:later` | sorted set | job id by due time in ms: retries and delayed jobs |
/// | `…:later:jobs` | hash | job id → header and body packed |
/// | `…:failures` | hash | job id → last failure of a job that will be tried again |
/// | `…:alone` | hash | job id → how often it was begun alone after a crash |
/// | `…:beats` | sorted set | worker id by time of its last heartbeat in ms |
/// | `…:totals` | hash | parked, acknowledged, retried, dead: counters for the measures |
/// | `…:epoch` | string | the identity that the relay gave this Redis's data |
/// | `…:accepted:<job>` | string | of stream kinds: workspace, kind and time, until PostgreSQL knows the job |
/// | `…:idempotency:<workspace>:<key>` | string | of stream kinds: digest and job id |
struct QueueKeys: Sendable, Hashable {
    let base: String

    init(prefix: String, partition: QueuePartition) {
        self.base = "\(prefix):{\(partition.queue)/\(partition.index)}"
    }

    var ready: String { base + ":ready:normal" }
    var parked: String { base + ":parked" }
    var later: String { base + ":later" }
    var laterJobs: String { base + ":later:jobs" }
    var failures: String { base + ":failures" }
    var alone: String { base + ":alone" }
    var beats: String { base + ":beats" }
    var totals: String { base + ":totals" }
    var epoch: String { base + ":epoch" }
    func accepted(_ job: String) -> String { "\(base):accepted:\(job)" }

    /// The consumer group of every work stream.
    static let group = "workers"
}
