import Directory
import Hummingbird
import Jobs
import LocalStack
import Logging
import Postgres
import Redis
import ServiceLifecycle
import Web
import Workspaces

/// The ingress as `mainstay serve` runs it, as far as agents are concerned, in this process and at a port of its own.
struct DirectoryBenchIngress: Sendable {
    /// With a token of the default workspace, which forks.
    let client: APIClient
    private let directory: Directory
    private let redis: RedisClient
    private let database: DirectoryBenchDatabase

    /// Runs it for the length of `body`.
    static func with<R: Sendable>(
        _ database: DirectoryBenchDatabase, _ body: @escaping @Sendable (DirectoryBenchIngress) async throws -> R
    ) async throws -> R {
        let logger = database.servers.logger
        let token = try await FirstToken.ensure(nil, databaseURL: database.serverURL)
        let port = try FreePort.next()
        // As many connections as `serve` has by default.
        let pool = try database.pool(6)
        let redis = try database.servers.redis()
        let producer = JobProducer(pool: pool, redis: redis, configuration: database.jobs, queues: Features.queues, logger: logger)
        let workspaces = Workspaces(pool: pool, multiUser: false, logger: logger)
        let directory = Directory(pool: pool, producer: producer)
        let responder = WebResponder(
            authenticator: workspaces.authenticator,
            features: workspaces.routes(producer: producer) + [AgentRoutes(pool: pool).routes, directory.routes],
            pages: try DirectoryBenchPages.routes(pool: pool, producer: producer, workspaces: workspaces),
            options: .init(problems: ProblemMapping.table, accessLog: .debug))
        let application = Application(
            responder: responder, configuration: .init(address: .hostname("127.0.0.1", port: port), serverName: nil), logger: logger)
        let ingress = DirectoryBenchIngress(
            client: APIClient(url: "http://127.0.0.1:\(port)", token: token), directory: directory, redis: redis, database: database)
        return try await database.servers.run([pool, redis, workspaces.authenticator, producer, application]) {
            try await ingress.waitUntilReady()
            return try await body(ingress)
        }
    }

    private func waitUntilReady() async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while (try? await client.raw(.get, "/openapi.json", timeout: .seconds(2))) == nil {
            guard ContinuousClock.now < deadline else { throw BenchFault.servicesEnded }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Requests of anybody for these paths, one after the other.
    func target(_ paths: [String]) -> LoadGenerator.Target {
        LoadGenerator.Target(url: client.url + "/", paths: paths)
    }

    /// Runs one worker of the directory's jobs for the length of `body`, with connections of its own, as if it were a process.
    func withWorker<R: Sendable>(_ body: @escaping @Sendable () async throws -> R) async throws -> R {
        var registry = HandlerRegistry()
        directory.register(in: &registry)
        let pool = try database.pool(4)
        let worker = Worker(
            name: "bench", registry: registry, pool: pool, redis: redis, configuration: database.jobs, logger: database.servers.logger)
        return try await database.servers.run([pool, worker], body)
    }
}
