import Synchronization

/// A caller that waits for the server to confirm a subscription. It may be resumed by the event loop or leave by cancellation;
/// whoever comes first resumes it.
final class SubscriptionWaiter: Sendable {
    typealias Continuation = CheckedContinuation<Void, any Error>

    private enum State {
        case created
        case waiting(Continuation)
        case finished
    }

    let channel: String
    private let state = Mutex<State>(.created)

    init(channel: String) {
        self.channel = channel
    }

    /// Takes the caller in. False if it left before it could wait; then its continuation is resumed here.
    func begin(_ continuation: Continuation) -> Bool {
        let isWaiting = state.withLock { state in
            guard case .created = state else { return false }
            state = .waiting(continuation)
            return true
        }
        if !isWaiting { continuation.resume(throwing: RedisError(.cancelled, "the calling task was cancelled")) }
        return isWaiting
    }

    /// Resumes the caller. False if it had gone.
    @discardableResult
    func finish(_ result: Result<Void, RedisError>) -> Bool {
        let before = state.withLock { state in
            defer { state = .finished }
            return state
        }
        switch before {
        case .created: return true
        case .waiting(let continuation):
            continuation.resume(with: result)
            return true
        case .finished: return false
        }
    }

    var isFinished: Bool {
        state.withLock { state in
            if case .finished = state { true } else { false }
        }
    }
}
