import Foundation
package import Postgres
package import Redis
import Synchronization

/// Looks at the whole installation: queues in Redis, workers in PostgreSQL, what they report of themselves in Redis.
///
/// One look costs two statements, one script call a partition and one MGET. Rates are taken between looks, so one reader is kept
/// and asked again and again, by one caller or by many.
package final class FleetReader: Sendable {
    private let pool: PostgresPool
    private let redis: RedisClient
    private let configuration: JobsConfiguration
    private let queues: [String]
    private let time: @Sendable () -> ContinuousClock.Instant
    private let rates = Mutex<[String: RateWindow]>([:])

    /// Rates are over so long, where looks are closer together than that.
    static let window = Duration.seconds(5)
    /// A Redis that answers no sooner is away, and what it holds is unknown.
    private static let patience = Duration.seconds(2)

    /// - Parameter queues: those to show, in this order.
    package convenience init(pool: PostgresPool, redis: RedisClient, configuration: JobsConfiguration, queues: [String]) {
        self.init(pool: pool, redis: redis, configuration: configuration, queues: queues, time: { ContinuousClock.now })
    }

    init(
        pool: PostgresPool, redis: RedisClient, configuration: JobsConfiguration, queues: [String],
        time: @escaping @Sendable () -> ContinuousClock.Instant
    ) {
        self.pool = pool
        self.redis = redis
        self.configuration = configuration
        self.queues = queues
        self.time = time
    }

    /// What is known at this moment. While Redis is away the queues are unknown and the workers silent.
    /// - Throws: when PostgreSQL does not answer: then nobody knows who belongs to the fleet.
    package func overview() async throws -> FleetOverview {
        async let backlogs = measured()
        async let paused = ControlStore(pool: pool).paused()
        let records = try await WorkerStore(pool: pool).list()
        let pauses = Dictionary(try await paused.map { ($0.queue, $0) }) { first, _ in first }
        let found = await backlogs
        // A Redis that did not tell of one queue is not waited for again.
        let isAway = found.isEmpty && !queues.isEmpty
        let reports = isAway ? [:] : await self.reports(of: records.filter(\.isLiving).map(\.id))
        let shown = queues.map { name in
            FleetOverview.Queue(name: name, backlog: found[name], perSecond: rate(of: found[name], in: name), pause: pauses[name])
        }
        return FleetOverview(
            at: Date(), queues: shown, workers: FleetOverview.workers(records, reports: reports),
            handlers: FleetOverview.handlers(Array(reports.values)))
    }

    /// The backlogs of those queues that Redis tells of.
    private func measured() async -> [String: Backlog] {
        let administration = JobAdministration(pool: pool, redis: redis, configuration: configuration)
        return await withTaskGroup(of: (name: String, backlog: Backlog?).self) { group in
            for name in queues {
                group.addTask { (name: name, backlog: await Self.promptly { try await administration.backlog(of: name) }) }
            }
            var found: [String: Backlog] = [:]
            for await (name, backlog) in group { found[name] = backlog }
            return found
        }
    }

    /// The last reports of those workers that told anything lately.
    private func reports(of workers: [UUID]) async -> [UUID: WorkerReport] {
        guard !workers.isEmpty else { return [:] }
        let keys = FleetKeys(prefix: configuration.prefix)
        let command = RedisCommand("MGET", arguments: workers.map { .string(keys.report($0)) })
        let reply = await Self.promptly { [redis] in try await redis.send(command) }
        var found: [UUID: WorkerReport] = [:]
        for (worker, value) in zip(workers, reply?.array ?? []) {
            if let bytes = value.bytes { found[worker] = WorkerReport(json: bytes) }
        }
        return found
    }

    private func rate(of backlog: Backlog?, in queue: String) -> Double? {
        let now = time()
        return rates.withLock { rates in
            guard let backlog else {
                rates[queue] = nil
                return nil
            }
            return rates[queue, default: RateWindow(length: Self.window)].looked(backlog.acknowledged, at: now)
        }
    }

    /// Nil for an error, and for what takes longer than patience lasts.
    private static func promptly<R: Sendable>(_ operation: @escaping @Sendable () async throws -> R) async -> R? {
        await withTaskGroup(of: R?.self) { race in
            race.addTask { try? await operation() }
            race.addTask {
                try? await Task.sleep(for: patience)
                return nil
            }
            let first = await race.next() ?? nil
            race.cancelAll()
            return first
        }
    }
}
