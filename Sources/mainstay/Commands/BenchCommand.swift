import ArgumentParser
import Foundation
import Histogram
import Jobs
import Logging
import Postgres
import Redis
import ServiceLifecycle
import UnixSignals

/// `mainstay bench`: the engine as a program of the comparison's protocol.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure the engine: one ticket of 300 bytes becomes one durable row.",
        discussion: """
            `http`, `directory`, `fairness`, `streams` and `budget` bring private servers of their own and need nothing but wrk (http and
            directory alone). The others are for a harness: their stores come from REDIS_URL and PG* variables, and the table `tickets` must exist
            in them.

            EXAMPLES
              mainstay bench http            requests a second, beside an empty route
              mainstay bench directory       listings, search, pages and forks among 100,000 agents
              mainstay bench fairness        one workspace in another's flood
              mainstay bench streams         what is added to a stream of tokens
              mainstay bench budget          commands, round trips, commits and allocations of a job
              mainstay bench bulk 100000     enqueue 100,000 jobs, many in a call
              mainstay bench worker          work until SIGTERM
              mainstay bench latency 200     acceptance to visible row, one at a time
            """,
        subcommands: [
            HTTP.self, Directory.self, Fairness.self, FairnessWorker.self, Streams.self, Budget.self, Worker.self, Produce.self, Bulk.self,
            Latency.self,
        ])

    struct Worker: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Work on the benchmark's queue until SIGTERM.")

        func run() async throws {
            let stack = try BenchStack(pool: 4)
            var registry = HandlerRegistry()
            registry.register(batch: BenchTicketHandler())
            try await Self.work(registry, stack.pool, stack.redis, stack.configuration, stack.logger)
        }

        /// Works until SIGTERM.
        static func work(
            _ registry: HandlerRegistry, _ pool: PostgresPool, _ redis: RedisClient, _ configuration: JobsConfiguration, _ logger: Logger
        ) async throws {
            let worker = Jobs.Worker(
                name: "bench", registry: registry, pool: pool, redis: redis, configuration: configuration, logger: logger)
            let group = ServiceGroup(
                configuration: .init(
                    services: [.init(service: pool), .init(service: redis), .init(service: worker)],
                    gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
            try await group.run()
        }
    }

    struct Produce: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Enqueue N jobs, one call each.")
        @Argument(help: "How many jobs.") var count: Int

        func run() async throws {
            try await BenchProducer.run(count: count, perCall: 1)
        }
    }

    struct Bulk: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Enqueue N jobs, 500 in a call.")
        @Argument(help: "How many jobs.") var count: Int
        @Option(help: "What the ids of the tickets begin with: a run that finds rows of another one needs a prefix of its own.")
        var prefix = "job"

        func run() async throws {
            try await BenchProducer.run(count: count, perCall: 500, prefix: prefix)
        }
    }

    struct Latency: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "N times: enqueue one job and poll until its row is visible.")
        @Argument(help: "How many jobs.") var count: Int

        func run() async throws {
            try await BenchProducer.latency(count: count)
        }
    }
}
