/// What waits in a partition or a queue at one moment. Unknown is a thrown error and never a zero.
public struct Backlog: Sendable, Equatable {
    /// Entries of the ready stream, those that a worker holds included.
    public var ready = 0
    /// Of `ready`: delivered to a worker, not yet acknowledged.
    public var running = 0
    public var parked = 0
    /// Delayed jobs and retries.
    public var later = 0
    /// Since the oldest entry of the ready stream that no worker has was appended; nil when there is none.
    public var oldestAge: Duration?
    /// Since Redis began to count, which a flush restarts: for rates, not for audits.
    public var acknowledged = 0
    public var retried = 0
    public var dead = 0
    /// Workers whose heartbeat stands in the partition.
    public var workers = 0

    public init() {}

    /// Jobs that are accepted here and not finished.
    public var total: Int { ready + parked + later }

    /// Seconds to empty at a rate of jobs a second; nil when the rate is not known or nothing drains.
    public func drainTime(perSecond rate: Double?) -> Duration? {
        guard total > 0 else { return .zero }
        guard let rate, rate > 0 else { return nil }
        return .seconds(Double(total) / rate)
    }

    public static func + (left: Backlog, right: Backlog) -> Backlog {
        var sum = left
        sum.ready += right.ready
        sum.running += right.running
        sum.parked += right.parked
        sum.later += right.later
        sum.acknowledged += right.acknowledged
        sum.retried += right.retried
        sum.dead += right.dead
        // The same workers beat in every partition.
        sum.workers = max(left.workers, right.workers)
        sum.oldestAge = [left.oldestAge, right.oldestAge].compactMap { $0 }.max()
        return sum
    }
}
