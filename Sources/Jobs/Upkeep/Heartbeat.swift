import Foundation
import Logging
import Redis
import Synchronization

/// Beats for this worker in one partition, from before its first read until it has handed back what it had, and notes who
/// stopped beating. It does nothing else, so that nothing it finds can make it late.
struct Heartbeat: Sendable {
    let queue: Queue
    let worker: UUID
    let lease: Duration
    let dead: DeadWorkers
    let draining: Signal
    /// Raised when nothing is this worker's any more.
    let ended: Signal
    let clock: any Clock<Duration>
    let logger: Logger

    func run() async {
        var observer = Lease(length: lease)
        var pause = lease / 4
        repeat {
            do {
                let beats = try await queue.beat(worker: worker)
                pause = .milliseconds(observer.pause(now: beats.now, beats: beats.workers))
                let silent = observer.observed(now: beats.now, beats: beats.workers).filter { $0 != worker }
                if !draining.isRaised { dead.note(silent) }
            } catch {
                observer.lostSight()
                pause = lease / 4
                if !ended.isRaised {
                    logger.warning("no heartbeat was possible", metadata: ["partition": "\(queue.partition)", "error": "\(error)"])
                }
            }
        } while await ended.isQuiet(for: pause, clock: clock)
    }
}

/// Workers that were found dead and whose jobs are still to be taken over.
final class DeadWorkers: Sendable {
    private struct State {
        var found: [UUID] = []
        var news = Signal()
    }

    private let state = Mutex(State())

    /// Raised when there is one that was not taken yet.
    var news: Signal { state.withLock(\.news) }

    func note(_ workers: [UUID]) {
        let news = state.withLock { state -> Signal? in
            state.found += workers.filter { !state.found.contains($0) }
            return state.found.isEmpty ? nil : state.news
        }
        news?.raise()
    }

    func take() -> [UUID] {
        state.withLock { state in
            defer { state = State() }
            return state.found
        }
    }
}
