import Synchronization

/// Since when each partition waits for a read to succeed: what a worker's readiness looks at.
///
/// A blocking read returns within its block time, empty or not. A pool that hears nothing for much longer is stuck, whatever
/// the reason (a half-open socket, a server that answers nothing), and must not look healthy. A pool without room does not
/// read and is not stuck. Its express read has a socket of its own, and neither of the two speaks for the other.
final class ReadWatch: Sendable {
    private struct Reader: Hashable {
        let partition: QueuePartition
        let isExpress: Bool
    }

    private let since = Mutex<[Reader: ContinuousClock.Instant]>([:])

    /// A read is wanted. One that failed and is tried again goes on waiting from where it began.
    func wanted(_ partition: QueuePartition, isExpress: Bool = false, now: ContinuousClock.Instant = .now) {
        let reader = Reader(partition: partition, isExpress: isExpress)
        since.withLock { since in
            if since[reader] == nil { since[reader] = now }
        }
    }

    /// A read succeeded, or none is wanted any more.
    func settled(_ partition: QueuePartition, isExpress: Bool = false) {
        since.withLock { since in _ = since.removeValue(forKey: Reader(partition: partition, isExpress: isExpress)) }
    }

    /// Partitions that have waited for longer than `patience`, in a stable order.
    func stuck(for patience: Duration, now: ContinuousClock.Instant = .now) -> [QueuePartition] {
        let partitions = since.withLock { since in Set(since.filter { now - $0.value > patience }.keys.map(\.partition)) }
        return partitions.sorted { $0.description < $1.description }
    }
}
