import NIOCore

/// How long a call may take: as the caller said it, for errors, and as the instant at which it ends. Made once, when the call
/// begins, and passed down, so that steps share it.
struct TimeLimit {
    let duration: TimeAmount
    let deadline: NIODeadline

    init(_ duration: Duration, from now: NIODeadline = .now()) {
        self.duration = TimeAmount(duration)
        self.deadline = now + self.duration
    }
}

extension CommandRequest {
    /// A request of one command. Throws `.protocol` for a command too large to send.
    convenience init(_ command: RedisCommand, limit: TimeLimit) throws(RedisError) {
        var bytes = ByteBufferAllocator().buffer(capacity: 128)
        try CommandFormatter.append(command, to: &bytes)
        self.init(label: command.name, bytes: bytes, commandCount: 1, deadline: limit.deadline, timeout: limit.duration)
    }
}

extension Reply {
    /// The reply to a single command, an error reply thrown.
    func single(of command: String) throws(RedisError) -> RedisValue {
        let value: RedisValue? =
            switch self {
            case .one(let value): value
            case .many(let values): values.first
            }
        switch value {
        case .error(let text): throw RedisError(serverReply: text, command: command)
        case .some(let value): return value
        case nil: throw RedisError(.protocol, "no reply", command: command)
        }
    }
}
