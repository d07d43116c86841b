/// What the engine must know of a sort of work before it sees one.
///
/// ```swift
/// static let kind = JobKind(name: "ticket.create", queue: "tickets", acceptance: .ledger, outcome: .ownTable)
/// ```
public struct JobKind: Sendable, Hashable {
    /// When the producer is answered, and what the job then survives.
    public enum Acceptance: String, Sendable, Hashable {
        /// Answered after a row is committed in PostgreSQL. Survives the loss of Redis: a relay appends it again.
        case ledger
        /// Answered after the append to a Redis that syncs its log on every write. Survives a kill of any process, not
        /// the loss of Redis's disk; 503 while Redis is away.
        case stream
    }

    /// Where the one outcome of a finished job lies.
    public enum OutcomePlace: String, Sendable, Hashable {
        /// A row in `outcomes`, written by the engine in the handler's transaction.
        case outcomes
        /// The row that the handler writes in its own table, keyed by the job's id (`on conflict do nothing`); the
        /// view `finished_jobs` shows it. Failures still go to `outcomes`, and a lock that batches of the kind share keeps the
        /// two apart.
        case ownTable
    }

    /// Dotted and lower-case: `ticket.create`.
    public let name: String
    /// Of the payload; raised when its shape changes, and then `JobPayload.upcast` reads the older ones.
    public let version: Int
    public let queue: String
    public let acceptance: Acceptance
    public let outcome: OutcomePlace
    public let retry: RetryPolicy
    /// A job that is older than this is not begun any more and becomes a dead letter with code `expired`; nil for never. The age
    /// counts from the acceptance, or from the last replay.
    public let expiry: Duration?
    /// Whether a wish to cancel a job of this kind is granted. False for what the installation owes to itself; producers are told of
    /// such kinds (`uncancellable`), and refuse the wish.
    public let isCancellable: Bool
    /// The class of its jobs, unless the producer says another.
    public let priority: JobPriority

    public init(
        name: String, version: Int = 1, queue: String, acceptance: Acceptance, outcome: OutcomePlace = .outcomes,
        retry: RetryPolicy = RetryPolicy(), expiry: Duration? = nil, isCancellable: Bool = true, priority: JobPriority = .normal
    ) {
        self.name = name
        self.version = version
        self.queue = queue
        self.acceptance = acceptance
        self.outcome = outcome
        self.retry = retry
        self.expiry = expiry
        self.isCancellable = isCancellable
        self.priority = priority
    }
}
