package import Jobs
package import Logging
package import Postgres
package import Redis
package import ServiceLifecycle
package import Web

/// Inference: runs, their providers, and the log that clients follow.
///
/// What `mainstay` composes: routes and a ``hub`` for the ingress; a handler and ``control`` for workers. Both services must be running
/// while routes or handlers are used; the Redis clients and pools are the caller's.
package struct Inference: Sendable {
    /// What an operator may set. Each default says why where it is declared.
    package struct Configuration: Sendable {
        package var providers: [ProviderConfiguration]
        package var log: RunLogPolicy
        /// A run may take this long; 15 minutes is more than any answer needs, and ends one that a provider drips for ever.
        package var limit: Duration
        /// A client may take this long for results of its tools; 10 minutes are enough for a person who is asked, and less than ``limit``.
        package var toolWait: Duration
        /// A client that heard nothing for so long has its run's end looked for in PostgreSQL, every second time.
        package var silence: Duration

        package init(
            providers: [ProviderConfiguration] = [], log: RunLogPolicy = RunLogPolicy(), limit: Duration = .seconds(900),
            toolWait: Duration = .seconds(600), silence: Duration = .seconds(10)
        ) {
            self.providers = providers
            self.log = log
            self.limit = limit
            self.toolWait = toolWait
            self.silence = silence
        }
    }

    private let configuration: Configuration
    private let producer: JobProducer
    private let providers: Providers
    private let agents: any AgentLookup
    private let store: RunStore
    private let memories: MemoryStore
    private let setup: InferenceSetup?
    private let log: RunLog
    private let eventHub: RunEventHub
    private let clock: any Clock<Duration>
    private let logger: Logger

    /// The ingress's: keeps the one connection from which all event streams are served.
    package var hub: any Service { eventHub }
    /// The workers': brings cancellations to running runs.
    package let control: RunControl

    /// - Parameters:
    ///   - runLog: The Redis of the run logs; it may be one without a file.
    ///   - producer: Accepts runs; its `run()` is the caller's.
    ///   - agents: ``AgentCharacterStore`` over `pool` when nil.
    ///   - setup: Keys, tools and budgets of workspaces; without it they have none.
    package init(
        configuration: Configuration, pool: PostgresPool, runLog: RedisClient, producer: JobProducer, providers: Providers,
        agents: (any AgentLookup)? = nil, setup: InferenceSetup? = nil, clock: any Clock<Duration> = ContinuousClock(), logger: Logger
    ) {
        self.configuration = configuration
        self.producer = producer
        self.providers = providers
        self.agents = agents ?? AgentCharacterStore(pool: pool)
        self.setup = setup
        self.clock = clock
        self.logger = logger
        store = RunStore(pool: pool)
        memories = MemoryStore(pool: pool)
        log = RunLog(redis: runLog, policy: configuration.log)
        eventHub = RunEventHub(log: log, heartbeat: configuration.silence, clock: clock, logger: logger)
        control = RunControl(log: log, store: store, clock: clock, logger: logger)
    }

    /// `/v1/runs…`, `/v1/memories…`, the contract of run events and the endpoints of other APIs, with their descriptions.
    package var routes: APIRoutes {
        let runs = RunRoutes(
            producer: producer, directory: providers.directory, agents: agents, store: store, log: log, hub: eventHub,
            reader: RunReader(store: store, log: log, producer: producer, burial: burial, logger: logger), setup: setup)
        var routes = runs.routes
        CompatibleRoutes(runs: runs).add(to: &routes)
        MemoryRoutes(store: memories, agents: agents).add(to: &routes)
        ContractRoutes().add(to: &routes)
        return routes
    }

    /// Serves `run.execute`.
    package func register(in registry: inout HandlerRegistry) {
        registry.register(run: execution)
    }

    /// What every worker does beside its handlers.
    package var periodicTasks: [any PeriodicTask] {
        [LostRuns(burial: burial)]
    }

    var execution: RunExecution {
        RunExecution(
            providers: providers, planner: planner, store: store, memories: memories, setup: setup, log: log, control: control,
            limit: configuration.limit, toolWait: configuration.toolWait, clock: clock, logger: logger)
    }

    private var burial: RunBurial { RunBurial(store: store, log: log, planner: planner, setup: setup, logger: logger) }

    private var planner: RunPlanner {
        RunPlanner(directory: providers.directory, agents: agents, memories: memories, tools: setup?.tools)
    }

    /// The run log's Redis answers. It only warns: without it runs wait and finished ones are still read.
    package var healthChecks: [HealthCheck] {
        [
            HealthCheck("run-log") { [log] in
                do {
                    _ = try await log.redis.send(RedisCommand("PING"), timeout: .milliseconds(800))
                    return .pass
                } catch {
                    return .init(.warn, "The Redis of the run logs does not answer; event streams are late.")
                }
            }
        ]
    }
}
