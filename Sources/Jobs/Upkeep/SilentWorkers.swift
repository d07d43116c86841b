import Foundation
import Logging
import Redis

/// Declares workers dead that PostgreSQL takes for living and of whom Redis knows nothing.
///
/// Else a death is found by a heartbeat that is old (`Lease`). Whoever was killed when Redis then lost its beats, or died before its first
/// one, has none: its row would say for ever that it runs. It has no jobs either, for a name that has entries has a beat (`beat.lua`).
///
/// **Who it is.** Registered for longer than `age`, with no beat in any partition of its queues, be it an old one, and no report; seen twice,
/// with a silence in between. Each worker that reaches Redis renews its report once a second, and a report stands for 15 s.
///
/// **A flush is not a death.** Right after it nobody has a beat or a report. So a key is set before the first look and must still stand after
/// the second, beside the reports: then Redis has lost nothing since, and whoever told anything in all that time would have been seen.
///
/// | Redis | verdict |
/// |---|---|
/// | knows nothing of the worker for 15 s | dead |
/// | was flushed before the first look | alive: it has told something by the second |
/// | is flushed between the looks | nobody is dead: the key is gone |
/// | is away, or refuses an answer | nobody is dead: an error |
///
/// **A wrong verdict is harmless**, as in `Lease`: the worker commits nothing more and begins anew under another id. It can hit one that
/// reaches PostgreSQL and has not reached Redis for as long.
struct SilentWorkers: Sendable {
    let workers: WorkerStore
    let redis: RedisClient
    let configuration: JobsConfiguration
    let clock: any Clock<Duration>
    let logger: Logger

    /// Younger rows are left alone: far longer than any start takes, and short for who looks at the list.
    static let age = Duration.seconds(3600)
    /// Workers that are asked for at once.
    static let page = 200
    /// Workers that a round declares dead, about: what a crash loop left is gone after some rounds.
    static let most = 1000

    /// As long as the slower of the two signs of life takes to come again.
    private var silence: Duration { max(Reporter.expiry, configuration.lease) }

    /// - Returns: those that were declared dead.
    /// - Throws: whatever a store throws, and `CancellationError`. Of those who were not declared dead by then nothing is known.
    func declareDead() async throws -> [UUID] {
        let watch = FleetKeys(prefix: configuration.prefix).watch(.version7())
        _ = try await redis.send(RedisCommand("SET", .string(watch), 1, "PX", .integer(silence.milliseconds * 4)))
        var found: [WorkerStore.Living] = []
        var last = UUID(high: 0, low: 0)
        while found.count < Self.most {
            let living = try await workers.living(for: Self.age, after: last, most: Self.page)
            found += try await silent(among: living)
            guard living.count == Self.page, let end = living.last else { break }
            last = end.id
        }
        guard !found.isEmpty else { return [] }
        try await clock.sleep(for: silence)
        var still: [WorkerStore.Living] = []
        for start in stride(from: 0, to: found.count, by: Self.page) {
            still += try await silent(among: Array(found[start..<min(start + Self.page, found.count)]))
        }
        // After the looks: what was lost before it is seen here.
        guard try await redis.send(RedisCommand("EXISTS", .string(watch))).integer == 1 else { return [] }
        var dead: [UUID] = []
        for worker in still where try await workers.markDead(worker.id) { dead.append(worker.id) }
        if !dead.isEmpty {
            logger.notice(
                "workers of whom nothing is heard were declared dead",
                metadata: ["workers": "\(dead.prefix(20).map(\.lowercased).joined(separator: " "))", "count": "\(dead.count)"])
        }
        return dead
    }

    /// Those of whom Redis holds neither a report nor a beat.
    private func silent(among living: [WorkerStore.Living]) async throws -> [WorkerStore.Living] {
        guard !living.isEmpty else { return [] }
        let fleet = FleetKeys(prefix: configuration.prefix)
        let names = living.map { RedisArgument.string($0.id.lowercased) }
        var commands = [RedisCommand("MGET", arguments: living.map { RedisArgument.string(fleet.report($0.id)) })]
        for partition in Set(living.flatMap(\.queues)).flatMap({ configuration.partitions(of: $0) }) {
            let beats = configuration.queue(partition, on: redis).keys.beats
            commands.append(RedisCommand("ZMSCORE", arguments: [.string(beats)] + names))
        }
        var heard: Set<UUID> = []
        for (command, reply) in zip(commands, try await redis.pipeline(commands)) {
            if case .error(let text) = reply { throw RedisError(serverReply: text, command: command.name) }
            guard let values = reply.array, values.count == living.count else {
                throw RedisError(.protocol, "the reply is no array of \(living.count)", command: command.name)
            }
            for (worker, value) in zip(living, values) where !value.isNull { heard.insert(worker.id) }
        }
        return living.filter { !heard.contains($0.id) }
    }
}
