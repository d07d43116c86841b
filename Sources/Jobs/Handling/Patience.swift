import Postgres

/// How work is repeated whose store seems to be away, and when it has failed by itself: who breaks off again and again while the
/// store answers others is no victim of an outage.
///
/// | it failed | the store answers others | then |
/// |---|---|---|
/// | once or twice | yes | again: somebody killed a backend, or there was a deadlock |
/// | the third time | yes | the work fails |
/// | however often | no | again, after 5 s at most, and nothing is counted |
struct Patience: Sendable {
    /// Failures of work whose store answers others.
    static let most = 3

    private var failures = 0
    private var timeouts = 0
    private var wait = Duration.milliseconds(100)

    /// Before the next try: 100 ms at first, twice as long each time, 5 s at most.
    mutating func pause() -> Duration {
        defer { wait = min(wait * 2, .seconds(5)) }
        return wait
    }

    /// The work failed with `error`, and the store answered somebody else after that.
    /// - Parameter subject: the kind, or what was asked.
    /// - Returns: what the work has failed with; nil when it is to be tried again.
    mutating func failed(with error: any Error, on subject: String) -> JobError? {
        failures += 1
        if (error as? PostgresError)?.code == .timeout { timeouts += 1 }
        guard failures >= Self.most else { return nil }
        return timeouts == failures
            ? JobError(.tooSlow, subject: subject, message: "it ran into its deadline \(failures) times", cause: error)
            : JobError(.brokenOff, subject: subject, message: "it broke off \(failures) times while PostgreSQL answered others", cause: error)
    }
}
