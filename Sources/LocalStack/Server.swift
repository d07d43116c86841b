/// The three servers of a stack.
package enum Server: String, Sendable, Codable, CaseIterable, CodingKeyRepresentable {
    /// The queues: durable, every write is on disk before it is answered.
    case redis
    /// The logs of streaming runs: no file at all, for what must last of a run is in PostgreSQL.
    case runLog = "run-log"
    case postgres
}

/// Ports that somebody insists on. What is nil is chosen freely, kept for the next start, and chosen anew if taken then.
package struct Ports: Sendable, Equatable {
    private var numbers: [Server: Int]

    package init(redis: Int? = nil, runLog: Int? = nil, postgres: Int? = nil) {
        numbers = [:]
        numbers[.redis] = redis
        numbers[.runLog] = runLog
        numbers[.postgres] = postgres
    }

    subscript(server: Server) -> Int? { numbers[server] }
}

/// What a stack is for.
package enum Profile: String, Sendable, Codable {
    /// For data that is to be kept: PostgreSQL's fsync is on.
    case standard
    /// For tests: PostgreSQL's fsync is off. That loses nothing when a process is killed, even with kill -9, since what it
    /// wrote is in the kernel's page cache; only a crash of the whole machine would tell the difference. Redis keeps
    /// `appendfsync always`, for its buffer is in the process and the product refuses queues without it.
    case test
}
