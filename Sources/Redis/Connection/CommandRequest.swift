import NIOCore
import Synchronization

/// What a caller gets: one reply, or the replies of a pipeline.
enum Reply: Sendable {
    case one(RedisValue)
    case many([RedisValue])
}

/// One caller's commands, formatted, with the caller that waits for them.
///
/// The caller may leave (cancellation, any thread) while the event loop writes or answers. Whoever takes the continuation out of the
/// state first resumes it; the other finds nothing. So each caller is resumed exactly once.
final class CommandRequest: Sendable, PipelinedRequest {
    typealias Continuation = CheckedContinuation<Reply, any Error>

    private enum State {
        case created
        case unsent(Continuation)
        case sent(Continuation)
        case finished
    }

    /// The caller's continuation, taken out, and whether the bytes were written before that.
    struct Departure {
        let continuation: Continuation?
        let wasSent: Bool
    }

    /// The command's name for errors; `pipeline of 3` for several.
    let label: String
    let bytes: ByteBuffer
    let commandCount: Int
    var byteCount: Int { bytes.readableBytes }
    let deadline: NIODeadline
    let timeout: TimeAmount
    private let state = Mutex<State>(.created)

    init(label: String, bytes: ByteBuffer, commandCount: Int, deadline: NIODeadline, timeout: TimeAmount) {
        self.label = label
        self.bytes = bytes
        self.commandCount = commandCount
        self.deadline = deadline
        self.timeout = timeout
    }

    /// Takes the caller in. False if the caller left before it could wait; then its continuation is resumed here.
    func begin(_ continuation: Continuation) -> Bool {
        let isWaiting = state.withLock { state in
            guard case .created = state else { return false }
            state = .unsent(continuation)
            return true
        }
        if !isWaiting { continuation.resume(throwing: cancelled(mayHaveExecuted: false)) }
        return isWaiting
    }

    func claim() -> Bool {
        state.withLock { state in
            guard case .unsent(let continuation) = state else { return false }
            state = .sent(continuation)
            return true
        }
    }

    var isAbandoned: Bool {
        state.withLock { state in
            if case .finished = state { true } else { false }
        }
    }

    /// Takes the caller out; nil if it has gone already.
    func detach() -> Departure? {
        state.withLock { state in
            defer { state = .finished }
            switch state {
            case .created: return Departure(continuation: nil, wasSent: false)
            case .unsent(let continuation): return Departure(continuation: continuation, wasSent: false)
            case .sent(let continuation): return Departure(continuation: continuation, wasSent: true)
            case .finished: return nil
            }
        }
    }

    func cancelled(mayHaveExecuted: Bool) -> RedisError {
        RedisError(.cancelled, "the calling task was cancelled", command: label, mayHaveExecuted: mayHaveExecuted)
    }
}
