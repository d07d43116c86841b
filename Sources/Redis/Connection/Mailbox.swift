import Synchronization

/// Where callers on any thread leave requests for one event loop: what gathers while the loop is busy is its next write.
///
/// The first request in an empty mailbox asks for one task on the loop; those that come before the task runs ride along. It is the
/// group commit of writes: under load, many callers share one wake-up, one copy and one `write`.
///
/// It also counts what is outstanding, waiting or in flight, and refuses what exceeds the bound.
final class Mailbox: Sendable {
    private struct Content {
        var requests: [CommandRequest] = []
        var isClosed = false
    }

    enum Placement {
        /// The caller must schedule one collection on the event loop.
        case first
        /// A collection is on its way.
        case joined
        case closed
    }

    private let content = Mutex(Content())
    private let commands = Atomic<Int>(0)
    private let bytes = Atomic<Int>(0)
    private let maximumCommands: Int
    private let maximumBytes: Int

    init(maximumCommands: Int, maximumBytes: Int) {
        self.maximumCommands = maximumCommands
        self.maximumBytes = maximumBytes
    }

    /// How many commands wait for replies.
    var outstanding: Int { commands.load(ordering: .relaxed) }

    /// Takes room for a request. Throws `.overloaded` if there is none. Whoever takes room must see that ``release(_:)`` is called once.
    func reserve(_ request: CommandRequest) throws(RedisError) {
        let count = commands.add(request.commandCount, ordering: .relaxed).newValue
        let size = bytes.add(request.byteCount, ordering: .relaxed).newValue
        guard count <= maximumCommands, size <= maximumBytes else {
            release(request)
            throw RedisError(
                .overloaded,
                "\(count - request.commandCount) commands of \(size - request.byteCount) bytes wait for replies on this connection"
                    + " (bounds: \(maximumCommands) commands, \(maximumBytes) bytes)",
                command: request.label)
        }
    }

    /// Gives the room of a request back: it was answered, it failed, or it was never sent.
    func release(_ request: CommandRequest) {
        commands.subtract(request.commandCount, ordering: .relaxed)
        bytes.subtract(request.byteCount, ordering: .relaxed)
    }

    func put(_ request: CommandRequest) -> Placement {
        content.withLock { content in
            guard !content.isClosed else { return .closed }
            content.requests.append(request)
            return content.requests.count == 1 ? .first : .joined
        }
    }

    /// Takes all that has gathered and leaves the caller's empty array in its place, so that two arrays grow once and take turns.
    func collect(into requests: inout [CommandRequest]) {
        content.withLock { swap(&$0.requests, &requests) }
    }

    /// Refuses everything from now on; what is in the mailbox stays to be collected.
    func close() {
        content.withLock { $0.isClosed = true }
    }
}
