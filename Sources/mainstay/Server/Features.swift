import BuildMemory
import Directory
import Inference
import Jobs
import Logging
import Postgres
import Redis
import ServiceLifecycle
import Support
import Web
import Workspaces

/// The only place that names all features. A new one is one line in each list below.
struct Features: Sendable {
    /// The queues that their kinds travel in.
    static let queues = ["tickets", "forks", "runs", "profiles"]

    let support: Support
    let directory: Directory
    let inference: Inference
    let buildMemory: BuildMemory
    private let agents: AgentRoutes
    private let providerClient = ProviderClient()

    init(
        pool: PostgresPool, runLog: RedisClient, producer: JobProducer, inference configuration: Inference.Configuration,
        logger: Logger
    ) throws {
        support = Support(pool: pool, producer: producer)
        directory = Directory(pool: pool, producer: producer)
        inference = try Inference(
            configuration: configuration, pool: pool, runLog: runLog, producer: producer,
            providers: Providers(configuration.providers, client: providerClient), logger: logger)
        buildMemory = BuildMemory(pool: pool, producer: producer)
        agents = AgentRoutes(pool: pool)
    }

    /// What the ingress serves.
    var routes: [APIRoutes] { [support.routes, agents.routes, directory.routes, inference.routes, buildMemory.routes] }

    /// What the ingress runs beside its routes.
    var ingressServices: [any Service] { [providerClient, inference.hub] }

    /// What workers serve.
    var registry: HandlerRegistry {
        var registry = HandlerRegistry()
        support.register(in: &registry)
        directory.register(in: &registry)
        inference.register(in: &registry)
        buildMemory.register(in: &registry)
        return registry
    }

    /// What workers run beside their handlers.
    var workerServices: [any Service] { [providerClient, inference.control] }

    /// What each worker does now and then.
    var periodicTasks: [any PeriodicTask] { support.periodicTasks + inference.periodicTasks }

    /// What the features lean on beside the stores.
    var healthChecks: [HealthCheck] { inference.healthChecks }
}

extension Settings {
    /// The providers of inference: the configured one, or none, and then the scripted one answers.
    func inference() throws -> Inference.Configuration {
        guard let url = text("provider.url") else { return Inference.Configuration() }
        return Inference.Configuration(providers: [
            ProviderConfiguration(
                name: "default", baseURL: url, key: text("provider.key").flatMap { ProviderKey($0) }, defaultModel: text("provider.model"))
        ])
    }
}
