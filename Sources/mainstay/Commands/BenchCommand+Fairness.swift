import ArgumentParser
import Foundation
import Jobs
import Logging
import Postgres
import Redis

extension BenchCommand {
    /// `mainstay bench fairness`: one workspace in another's flood.
    struct Fairness: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "fairness",
            abstract: "Measure how long a few jobs of one workspace take while another one floods the queue.",
            discussion: """
                Starts private servers and workers. Each run times the few jobs alone, then behind a flood that was accepted before them;
                a fair engine needs about twice the time, for it gives each of the two workspaces half.

                EXAMPLES
                  mainstay bench fairness
                  mainstay bench fairness --flood 1000000 --few 100 --json
                  mainstay bench fairness --job-ms 5        handlers that wait for something, one job a transaction
                """)

        @OptionGroup var output: OutputOptions
        @Option(help: "Jobs of the workspace that floods.") var flood = 100_000
        @Option(help: "Jobs of the other one.") var few = 100
        @Option(help: "How many workers, each a process.") var workers = 2
        @Option(help: "Measurements; medians are shown.") var runs = 3
        @Option(help: "Milliseconds that a job takes beside its row; with 0 jobs go in batches.") var jobMs = 0

        func validate() throws {
            guard (1...10_000_000).contains(flood), (1...100_000).contains(few) else {
                throw ValidationError("--flood takes 1 to 10000000, --few 1 to 100000")
            }
            guard (1...16).contains(workers), (1...1000).contains(runs) else { throw ValidationError("--workers takes 1 to 16, --runs 1 to 1000") }
            guard (0...10_000).contains(jobMs) else { throw ValidationError("--job-ms takes 0 to 10000") }
        }

        func run() async throws {
            let bench = FairnessBench(flood: flood, few: few, workers: workers, runs: runs, jobMilliseconds: jobMs)
            output.print(FairnessBench.table(try await bench.run()))
        }
    }

    /// One of its workers.
    struct FairnessWorker: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "fairness-worker", abstract: "Work for a fairness benchmark until SIGTERM.", shouldDisplay: false)

        @Option(help: "First word of the keys in Redis.") var prefix: String
        @Option(help: "Milliseconds that a job takes beside its row; with 0 jobs go in batches.") var jobMs = 0
        @Option(help: "The benchmark's folder, by which its processes are known.") var stack: String?

        func run() async throws {
            var logger = Logger(label: "mainstay.bench")
            logger.logLevel = .warning
            let environment = ProcessInfo.processInfo.environment
            let redis = RedisClient(configuration: try RedisConfiguration(url: environment["MAINSTAY_REDIS_URL"] ?? ""), logger: logger)
            let database = try PostgresConfiguration(url: environment["MAINSTAY_DATABASE_URL"] ?? "")
            // As `mainstay work` has it.
            let pool = PostgresPool(configuration: database, size: 6, logger: logger)
            var configuration = JobsConfiguration()
            configuration.prefix = prefix
            var registry = HandlerRegistry()
            if jobMs > 0 {
                registry.register(effect: BenchSlowHandler<StreamWay>(count: BenchCount(), pause: .milliseconds(jobMs)))
            } else {
                registry.register(batch: BenchRowHandler<StreamWay>(count: BenchCount()))
            }
            try await Worker.work(registry, pool, redis, configuration, logger)
        }
    }
}
