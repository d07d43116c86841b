import Foundation
import Jobs
import Logging
import Postgres
import Redis

/// The stores that the benchmark's protocol names (`REDIS_URL`, `PGHOST`, `PGPORT`, `PGUSER`, `PGDATABASE`), with the
/// engine's tables beside the benchmark's: `ops/bench-program` makes them.
///
/// `MAINSTAY_WINDOW` and `MAINSTAY_BATCH_CONCURRENCY` mean what they mean for a worker.
///
/// The engine runs with all of its guarantees: as a role that owns nothing, under row-level security on the
/// benchmark's table too, with fence, outcomes and leases.
struct BenchStack: Sendable {
    let redis: RedisClient
    let pool: PostgresPool
    let configuration: JobsConfiguration
    let logger: Logger

    init(pool size: Int, environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        var logger = Logger(label: "mainstay.bench")
        logger.logLevel = environment["MAINSTAY_LOG_LEVEL"].flatMap { Logger.Level(rawValue: $0) } ?? .warning
        self.logger = logger
        self.redis = RedisClient(configuration: try RedisConfiguration(url: environment["REDIS_URL"] ?? "redis://127.0.0.1:6391/0"), logger: logger)
        var database = try PostgresConfiguration(environment: environment)
        database.applicationName = "mainstay bench"
        self.pool = PostgresPool(configuration: database, size: size, logger: logger)
        var configuration = JobsConfiguration()
        if let window = environment["MAINSTAY_WINDOW"].flatMap(Int.init) { configuration.window = window }
        if let units = environment["MAINSTAY_BATCH_CONCURRENCY"].flatMap(Int.init) { configuration.batchConcurrency = units }
        self.configuration = configuration
    }
}
