extension RedisCommand {
    /// The key by which a cluster finds the command's node; nil for a command that has none and may go to any node.
    ///
    /// All keys of a command must lie in one slot, so the first tells it.
    var key: RedisArgument? {
        let name = self.name.uppercased()
        switch name {
        case "EVALSHA", "EVAL", "EVALSHA_RO", "EVAL_RO", "FCALL", "FCALL_RO":
            return number(at: 1) == 0 ? nil : argument(2)
        case "XREADGROUP": return behindStreams(from: 3)
        case "XREAD": return behindStreams(from: 0)
        case "XINFO", "XGROUP", "OBJECT", "MEMORY", "BITOP": return argument(1)
        case "LMPOP", "ZMPOP", "SINTERCARD", "ZUNION", "ZINTER", "ZDIFF", "ZINTERCARD": return argument(1)
        case "BLMPOP", "BZMPOP", "MIGRATE": return argument(2)
        default: return Self.withoutKey.contains(name) ? nil : argument(0)
        }
    }

    /// Whether the command is a script, which may look at keys that it does not name.
    var isScript: Bool {
        switch name.uppercased() {
        case "EVALSHA", "EVAL", "EVALSHA_RO", "EVAL_RO", "FCALL", "FCALL_RO": true
        default: false
        }
    }

    /// Whether the command speaks of all the keys of a server. On a node of a cluster it sees a part of them, so that an answer from
    /// any one node would be wrong without saying so.
    var isOfOneServer: Bool {
        ["SCAN", "KEYS", "DBSIZE", "RANDOMKEY", "FLUSHALL", "FLUSHDB", "SWAPDB"].contains(name.uppercased())
    }

    private static let withoutKey: Set<String> = [
        "PING", "ECHO", "TIME", "INFO", "CONFIG", "CLIENT", "CLUSTER", "COMMAND", "ACL", "AUTH", "HELLO", "SELECT", "ROLE", "SCRIPT", "FUNCTION",
        "SCAN", "KEYS", "DBSIZE", "RANDOMKEY", "FLUSHALL", "FLUSHDB", "SWAPDB", "PUBLISH", "PUBSUB", "SUBSCRIBE", "PSUBSCRIBE", "UNSUBSCRIBE",
        "PUNSUBSCRIBE", "MULTI", "EXEC", "DISCARD", "UNWATCH", "ASKING", "READONLY", "READWRITE", "WAIT", "WAITAOF", "SAVE", "BGSAVE",
        "BGREWRITEAOF", "LASTSAVE", "LATENCY", "SLOWLOG", "MODULE", "MONITOR", "REPLICAOF", "SLAVEOF", "FAILOVER", "SHUTDOWN", "QUIT", "RESET",
        "LOLWUT", "DEBUG",
    ]

    private func argument(_ index: Int) -> RedisArgument? {
        arguments.indices.contains(index) ? arguments[index] : nil
    }

    private func number(at index: Int) -> Int? {
        switch argument(index) {
        case .integer(let value): value
        case .string(let text): Int(text)
        case .bytes(let bytes): Int(String(decoding: bytes, as: UTF8.self))
        case nil: nil
        }
    }

    /// The first key of a read from streams. A group or a consumer may be called `STREAMS` too, so the search begins behind them.
    private func behindStreams(from start: Int) -> RedisArgument? {
        guard start < arguments.count else { return nil }
        for index in start..<arguments.count {
            if case .string(let word) = arguments[index], word.uppercased() == "STREAMS" { return argument(index + 1) }
        }
        return nil
    }
}
