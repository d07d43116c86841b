import Redis

extension Queue {
    /// Performs a planned read of entries that no worker has seen, waiting up to `block` for the first where it is one that blocks.
    /// - Parameter lanes: those of the plan.
    func perform(
        _ read: ReadPlan.Read, over lanes: [Lane] = Lane.all, worker: String, block: Duration, on connection: RedisBlockingConnection
    ) async throws -> ReadEntries {
        var found = ReadEntries()
        switch read {
        case .together(let count):
            let reply = try await connection.send(
                RedisCommand("XREADGROUP", arguments: blocking(over: lanes, count: count, worker: worker, block: block)),
                timeout: block + .seconds(5))
            for stream in reply.array ?? [] {
                guard case .array(let pair) = stream, pair.count == 2, let lane = lane(of: pair[0]) else { continue }
                found.add(pair[1].array ?? [], from: lane)
            }
        case .shared(let shares):
            let replies = try await client.pipeline(
                shares.map {
                    RedisCommand(
                        "XREADGROUP", "GROUP", .string(QueueKeys.group), .string(worker), "COUNT", .integer($0.count), "STREAMS",
                        .string(keys.lane($0.lane)), ">")
                })
            for (share, reply) in zip(shares, replies) {
                if case .error(let text) = reply { throw RedisError(serverReply: text, command: "XREADGROUP") }
                found.add(reply.array?.first?.array?.last?.array ?? [], from: share.lane)
            }
        }
        return found
    }

    private func blocking(over lanes: [Lane], count: Int, worker: String, block: Duration) -> [RedisArgument] {
        var arguments: [RedisArgument] = [
            "GROUP", .string(QueueKeys.group), .string(worker), "COUNT", .integer(count), "BLOCK", .integer(max(1, block.milliseconds)), "STREAMS",
        ]
        for lane in lanes { arguments.append(.string(keys.lane(lane))) }
        for _ in lanes { arguments.append(">") }
        return arguments
    }

    private func lane(of key: RedisValue) -> Lane? {
        key.string.flatMap { $0.hasPrefix(keys.base + ":") ? Lane(name: $0.dropFirst(keys.base.count + 1)) : nil }
    }
}
