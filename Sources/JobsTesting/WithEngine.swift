public import Foundation
public import Jobs
package import Logging
import Postgres
import Redis
package import ServiceLifecycle

/// Runs `body` with an engine: a producer that accepts jobs, and workers that `body` calls for.
///
/// ```swift
/// try await withEngine(handlers: { $0.register(effect: WelcomeHandler()) }) { engine in
///     let id = try await engine.accept(Welcome(name: "Ada"))
///     try await engine.drain()
///     #expect(try await engine.status(of: id)?.state == .done)
/// }
/// ```
///
/// - Parameters:
///   - redis: the URL of a Redis; a private one when nil.
///   - postgres: the URL of a migrated database, by the role that workers have; one in a private server when nil.
///   - tables: what the handlers need beside the engine's own tables, as SQL that the role `mainstay_owner` runs in the private database.
///   - queues: of kinds without a handler in `handlers`.
///   - workspace: what jobs belong to for which no other is named.
/// - Throws: what `body` throws; `TestEngineError` for tables in a database that is not private; whatever keeps the servers from starting.
public func withEngine<R: Sendable>(
    redis: String? = nil, postgres: String? = nil, tables: String = "", queues: [String] = [], workspace: UUID = .version7(),
    configure: (inout JobsConfiguration) throws -> Void = { _ in }, handlers: (inout HandlerRegistry) throws -> Void = { _ in },
    _ body: @Sendable (TestEngine) async throws -> R
) async throws -> R {
    guard tables.isEmpty || postgres == nil else { throw TestEngineError("tables are made in a private database only, not in one that is named") }
    var registry = HandlerRegistry()
    try handlers(&registry)
    var configuration = JobsConfiguration()
    configuration.prefix = "test-" + String(UInt64.random(in: .min ... .max), radix: 36)
    // A handler that hangs is to fail its test, not to hold it up.
    configuration.drainBudget = .seconds(5)
    try configure(&configuration)
    var logger = Logger(label: "jobs.testing")
    logger.logLevel = .error

    let redisURL: String
    if let redis { redisURL = redis } else { redisURL = try await PrivateServers.shared().redisURL }
    let postgresURL: String
    if let postgres { postgresURL = postgres } else { postgresURL = try await PrivateServers.shared().makeDatabase(tables: tables) }
    let engine = TestEngine(
        pool: PostgresPool(configuration: try PostgresConfiguration(url: postgresURL), size: 6, logger: logger),
        redis: RedisClient(configuration: try RedisConfiguration(url: redisURL), logger: logger), configuration: configuration,
        queues: Set(registry.queues + queues), workspace: workspace, registry: registry, logger: logger)
    return try await running([engine.pool, engine.redis, engine.producer], logger: logger) { try await body(engine) }
}

/// Runs services for the length of `body`, and stops them in reverse order.
package func running<R: Sendable>(_ services: [any Service], logger: Logger, _ body: @Sendable () async throws -> R) async throws -> R {
    let group = ServiceGroup(
        configuration: .init(services: services.map { .init(service: $0) }, gracefulShutdownSignals: [], logger: logger))
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        let result: Result<R, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        await group.triggerGracefulShutdown()
        // What the body threw is the failure to tell.
        if case .success = result { try await tasks.waitForAll() } else { try? await tasks.waitForAll() }
        return try result.get()
    }
}
