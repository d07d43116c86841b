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

/// Every Redis key of the engine but those of `FleetKeys`. Nowhere else is a key written.
///
/// All keys of a partition carry one hash tag, `{tickets/0}`, so that each script touches one slot of a cluster.
///
/// | key | type | holds |
/// |---|---|---|
/// | `…:ready:<class>` | stream | what workers read of workspaces that hold few jobs; `<class>` is high, normal or low |
/// | `…:bulk:<class>:<0…3>` | stream | what workers read of the others; bounded by the window |
/// | `…:parked:<class>:<flow>` | list | jobs that may not go on yet: header, body, header, body … |
/// | `…:ring:<class>` | list | flows with parked jobs that may go on, by turns |
/// | `…:blocked` | sorted set | `<class> <flow>` whose gate is shut, by the ms at which to look again |
/// | `…:waiting:<gate>` | sorted set | `<class> <flow>` that want the next slot of a gate |
/// | `…:slots:<gate>` | sorted set | `<lane> <entry>` in workers' hands or before them, of a workspace or key with a limit |
/// | `…:rate:<gate>` | string | ms until which a limit of jobs a second is used up |
/// | `…:limits`, `…:limits:digest` | hash, string | workspace → its limits, and which state of PostgreSQL this is |
/// | `…:held` | hash | class and workspace → jobs in lanes and lists |
/// | `…:later` | sorted set | job id by due time in ms: retries and delayed jobs |
/// | `…:later:jobs` | hash | job id → header and body packed |
/// | `…:failures` | hash | job id → last failure of a job that will be tried again |
/// | `…:starters` | hash | job id → who began it alone after a crash, or a run that may be there twice: a word each |
/// | `…:beats` | sorted set | worker id by time of its last heartbeat in ms |
/// | `…:totals` | hash | held, parked, acknowledged, retried, dead: counters for the measures |
/// | `…:epoch`, `…:epoch:server` | strings | the identity that the relay gave this Redis's data, and the server that it was given on |
/// | `…:accepted:<job>` | string | of stream kinds: workspace, kind and time, until PostgreSQL knows the job |
/// | `…:idempotency:<workspace>:<key>` | string | of stream kinds: digest and job id |
///
/// A flow is a workspace, or `<workspace>/<key>` with the key's limits; a gate is the name of what is limited.
struct QueueKeys: Sendable, Hashable {
    let base: String

    init(prefix: String, partition: QueuePartition) {
        self.base = "\(prefix):{\(partition.queue)/\(partition.index)}"
    }

    func lane(_ lane: Lane) -> String { "\(base):\(lane.name)" }
    /// Where the jobs of a quiet partition lie.
    var ready: String { lane(.ready(.normal)) }
    func ring(_ priority: JobPriority) -> String { "\(base):ring:\(priority.rawValue)" }
    func parked(_ priority: JobPriority, flow: String) -> String { "\(base):parked:\(priority.rawValue):\(flow)" }
    var blocked: String { base + ":blocked" }
    var held: String { base + ":held" }
    var later: String { base + ":later" }
    var laterJobs: String { base + ":later:jobs" }
    var failures: String { base + ":failures" }
    var beats: String { base + ":beats" }
    var epoch: String { base + ":epoch" }
    func accepted(_ job: String) -> String { "\(base):accepted:\(job)" }

    /// The consumer group of every lane.
    static let group = "workers"
}
