import Foundation
import Jobs
import JobsTesting
import Logging
import Postgres
import Redis
import ServiceLifecycle
import TestSupport
import Testing

@testable import Inference

/// A database, two Redis clients and keys of one's own, and runs in them.
struct InferenceFixture: Sendable {
    let database: TestDatabase
    let pool: PostgresPool
    let redis: RedisClient
    let runLog: RedisClient
    let jobs: JobsConfiguration
    let configuration: Inference.Configuration
    let workspace = UUID()
    let logger: Logger

    var log: RunLog { RunLog(redis: runLog, policy: configuration.log) }
    var store: RunStore { RunStore(pool: pool) }
    var memories: MemoryStore { MemoryStore(pool: pool) }

    /// Runs `body` with the clients running.
    static func with<R: Sendable>(
        policy: (inout RunLogPolicy) -> Void = { _ in }, silence: Duration = .milliseconds(600),
        _ body: @Sendable (InferenceFixture) async throws -> R
    ) async throws -> R {
        let stack = try await TestStack.shared()
        let database = try await TestDatabase.make()
        let logger = Logger(label: "test.inference")
        var jobs = JobsConfiguration()
        jobs.prefix = TestStack.uniquePrefix()
        var log = RunLogPolicy(prefix: jobs.prefix)
        policy(&log)
        // Named, so that a test which cuts connections cuts none of its neighbours'.
        var runLog = try RedisConfiguration(url: stack.runLogURL)
        runLog.clientName = jobs.prefix
        let fixture = InferenceFixture(
            database: database,
            pool: PostgresPool(configuration: try PostgresConfiguration(url: database.serverURL), size: 4, logger: logger),
            redis: RedisClient(configuration: try RedisConfiguration(url: stack.redisURL), connections: 2, logger: logger),
            runLog: RedisClient(configuration: runLog, connections: 1, logger: logger),
            jobs: jobs, configuration: Inference.Configuration(log: log, silence: silence), logger: logger)
        return try await running([fixture.pool, fixture.redis, fixture.runLog], logger: logger) { try await body(fixture) }
    }

    /// Runs `body` with the feature, and a worker that serves it.
    ///
    /// - Parameter providers: In front of the built-in one; the first is the default.
    func withEngine<R: Sendable>(
        _ providers: [any Provider] = [], agents: any AgentLookup = NoAgents(), worker: Bool = true, limit: Duration = .seconds(60),
        toolWait: Duration = .seconds(60), setup: InferenceSetup? = nil, _ body: @Sendable (Engine) async throws -> R
    ) async throws -> R {
        let producer = JobProducer(pool: pool, redis: redis, configuration: jobs, queues: ["runs"], logger: logger)
        var configuration = configuration
        configuration.limit = limit
        configuration.toolWait = toolWait
        let directory = try ProviderDirectory(
            providers.map { ProviderConfiguration(name: $0.name, baseURL: "http://test", defaultModel: "test-model", models: ["test-model"]) })
        let inference = Inference(
            configuration: configuration, pool: pool, runLog: runLog, producer: producer,
            providers: Providers(directory: directory, providers: providers + [ScriptedProvider()]), agents: agents, setup: setup,
            logger: logger)
        let registry = {
            var registry = HandlerRegistry()
            inference.register(in: &registry)
            return registry
        }()
        var services: [any Service] = [producer, inference.hub, inference.control]
        if worker {
            services.append(Worker(name: "test", registry: registry, pool: pool, redis: redis, configuration: jobs, logger: logger))
        }
        return try await running(services, logger: logger) {
            try await body(Engine(fixture: self, inference: inference, producer: producer, registry: registry))
        }
    }

    /// A run's identity that nothing knows yet.
    func identity(workspace: UUID? = nil) -> RunIdentity {
        RunIdentity(run: .version7(), workspace: workspace ?? self.workspace, acceptedAt: Int64(Date().timeIntervalSince1970 * 1_000))
    }

    /// Ids of this fixture's connections to the run log that are subscribed to anything.
    func subscribers() async throws -> [String] {
        let list = try #require(await runLog.send(RedisCommand("CLIENT", "LIST", "TYPE", "pubsub")).string)
        return list.split(separator: "\n").filter { $0.contains(" name=\(jobs.prefix) ") }
            .compactMap { $0.split(separator: " ").first?.split(separator: "=").last.map(String.init) }
    }

    /// Cuts them, and none of its neighbours'.
    func killSubscribers() async throws {
        for id in try await subscribers() { _ = try await runLog.send(RedisCommand("CLIENT", "KILL", "ID", .string(id))) }
    }

    /// The engine has given the job of one of this workspace's runs up.
    ///
    /// - Parameter request: Nil for one that no release can read.
    func buryJob(of run: UUID, asking request: RunRequest? = nil, replayed: Bool = false) async throws {
        let body = try request.map { try JSONEncoder().encode($0) } ?? Data("{}".utf8)
        _ = try await database.psql(
            """
            insert into dead_letters (workspace_id, id, kind, version, queue, attempts, code, error, body, accepted_at, replayed_at)
            values ('\(workspace)', '\(run)', 'run.execute', \(RunRequest.kind.version), 'runs', 4, 'worker_crashed', 'e',
              decode('\(body.base64EncodedString())', 'base64'), now(), \(replayed ? "now()" : "null"));
            insert into outcomes (workspace_id, id, kind, state, attempts, error, accepted_at)
            select workspace_id, id, kind, 'dead', attempts, error, accepted_at from dead_letters where id = '\(run)' and replayed_at is null;
            """)
    }

    /// All dead jobs are owed again.
    func replayJobs() async throws {
        _ = try await database.psql("update dead_letters set replayed_at = now(); delete from outcomes where state = 'dead'")
    }

    /// The run log's Redis comes back without what it had of a run.
    func loseLog(of run: UUID) async throws {
        let keys = log.keys(run)
        _ = try await runLog.send(RedisCommand("DEL", .string(keys.log), .string(keys.meta)))
    }
}

/// A running feature.
struct Engine: Sendable {
    let fixture: InferenceFixture
    let inference: Inference
    let producer: JobProducer
    let registry: HandlerRegistry

    func accept(
        _ text: String = "Hi", model: String? = nil, agent: String? = nil, id: UUID? = nil, isAnnounced: Bool = true
    ) async throws -> UUID {
        try await accept(RunRequest(messages: [RunMessage(.user, text)], agent: agent, model: model), id: id, isAnnounced: isAnnounced)
    }

    /// - Parameter isAnnounced: To the run log, as an ingress does; before the run is accepted, so that no worker is faster.
    func accept(_ request: RunRequest, id: UUID? = nil, isAnnounced: Bool = true) async throws -> UUID {
        var identity = fixture.identity()
        if let id { identity.run = id }
        if isAnnounced { try await fixture.log.announce(identity) }
        return try await producer.accept(request, workspace: fixture.workspace, id: identity.run).id
    }

    /// The run's row once its job has an outcome.
    func finished(_ run: UUID) async throws -> Run {
        let status = try #require(await producer.wait(run, workspace: fixture.workspace, timeout: .seconds(30)))
        #expect(status.state.isFinal, "\(status.state) \(status.error ?? "")")
        return try #require(await fixture.store.run(run, workspace: fixture.workspace))
    }

    /// The log once it has its terminal event.
    func wholeLog(_ run: UUID) async throws -> [RunLogEntry] {
        var entries: [RunLogEntry] = []
        try await eventually("the log is whole") {
            entries = try await fixture.log.readAll(run)
            return entries.last?.isTerminal ?? false
        }
        return entries
    }
}

extension [RunLogEntry] {
    var events: [RunEvent] {
        get throws { try compactMap { try RunEvent(payload: $0.payload) } }
    }

    var ids: [String] { map(\.id.description) }

    var types: [String] { compactMap { RunEvent.type(ofPayload: $0.payload) } }

    var text: String {
        get throws {
            try events.reduce(into: "") { text, event in
                if case .chunk(let chunk) = event, chunk.channel == .text { text += chunk.text }
            }
        }
    }
}
