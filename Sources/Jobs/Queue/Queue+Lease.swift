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
        let reply = try await client.evaluate(
            QueueScripts.beat, keys: [keys.beats, keys.ready],
            arguments: [.string(worker.lowercased), .integer(clockOffset.milliseconds), .string(QueueKeys.group)])
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
    /// - Returns: the entries in their wire form, and whether the dead worker has none left and was removed.
    func claim(from dead: UUID, to owner: UUID) async throws -> (items: [RedisValue], gone: Bool) {
        try await healingGroup {
            let reply = try await client.evaluate(
                QueueScripts.claim, keys: [keys.ready, keys.beats],
                arguments: [.string(QueueKeys.group), .string(dead.lowercased), .string(owner.lowercased), 500])
            let words = reply.array ?? []
            return (words.first?.array ?? [], words.count > 1 && words[1].integer == 1)
        }
    }

    /// The ids of entries that were delivered to `worker` and not acknowledged, the oldest first; at most 10,000.
    func pending(of worker: UUID) async throws -> [String] {
        try await healingGroup {
            let reply = try await client.send(
                RedisCommand("XPENDING", .string(keys.ready), .string(QueueKeys.group), "-", "+", 10_000, .string(worker.lowercased)))
            return (reply.array ?? []).compactMap { $0.array?.first?.string }
        }
    }

    /// Entries by their ids, in their wire form; those that are gone are left out.
    func entries(_ ids: [String]) async throws -> [RedisValue] {
        let replies = try await client.pipeline(ids.map { RedisCommand("XRANGE", .string(keys.ready), .string($0), .string($0)) })
        return replies.flatMap { $0.array ?? [] }
    }

    /// Removes a worker that stopped in good order. False when entries are still pending for it.
    func leave(worker: UUID) async throws -> Bool {
        try await healingGroup {
            try await client.evaluate(
                QueueScripts.leave, keys: [keys.ready, keys.beats], arguments: [.string(QueueKeys.group), .string(worker.lowercased)]
            ).integer == 1
        }
    }
}
