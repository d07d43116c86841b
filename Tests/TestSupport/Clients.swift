import Logging
package import Postgres
package import Redis

/// Runs `body` with a pool, and closes it afterwards, whatever happens.
package func withPool<R: Sendable>(
    _ url: String, size: Int = 4, configure: (inout PostgresConfiguration) -> Void = { _ in },
    _ body: @Sendable (PostgresPool) async throws -> R
) async throws -> R {
    var configuration = try PostgresConfiguration(url: url)
    configure(&configuration)
    return try await PostgresPool.with(configuration, size: size, logger: Logger(label: "test.postgres"), body)
}

/// Runs `body` with a client that is in its `run()` for just as long.
package func withRedis<R: Sendable>(
    _ url: String, connections: Int = 1, configure: (inout RedisConfiguration) -> Void = { _ in },
    _ body: @Sendable (RedisClient) async throws -> R
) async throws -> R {
    var configuration = try RedisConfiguration(url: url)
    configure(&configuration)
    let client = RedisClient(configuration: configuration, connections: connections, logger: Logger(label: "test.redis"))
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await client.run() }
        defer { group.cancelAll() }
        return try await body(client)
    }
}
