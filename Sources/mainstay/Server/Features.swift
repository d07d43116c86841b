import BuildMemory
import Directory
import Inference
import Jobs
import Logging
import Operations
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
    /// Their kinds whose jobs nobody cancels: producers refuse the wish.
    static let uncancellable = Support.uncancellable + AgentReports.uncancellable

    let support: Support
    let directory: Directory
    let inference: Inference
    let setup: InferenceSetup
    let buildMemory: BuildMemory
    let reports: AgentReports
    private let agents: AgentRoutes
    private let plugins: PluginRoutes
    private let providerClient = ProviderClient()
    private let logger: Logger

    init(
        pool: PostgresPool, runLog: RedisClient, producer: JobProducer, inference configuration: Inference.Configuration,
        setup: InferenceSetup.Configuration = .init(),
        core: SemanticVersion? = nil, site: String? = nil, logger: Logger
    ) throws {
        support = Support(pool: pool, producer: producer)
        directory = Directory(pool: pool, producer: producer, site: site, core: core)
        reports = AgentReports(pool: pool, producer: producer)
        self.setup = InferenceSetup(configuration: setup, pool: pool, logger: logger)
        inference = try Inference(
            configuration: configuration, pool: pool, runLog: runLog, producer: producer,
            providers: Providers(configuration.providers, client: providerClient), setup: self.setup, logger: logger)
        buildMemory = BuildMemory(pool: pool, producer: producer)
        agents = AgentRoutes(pool: pool, core: core)
        plugins = PluginRoutes(pool: pool)
        self.logger = logger
    }

    /// What the ingress serves.
    var routes: [APIRoutes] {
        [support.routes, agents.routes, directory.routes, plugins.routes, inference.routes, buildMemory.routes] + setup.routes
    }

    /// What the ingress runs beside its routes.
    var ingressServices: [any Service] { [providerClient, inference.hub] }

    /// What workers serve. Handlers log and call under the trace of their job, and each call is a line at `debug`; the engine measures
    /// by itself.
    var registry: HandlerRegistry {
        var registry = HandlerRegistry(middleware: [JobTraceMiddleware(), JobLogMiddleware(logger: logger)])
        support.register(in: &registry)
        directory.register(in: &registry)
        reports.register(in: &registry)
        inference.register(in: &registry)
        buildMemory.register(in: &registry)
        return registry
    }

    /// What workers run beside their handlers.
    var workerServices: [any Service] { [providerClient, inference.control] }

    /// What each worker does now and then.
    var periodicTasks: [any PeriodicTask] { support.periodicTasks + reports.periodicTasks + inference.periodicTasks }

    /// What operators see and do: it knows the engine and none of the features, and only the ingress serves it.
    /// - Parameter secret: signs the sessions of its pages.
    static func operations(
        pool: PostgresPool, redis: RedisClient, producer: JobProducer, workspaces: Workspaces, secret: String?
    ) -> Operations {
        Operations(
            pool: pool, redis: redis, configuration: producer.configuration, producer: producer, workspaces: workspaces, queues: queues,
            problems: ProblemMapping.table, secret: secret)
    }

    /// The pages for people: only the ingress serves them.
    /// - Parameter secret: signs the sessions of a workspace's pages.
    static func pages(
        pool: PostgresPool, producer: JobProducer, workspaces: Workspaces, core: SemanticVersion?, site: String?, secret: String?, trustedProxies: Int
    ) throws -> DirectoryPages {
        try DirectoryPages(
            pool: pool, producer: producer, workspaces: workspaces, core: core, site: site, problems: ProblemMapping.table, secret: secret,
            trustedProxies: trustedProxies, peer: { $0.peer })
    }

    /// What the features lean on beside the stores.
    var healthChecks: [HealthCheck] { inference.healthChecks }
}

extension Settings {
    /// Inference with the configured providers; without any the scripted one answers.
    func inference() throws -> Inference.Configuration { Inference.Configuration(providers: try providers()) }
}
