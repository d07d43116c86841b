import Foundation
import Redis

extension Queue {
    /// The server's time and everybody's last heartbeat, in milliseconds.
    struct Beats: Sendable, Equatable {
        let now: Int
        let workers: [UUID: Int]
    }

    /// Beats for `worker` and looks at the others.
    func beat(worker: UUID) async throws -> Beats {
        let reply = try await call(QueueScripts.beat, [.string(worker.lowercased)])
        guard let words = reply.array, words.count == 2, let now = words[0].integer, let list = words[1].array else {
            throw RedisError(.protocol, "beat.lua answered \(reply)")
        }
        var workers: [UUID: Int] = [:]
        for index in stride(from: 0, to: list.count - 1, by: 2) {
            if let id = list[index].string.flatMap(UUID.init(uuidString:)), let time = list[index + 1].string.flatMap(Double.init) {
                workers[id] = Int(time)
            }
        }
        return Beats(now: now, workers: workers)
    }

    /// Takes over up to 500 pending entries of a dead worker.
    /// - Returns: the entries, and whether the dead worker has none left and was removed.
    func claim(from dead: UUID, to owner: UUID) async throws -> (found: ReadEntries, gone: Bool) {
        try await healingGroup {
            let reply = try await call(QueueScripts.claim, [.string(dead.lowercased), .string(owner.lowercased), 500])
            guard let words = reply.array, words.count == 2, let taken = words[0].array else {
                throw RedisError(.protocol, "claim.lua answered \(reply)")
            }
            var found = ReadEntries()
            for pair in taken {
                guard let pair = pair.array, pair.count == 2, let lane = pair[0].string.flatMap({ Lane(name: $0) }) else { continue }
                found.add(pair[1].array ?? [], from: lane)
            }
            return (found, words[1].integer == 1)
        }
    }

    /// The entries that were delivered to `worker` and not acknowledged, in each lane the oldest first and at most 10,000.
    func pending(of worker: UUID) async throws -> [EntryKey] {
        try await healingGroup {
            let replies = try await client.pipeline(
                Lane.all.map {
                    RedisCommand("XPENDING", .string(keys.lane($0)), .string(QueueKeys.group), "-", "+", 10_000, .string(worker.lowercased))
                })
            var pending: [EntryKey] = []
            for (lane, reply) in zip(Lane.all, replies) {
                if case .error(let text) = reply { throw RedisError(serverReply: text, command: "XPENDING") }
                pending += (reply.array ?? []).compactMap { item in item.array?.first?.string.map { EntryKey(lane: lane, id: $0) } }
            }
            return pending
        }
    }

    /// Entries by their keys; those that are gone are left out.
    func entries(_ keys: [EntryKey]) async throws -> ReadEntries {
        let replies = try await client.pipeline(keys.map { RedisCommand("XRANGE", .string(self.keys.lane($0.lane)), .string($0.id), .string($0.id)) })
        var found = ReadEntries()
        for (key, reply) in zip(keys, replies) { found.add(reply.array ?? [], from: key.lane) }
        return found
    }

    /// Removes a worker that stopped in good order. False when entries are still pending for it.
    func leave(worker: UUID) async throws -> Bool {
        try await healingGroup {
            try await call(QueueScripts.leave, [.string(worker.lowercased)]).integer == 1
        }
    }
}
