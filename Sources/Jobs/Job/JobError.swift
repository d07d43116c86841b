/// An error that knows when another attempt makes sense: a provider's `Retry-After`, a quota's reset.
public protocol RetryAdvice: Error {
    /// Nil where it does not know.
    var retryAfter: Duration? { get }
}

extension Duration {
    /// A retry's delay, stretched to what the error that caused it asks for, an hour at most: longer than that no header is
    /// believed.
    func stretched(by error: any Error) -> Duration {
        guard let asked = (error as? any RetryAdvice)?.retryAfter else { return self }
        return max(self, min(asked, .seconds(3600)))
    }
}

/// Why the engine did not take, find or finish a job.
public struct JobError: RetryAdvice, Sendable, CustomStringConvertible {
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String {
            case idempotencyMismatch, inFlight, unavailable, backlogFull, workspaceBacklogFull, payloadTooLarge, unknownKind, invalidPayload, fenced,
                unfinishedRun, tooSlow, brokenOff, refused, timedOut, notTransactional, laterVersion
        }
        private let value: Value
        public var description: String { value.rawValue }

        /// The Idempotency-Key was used before, for something else.
        public static let idempotencyMismatch = Code(value: .idempotencyMismatch)
        /// The same request is being accepted at this moment.
        public static let inFlight = Code(value: .inFlight)
        /// A store that acceptance needs is away. Nothing was accepted, unless ``JobError/mayBeAccepted`` says otherwise.
        public static let unavailable = Code(value: .unavailable)
        /// The queue is over its bound. Nothing was accepted.
        public static let backlogFull = Code(value: .backlogFull)
        /// The workspace holds as many jobs of the queue as one may. Nothing was accepted; other workspaces' jobs are.
        public static let workspaceBacklogFull = Code(value: .workspaceBacklogFull)
        public static let payloadTooLarge = Code(value: .payloadTooLarge)
        /// No handler of this worker serves the kind; one of another release may.
        public static let unknownKind = Code(value: .unknownKind)
        /// A later release made the payload, and this one cannot read it.
        public static let laterVersion = Code(value: .laterVersion)
        public static let invalidPayload = Code(value: .invalidPayload)
        /// This worker was declared dead; its jobs belong to another.
        public static let fenced = Code(value: .fenced)
        /// A run handler returned without `RunContext.finish`.
        public static let unfinishedRun = Code(value: .unfinishedRun)
        /// A transaction ran into its deadline several times while the server answered others.
        public static let tooSlow = Code(value: .tooSlow)
        /// Work on PostgreSQL broke off several times while the server answered others: each time it broke its own connection, had no
        /// memory, or lost a deadlock.
        public static let brokenOff = Code(value: .brokenOff)
        /// What was asked for cannot be: the caller has to ask otherwise.
        public static let refused = Code(value: .refused)
        /// A handler took longer than its limit; nothing of it was committed.
        public static let timedOut = Code(value: .timedOut)
        /// A job cannot be enqueued in this transaction: its kind is accepted by Redis alone, or the transaction is none of the
        /// engine's.
        public static let notTransactional = Code(value: .notTransactional)
    }

    public let code: Code
    /// The kind, queue or key that it is about.
    public let subject: String
    public let message: String
    /// When trying again makes sense; nil where it never will.
    public let retryAfter: Duration?
    public let cause: (any Error)?
    /// Of `.unavailable`: the job was handed to a store whose answer was lost, so it may be accepted, and run. To ask again makes a
    /// second job of it, but under the same Idempotency-Key or id.
    public let mayBeAccepted: Bool

    public init(
        _ code: Code, subject: String, message: String, retryAfter: Duration? = nil, cause: (any Error)? = nil, mayBeAccepted: Bool = false
    ) {
        self.code = code
        self.subject = subject
        self.message = message
        self.retryAfter = retryAfter
        self.cause = cause
        self.mayBeAccepted = mayBeAccepted
    }

    public var description: String {
        var text = "\(code) (\(subject)): \(message)"
        if let cause { text += "; caused by \(cause)" }
        return text
    }
}
