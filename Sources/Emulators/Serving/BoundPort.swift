import Synchronization

/// The port that a server was given, for those who wait for it.
final class BoundPort: Sendable {
    private enum State {
        case waiting([Int: CheckedContinuation<Int, any Error>])
        case known(Result<Int, any Error>)
    }

    private struct Content {
        var state = State.waiting([:])
        var last = 0
    }

    private let content = Mutex(Content())

    /// The server listens, or never will. Only the first counts.
    func settle(_ result: Result<Int, any Error>) {
        let waiters: [CheckedContinuation<Int, any Error>] = content.withLock { content in
            guard case .waiting(let waiters) = content.state else { return [] }
            content.state = .known(result)
            return Array(waiters.values)
        }
        for waiter in waiters { waiter.resume(with: result) }
    }

    /// - Throws: why the server does not listen; `CancellationError`.
    func wait() async throws -> Int {
        let id = content.withLock { content in
            content.last += 1
            return content.last
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Int, any Error>) in
                let known: Result<Int, any Error>? = content.withLock { content in
                    guard case .waiting(var waiters) = content.state else {
                        if case .known(let result) = content.state { return result }
                        return nil
                    }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    waiters[id] = continuation
                    content.state = .waiting(waiters)
                    return nil
                }
                if let known { continuation.resume(with: known) }
            }
        } onCancel: {
            let waiter: CheckedContinuation<Int, any Error>? = content.withLock { content in
                guard case .waiting(var waiters) = content.state else { return nil }
                let waiter = waiters.removeValue(forKey: id)
                content.state = .waiting(waiters)
                return waiter
            }
            waiter?.resume(throwing: CancellationError())
        }
    }
}
