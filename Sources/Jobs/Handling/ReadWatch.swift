import Synchronization

/// Since when each partition waits for a read to succeed: what a worker's readiness looks at.
///
/// A blocking read returns within its block time, empty or not. A pool that hears nothing for much longer is stuck, whatever
/// the reason (a half-open socket, a server that answers nothing), and must not look healthy. A pool without room does not
/// read and is not stuck.
final class ReadWatch: Sendable {
    private let since = Mutex<[QueuePartition: ContinuousClock.Instant]>([:])

    /// A read is wanted. One that failed and is tried again goes on waiting from where it began.
    func wanted(_ partition: QueuePartition, now: ContinuousClock.Instant = .now) {
        since.withLock { since in
            if since[partition] == nil { since[partition] = now }
        }
    }

    /// A read succeeded, or none is wanted any more.
    func settled(_ partition: QueuePartition) {
        since.withLock { since in _ = since.removeValue(forKey: partition) }
    }

    /// Partitions that have waited for longer than `patience`, in a stable order.
    func stuck(for patience: Duration, now: ContinuousClock.Instant = .now) -> [QueuePartition] {
        since.withLock { since in since.filter { now - $0.value > patience }.keys.sorted { $0.description < $1.description } }
    }
}
