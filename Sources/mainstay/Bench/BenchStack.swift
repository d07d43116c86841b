import Foundation
import Jobs
import Logging
import Postgres
import Redis

/// The stores that the benchmark's protocol names (`REDIS_URL`, `PGHOST`, `PGPORT`, `PGUSER`, `PGDATABASE`), with the
/// engine's tables beside the benchmark's: `ops/bench-program` makes them.
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
        self.configuration = JobsConfiguration()
    }
}
