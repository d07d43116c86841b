import ArgumentParser
import Foundation
import Hummingbird
import Jobs
import Logging
import Metrics
import Postgres
import Redis
import ServiceLifecycle
import UnixSignals
import Web
import Workspaces

/// `mainstay work`: a worker.
struct WorkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "work",
        abstract: "Run a worker: takes jobs from the queues and carries them out.",
        discussion: """
            It refuses to start where `mainstay serve` would. SIGTERM: it reads no more, finishes what it can within MAINSTAY_DRAIN_SECONDS, hands the rest back and exits 0.

            EXAMPLES
              mainstay work                          all queues
              mainstay work --queues tickets,forks   only these
            """)

    @OptionGroup var settings: SettingsOptions
    @OptionGroup var mark: StackMark
    @Option(help: "Queues to serve, separated by commas; all of them without it.") var queues: String?
    @Option(help: "The worker's name in lists, over MAINSTAY_WORKER_NAME.") var name: String?

    func run() async throws {
        let chosen = queues?.split(separator: ",").map(String.init)
        for queue in chosen ?? [] where !Features.queues.contains(queue) {
            throw ValidationError("there is no queue \"\(queue)\"; there are \(Features.queues.joined(separator: ", "))")
        }
        let settings = try await settings.load()
        try ProcessLogging.bootstrap(settings)
        DescriptorLimit.raise()
        let registry = PrometheusRegistry()
        MetricsSystem.bootstrap(registry)
        let logger = Logger(label: "mainstay.work")

        let configuration = try settings.jobs()
        let pool = PostgresPool(
            configuration: try settings.postgres(for: "work"), size: try settings.number("database.pool.size", in: 1...200), logger: logger)
        let redis = RedisClient(configuration: try settings.redis(for: "work"), logger: logger)
        try await StartCheck(pool: pool, redis: redis, logger: logger).run()
        let runLog = RedisClient(configuration: try settings.runLog(for: "work"), logger: logger)
        // Handlers and sweeps make jobs of their own.
        let producer = JobProducer(
            pool: pool, redis: redis, configuration: configuration, queues: Features.queues, uncancellable: Features.uncancellable, logger: logger)
        let features = try Features(
            pool: pool, runLog: runLog, producer: producer, inference: try settings.inference(), setup: try settings.inferenceSetup(),
            core: try settings.coreVersion(), logger: logger)
        let worker = Worker(
            name: name ?? settings.text("worker.name") ?? ProcessInfo.processInfo.hostName, registry: features.registry, pool: pool, redis: redis,
            configuration: configuration, queues: chosen,
            periodic: features.periodicTasks + [WorkspacePurge(pool: pool, logger: logger)], version: Mainstay.version, logger: logger)

        var services: [any Service] = [pool, redis, runLog, producer] + features.workerServices
        if settings.text("metrics.port") != nil {
            let port = try settings.number("metrics.port", in: 1...65535)
            let ours = [Readiness.postgres(pool), Readiness.redis(redis, isNeeded: true), Readiness.reading(worker)]
            let health = Health(checks: ours + features.healthChecks)
            let responder = WebResponder(
                authenticator: NobodyEnters(), features: [health.routes()],
                pages: [MetricsPage(registry: registry, pool: pool, producer: nil).routes],
                options: .init(accessLog: .debug))
            services.append(
                Application(
                    responder: responder, configuration: .init(address: .hostname(settings.text("http.host") ?? "127.0.0.1", port: port)),
                    logger: logger))
        }
        services.append(worker)
        var running = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        // When one of them fails the others are cancelled; one that does not hear it must not keep the process.
        running.maximumCancellationDuration = .seconds(10)
        let group = ServiceGroup(configuration: running)
        try await group.run()
        ProcessEnd.leave()
    }
}

/// A worker's own port has no route that asks who is there.
private struct NobodyEnters: Authenticator {
    func identity(bearer: String) async throws -> Identity? { nil }
}
