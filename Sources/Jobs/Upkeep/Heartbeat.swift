import Foundation
import Logging
import Redis
import Synchronization

/// Beats for this worker in one partition, from before its first read to after its last acknowledgement, and notes who
/// stopped beating. It does nothing else, so that nothing it finds can make it late.
struct Heartbeat: Sendable {
    let queue: Queue
    let worker: UUID
    let lease: Duration
    let dead: DeadWorkers
    let draining: Signal
    /// Raised when nothing of this worker is under way any more.
    let ended: Signal
    let clock: any Clock<Duration>
    let logger: Logger

    func run() async {
        var observer = Lease(length: lease)
        repeat {
            do {
                let beats = try await queue.beat(worker: worker)
                let silent = observer.observed(now: beats.now, beats: beats.workers).filter { $0 != worker }
                if !draining.isRaised { dead.note(silent) }
            } catch {
                observer.lostSight()
                if !ended.isRaised {
                    logger.warning("no heartbeat was possible", metadata: ["partition": "\(queue.partition)", "error": "\(error)"])
                }
            }
        } while await ended.isQuiet(for: lease / 4, clock: clock)
    }
}

/// Workers that were found dead and whose jobs are still to be taken over.
final class DeadWorkers: Sendable {
    private let found = Mutex<[UUID]>([])

    func note(_ workers: [UUID]) {
        found.withLock { found in found += workers.filter { !found.contains($0) } }
    }

    func take() -> [UUID] {
        found.withLock { found in
            defer { found = [] }
            return found
        }
    }
}
