import Foundation
import Jobs
import LocalStack
import Logging
import Postgres
import Redis
import ServiceLifecycle

/// Counts what jobs cost that can be counted: commands, scripts, round trips, commits, bytes of the log, allocations.
///
/// Jobs of one kind are accepted while no worker runs, then worked off while nobody produces, so that each figure belongs to
/// one side. The worker's clock stands (``StillClock``) and its batches are small, so that what it does once weighs little.
struct BudgetRun: Sendable {
    let jobs: Int
    /// Jobs in a batch.
    let batch: Int

    /// Callers that accept at the same time: enough that a group commit has somebody to gather.
    static let callers = 500

    /// - Returns: what was found, by the name of the figure.
    /// - Throws: `BenchFault`; `LocalStackError` when the servers do not start.
    func run() async throws -> [BudgetFigure: Double] {
        try await BenchServers.with(.test) { servers in
            try await BenchTable.make(at: servers.endpoints.ownerURL, servers)
            // A rewrite in the middle would make the log shorter.
            _ = try await servers.ask([RedisCommand("CONFIG", "SET", "auto-aof-rewrite-percentage", 0)])
            var found = try await measured(StreamWay.self, "stream", servers)
            found.merge(try await measured(LedgerWay.self, "ledger", servers)) { $1 }
            return found
        }
    }

    /// What two moments have to say: the difference is what lies between them.
    private struct Moment {
        let redis: RedisCounts
        let traffic: (trips: Int, commits: Int)
        let allocations: Int?

        init(_ servers: BenchServers, _ pool: PostgresPool) async throws {
            redis = try await RedisCounts.take(from: servers)
            traffic = pool.traffic
            allocations = AllocationCount.now
        }
    }

    private func measured<Way: BenchWay>(_ way: Way.Type, _ name: String, _ servers: BenchServers) async throws -> [BudgetFigure: Double] {
        var settings = JobsConfiguration()
        settings.prefix = "budget"
        settings.batchSize = batch
        // None is parked: a job that is costs more, and how many are is a matter of settings.
        settings.window = jobs * 2 + 1000
        settings.backlogBound = jobs * 4 + 1000
        let configuration = settings
        let redis = try servers.redis()
        let producing = try servers.pool(6)
        let working = try servers.pool(4)

        return try await servers.run([redis, producing, working]) {
            // Connections, statements and scripts are there before anything is counted, and the relay has compared Redis with the ledger.
            try await accept(way, 200, from: 0, redis, producing, configuration, servers)
            try await workOff(way, 200, redis, working, configuration, servers, untilRelayed: true)

            let start = try await Moment(servers, producing)
            try await accept(way, jobs, from: 200, redis, producing, configuration, servers)
            let accepted = try await Moment(servers, producing)
            let idle = try await Moment(servers, working)
            let batches = try await workOff(way, jobs, redis, working, configuration, servers)
            let done = try await Moment(servers, working)
            return figures(name, "accept", start, accepted, batches: nil).merging(figures(name, "drain", idle, done, batches: batches)) { $1 }
        }
    }

    private func accept<Way: BenchWay>(
        _ way: Way.Type, _ jobs: Int, from first: Int, _ redis: RedisClient, _ pool: PostgresPool, _ configuration: JobsConfiguration,
        _ servers: BenchServers
    ) async throws {
        let producer = JobProducer(pool: pool, redis: redis, configuration: configuration, queues: [Way.kind.queue], logger: servers.logger)
        try await servers.run([producer]) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for caller in 0..<min(Self.callers, jobs) {
                    group.addTask {
                        for number in stride(from: caller, to: jobs, by: Self.callers) {
                            _ = try await producer.accept(
                                BenchRow<Way>(number: first + number), workspace: BenchTicket.workspace(first + number))
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    /// Runs a worker until it was handed all of them and has settled what it had in its hands.
    ///
    /// - Parameter untilRelayed: also until its relay has looked at the whole ledger, which the next worker's would do else.
    /// - Returns: how many batches it took.
    @discardableResult
    private func workOff<Way: BenchWay>(
        _ way: Way.Type, _ jobs: Int, _ redis: RedisClient, _ pool: PostgresPool, _ configuration: JobsConfiguration, _ servers: BenchServers,
        untilRelayed: Bool = false
    ) async throws -> Int {
        let count = BenchCount()
        var registry = HandlerRegistry()
        registry.register(batch: BenchRowHandler<Way>(count: count))
        let worker = Worker(
            name: "budget", registry: registry, pool: pool, redis: redis, configuration: configuration, clock: StillClock(), logger: servers.logger)
        try await servers.run([worker]) {
            let deadline = ContinuousClock.now + .seconds(180)
            while count.jobs < jobs {
                guard ContinuousClock.now < deadline else { throw BenchFault.miscounted("\(count.jobs) of \(jobs) jobs were begun within 180 s") }
                try await Task.sleep(for: .milliseconds(5))
            }
            let epoch = RedisCommand("GET", "\(configuration.prefix):{\(Way.kind.queue)/0}:epoch")
            while untilRelayed {
                // Redis shows it first: a worker that leaves in between leaves the look to the next one.
                let recorded = try await pool.query(.role(.upkeep), Self.epoch, Way.kind.queue).first?.decode("epoch", as: String.self)
                if let recorded, try await redis.send(epoch).string == recorded { break }
                guard ContinuousClock.now < deadline else { throw BenchFault.miscounted("the relay did not look within 180 s") }
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        let left = try await JobAdministration(pool: pool, redis: redis, configuration: configuration).backlog(of: Way.kind.queue)
        guard count.jobs == jobs, left.total == 0 else {
            throw BenchFault.miscounted("\(jobs) jobs were accepted, \(count.jobs) handed to the handler, \(left.total) are left")
        }
        return count.batches
    }

    private static let epoch: SQL = """
        -- read the epoch that the relay has recorded
        select epoch::text from partition_epochs where queue = $1 and partition = 0
        """

    /// - Parameter batches: of the worker; nil where jobs are accepted, which is told by the hundred jobs.
    private func figures(_ kind: String, _ phase: String, _ from: Moment, _ to: Moment, batches: Int?) -> [BudgetFigure: Double] {
        let jobs = Double(self.jobs)
        let (unit, units) = batches.map { ("batch", Double($0)) } ?? ("100_jobs", jobs / 100)
        func figure(_ name: String) -> BudgetFigure { BudgetFigure("\(kind).\(phase).\(name)") }
        // `to.redis` counts from `from` on: each moment sets the counters back.
        var found = [
            figure("redis_commands_per_job"): Double(to.redis.commands) / jobs,
            figure("redis_scripts_per_\(unit)"): Double(to.redis.scripts) / units,
            figure("postgres_trips_per_\(unit)"): Double(to.traffic.trips - from.traffic.trips) / units,
            figure("postgres_commits_per_\(unit)"): Double(to.traffic.commits - from.traffic.commits) / units,
            figure("log_bytes_per_job"): Double(to.redis.logBytes - from.redis.logBytes) / jobs,
        ]
        if batches != nil { found[figure("redis_reads_per_batch")] = Double(to.redis.reads) / units }
        if let before = from.allocations, let after = to.allocations {
            found[figure("allocations_per_job.\(BudgetFigure.build)")] = Double(after - before) / jobs
        }
        return found
    }
}
