import Synchronization

/// A flag that is raised once and that any number of tasks may wait for. Waiting ends when it is raised or when the
/// waiting task is cancelled.
final class Signal: Sendable {
    /// Who asked to be told, until it is told or ``forget(_:)`` is called.
    struct Listener: Sendable {
        fileprivate let id: Int
    }

    private struct State {
        var isRaised = false
        var next = 0
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var listeners: [Int: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    var isRaised: Bool { state.withLock { $0.isRaised } }

    func raise() {
        let (waiters, listeners) = state.withLock { state in
            state.isRaised = true
            defer { (state.waiters, state.listeners) = ([:], [:]) }
            return (state.waiters, state.listeners)
        }
        for waiter in waiters.values { waiter.resume() }
        for tell in listeners.values { tell() }
    }

    /// Calls `tell` when the signal is raised, on whoever raises it; at once if it is. For who has no task to wait with.
    func listen(_ tell: @escaping @Sendable () -> Void) -> Listener {
        let (id, isRaised) = state.withLock { state in
            state.next += 1
            if !state.isRaised { state.listeners[state.next] = tell }
            return (state.next, state.isRaised)
        }
        if isRaised { tell() }
        return Listener(id: id)
    }

    /// The listener is told nothing more, but for what is on its way.
    func forget(_ listener: Listener) {
        state.withLock { _ = $0.listeners.removeValue(forKey: listener.id) }
    }

    func wait() async {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state in
                    // Checked under the lock: a cancellation before this point found nothing to resume.
                    if state.isRaised || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }
}

extension Signal {
    /// Waits for `duration`, or until the signal is raised or the task is cancelled: the step of every periodic loop.
    /// - Returns: true when the time passed in quiet and the loop goes on.
    func isQuiet(for duration: Duration, clock: any Clock<Duration> = ContinuousClock()) async -> Bool {
        if isRaised || Task.isCancelled { return false }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait() }
            // Cancelled when the signal comes first; the error is only that.
            group.addTask { try? await clock.sleep(for: duration) }
            await group.next()
            group.cancelAll()
        }
        return !isRaised && !Task.isCancelled
    }
}
