import ServiceLifecycle
import Synchronization

/// Tells a request's tasks that nobody waits for its answer any more.
///
/// It may be waited for several times, one after the other: before the answer's head and during its body.
final class Departure: Sendable {
    enum Reason: Error, Equatable {
        case clientLeft
        case serverStops
    }

    private struct State {
        var reason: Reason?
        var waiter: CheckedContinuation<Reason?, Never>?
    }

    private let state = Mutex(State())

    /// What happened first counts.
    func happened(_ reason: Reason) {
        let waiter: CheckedContinuation<Reason?, Never>? = state.withLock { state in
            guard state.reason == nil else { return nil }
            state.reason = reason
            let waiter = state.waiter
            state.waiter = nil
            return waiter
        }
        waiter?.resume(returning: reason)
    }

    /// Waits until it happens, or the server is asked to stop; answers why, with `CancellationError` when the task is cancelled before.
    func wait() async -> any Error {
        let reason = await withGracefulShutdownHandler {
            await firstReason()
        } onGracefulShutdown: {
            self.happened(.serverStops)
        }
        if let reason { return reason }
        return CancellationError()
    }

    /// Runs `work`, and cancels it when nobody waits for it any more.
    ///
    /// - Throws: `Reason`; what `work` throws.
    func interrupting<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await work() }
            group.addTask { throw await self.wait() }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw CancellationError() }
            return value
        }
    }

    /// Nil when the task is cancelled.
    private func firstReason() async -> Reason? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Reason?, Never>) in
                let known: Result<Reason?, Never>? = state.withLock { state in
                    if let reason = state.reason { return .success(reason) }
                    if Task.isCancelled { return .success(nil) }
                    state.waiter = continuation
                    return nil
                }
                if let known { continuation.resume(with: known) }
            }
        } onCancel: {
            let waiter: CheckedContinuation<Reason?, Never>? = state.withLock { state in
                let waiter = state.waiter
                state.waiter = nil
                return waiter
            }
            waiter?.resume(returning: nil)
        }
    }
}
