import NIOCore
import Synchronization

/// Beats for the open streams of a process, each once an interval: one task for all of them, which sleeps until the next is due.
///
/// A task of each stream's own would cost it some kilobytes, and there are thousands that are idle.
package final class SSEHeartbeats: Sendable {
    private struct State {
        /// In the order in which they are due, with those that have ended since.
        var queue: [(id: UInt64, due: Duration)] = []
        var beats: [UInt64: @Sendable () -> Void] = [:]
        var lastID: UInt64 = 0
        var isRunning = false
    }

    private let interval: Duration
    /// Since this was made.
    private let now: @Sendable () -> Duration
    private let sleep: @Sendable (_ until: Duration) async throws -> Void
    private let state = Mutex(State())

    /// 15 s, below the idle time-outs of the usual proxies (nginx and AWS: 60 s).
    package static let process = SSEHeartbeats(interval: .seconds(15), clock: ContinuousClock())

    package init<C: Clock>(interval: Duration, clock: C) where C.Duration == Duration {
        self.interval = interval
        let start = clock.now
        now = { start.duration(to: clock.now) }
        sleep = { try await clock.sleep(until: start.advanced(by: $0), tolerance: nil) }
    }

    /// Calls `beat` once an interval, for the first time after the first, until it is removed.
    /// - Returns: what ``remove(_:)`` takes.
    func add(_ beat: @escaping @Sendable () -> Void) -> UInt64 {
        let due = due()
        let (id, isFirst) = state.withLock { state in
            defer { state.isRunning = true }
            state.lastID += 1
            state.beats[state.lastID] = beat
            state.queue.append((state.lastID, due))
            return (state.lastID, !state.isRunning)
        }
        // Detached: it is nobody's, least of all the first stream's. It ends with the last.
        if isFirst { Task.detached { await self.run() } }
        return id
    }

    func remove(_ id: UInt64) {
        _ = state.withLock { $0.beats.removeValue(forKey: id) }
    }

    private func run() async {
        while let due = state.withLock({ state in
            state.isRunning = !state.queue.isEmpty
            return state.queue.first?.due
        }) {
            try? await sleep(due)
            for beat in take() { beat() }
        }
    }

    /// Those that are due, which are due again an interval later.
    private func take() -> [@Sendable () -> Void] {
        let (now, next) = (now(), due())
        return state.withLock { state in
            let due = state.queue.prefix { $0.due <= now }.filter { state.beats[$0.id] != nil }
            state.queue.removeFirst(state.queue.prefix { $0.due <= now }.count)
            state.queue += due.map { ($0.id, next) }
            return due.compactMap { state.beats[$0.id] }
        }
    }

    /// When those are due that begin now: to a hundredth of the interval, so that those that began together are woken together.
    private func due() -> Duration {
        let step = max(1, TimeAmount(interval).nanoseconds / 100)
        return .nanoseconds((TimeAmount(now() + interval).nanoseconds + step - 1) / step * step)
    }
}
