import Foundation
import Logging
import Synchronization

/// What operators and producers ask of this worker, as it knows it: looked up twice a second, so that a wish is heard within
/// a second, and asked of memory by every batch, so that it costs a job nothing.
///
/// While PostgreSQL does not answer, what was last heard stands.
final class Controls: Sendable {
    /// A wish is heard within two of these.
    static let interval = Duration.milliseconds(400)

    private struct State {
        var wishes = ControlStore.Wishes()
        /// Raised and replaced when the queue is paused or resumed.
        var flips: [String: Signal] = [:]
        var watched: [JobName: Signal] = [:]
    }

    private let state = Mutex(State())

    /// Whether the queue is paused, and a signal that is raised when that changes.
    func pause(of queue: String) -> (isPaused: Bool, change: Signal) {
        state.withLock { state in
            let change = state.flips[queue] ?? Signal()
            state.flips[queue] = change
            return (state.wishes.paused.contains(queue), change)
        }
    }

    func isPaused(_ queue: String) -> Bool { state.withLock { $0.wishes.paused.contains(queue) } }

    /// Whether anybody wants anything cancelled: almost never, and then no entry is looked at.
    var hasCancellations: Bool { state.withLock { !$0.wishes.cancelled.isEmpty } }

    func isCancelled(_ job: JobName) -> Bool { state.withLock { $0.wishes.cancelled.contains(job) } }

    /// Watches a running job for the length of `body`.
    /// - Parameter isCancelled: it is known already that somebody wants it cancelled.
    func withWatch<R>(_ job: JobName, isCancelled: Bool, _ body: (_ cancelled: Signal) async throws -> R) async throws -> R {
        let signal = Signal()
        let isHeard = state.withLock { state in
            state.watched[job] = signal
            return state.wishes.cancelled.contains(job)
        }
        if isCancelled || isHeard { signal.raise() }
        defer {
            state.withLock { state in
                // A job that this very worker took over is watched by its newer attempt.
                if state.watched[job] === signal { state.watched[job] = nil }
            }
        }
        return try await body(signal)
    }

    /// Takes the wishes that stand now, and wakes those who wait for a change.
    func heard(_ wishes: ControlStore.Wishes) {
        let raised = state.withLock { state in
            let flipped = state.wishes.paused.symmetricDifference(wishes.paused)
            let named = wishes.cancelled.subtracting(state.wishes.cancelled)
            state.wishes = wishes
            return flipped.compactMap { state.flips.removeValue(forKey: $0) } + named.compactMap { state.watched[$0] }
        }
        for signal in raised { signal.raise() }
    }

    func run(_ store: ControlStore, until ended: Signal, clock: any Clock<Duration>, logger: Logger) async {
        repeat {
            do {
                heard(try await store.wishes())
            } catch {
                logger.debug("wishes could not be looked up", metadata: ["error": "\(error)"])
            }
        } while await ended.isQuiet(for: Self.interval, clock: clock)
    }
}
