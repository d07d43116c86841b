import NIOCore
import Synchronization

/// Carries frames from a stream's producers to the one task that owns the response's writer.
///
/// A producer waits until its frame has been written: at most one frame is in flight and each producer has at most one
/// more, so a client that reads slowly slows its producer and costs no memory.
final class SSEPipe: Sendable {
    private enum Waiter: Sendable {
        case producer(CheckedContinuation<Void, any Error>)
        case writer(CheckedContinuation<ByteBuffer?, any Error>)
    }

    private struct State {
        var order = StateMachine<ByteBuffer, Waiter>()
        /// Why the stream was cut.
        var failure: (any Error)?
    }

    private let state = Mutex(State())

    /// Why the stream was cut; nil for one that goes on, or has come to its end.
    var failure: (any Error)? { state.withLock(\.failure) }

    // MARK: Producers

    /// Returns when the bytes have been handed to the connection.
    /// - Throws: `CancellationError`, also when the stream has ended.
    func send(_ buffer: ByteBuffer) async throws {
        let id = state.withLock { $0.order.makeID() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let action = state.withLock { state -> StateMachine<ByteBuffer, Waiter>.OfferAction in
                    // A cancellation is seen here, or by the handler below, which waits for this lock.
                    if Task.isCancelled { return .refuse(.producer(continuation)) }
                    return state.order.offer(buffer, id: id, waiter: .producer(continuation))
                }
                switch action {
                case .wait: break
                case .give(let frame, let waiter): Self.give(frame, to: waiter)
                case .refuse(let waiter): Self.fail(waiter)
                }
            }
        } onCancel: {
            if let waiter = state.withLock({ $0.order.withdraw(id: id) }) { Self.fail(waiter) }
        }
    }

    /// No more frames come; what was sent is still written.
    func end() {
        if let waiter = state.withLock({ $0.order.end() }) { Self.give(nil, to: waiter) }
    }

    /// Cuts the stream: nothing more is written, and the writer is told why. Only the first reason counts.
    /// - Returns: whether a write is under way, which does not hear of it: its connection is to be closed.
    func fail(_ error: any Error) -> Bool {
        let (isWriting, taker) = state.withLock { state in
            let isWriting = state.order.isWriting
            guard state.failure == nil else { return (isWriting, Waiter?.none) }
            state.failure = error
            return (isWriting, state.order.end())
        }
        if case .writer(let continuation)? = taker { continuation.resume(throwing: error) }
        return isWriting
    }

    /// Called once an interval: writes a heartbeat into silence.
    /// - Throws: ``SSEStalled`` when the client has stopped reading.
    func pulse(heartbeat: ByteBuffer, patience: Int) throws {
        switch state.withLock({ $0.order.pulse(heartbeat: heartbeat, patience: patience) }) {
        case .none: break
        case .give(let frame, let waiter): Self.give(frame, to: waiter)
        case .stalled: throw SSEStalled()
        }
    }

    // MARK: Writer

    /// The next bytes to write, nil at the end.
    /// - Throws: why the stream was cut; `CancellationError`.
    func take() async throws -> ByteBuffer? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<ByteBuffer?, any Error>) in
                let action = state.withLock { state -> Result<StateMachine<ByteBuffer, Waiter>.TakeAction, any Error> in
                    if let failure = state.failure { return .failure(failure) }
                    return Task.isCancelled ? .failure(CancellationError()) : .success(state.order.take(waiter: .writer(continuation)))
                }
                switch action {
                case .failure(let error): continuation.resume(throwing: error)
                case .success(.wait): break
                case .success(.give(let frame, let waiter)): Self.give(frame, to: waiter)
                case .success(.end(let waiter)): Self.give(nil, to: waiter)
                }
            }
        } onCancel: {
            if let waiter = state.withLock({ $0.order.withdrawTaker() }) { Self.fail(waiter) }
        }
    }

    /// The stream's beginning is being written, which nobody has sent; its end is from the moment at which ``take()`` returns nil.
    func frames(_ begins: Bool) {
        state.withLock { $0.order.frames(begins) }
    }

    /// No frame is taken any more.
    var hasEnded: Bool { state.withLock(\.order.hasEnded) }

    /// What was taken last has been written.
    func wrote() {
        if case .producer(let continuation) = state.withLock({ $0.order.wroteFrame() }) { continuation.resume() }
    }

    // MARK: Waiters (never resumed under the lock)

    private static func give(_ frame: ByteBuffer?, to waiter: Waiter) {
        switch waiter {
        case .writer(let continuation): continuation.resume(returning: frame)
        case .producer: preconditionFailure("a producer takes no frames")
        }
    }

    private static func fail(_ waiter: Waiter) {
        switch waiter {
        case .writer(let continuation): continuation.resume(throwing: CancellationError())
        case .producer(let continuation): continuation.resume(throwing: CancellationError())
        }
    }
}

/// The client has not read for so long that its stream is closed.
struct SSEStalled: Error {}

/// The server stops in the middle of a stream that nobody can resume.
struct SSEServerStopping: Error {}

/// The connection took no more bytes.
struct SSEClientGone: Error {}
