import Logging
import Redis

let quiet = Logger(label: "test.redis") { _ in SwiftLogNoOpLogHandler() }

/// Runs `body` beside the client's `run()`, which is cancelled afterwards.
func withClient<R: Sendable>(
    _ configuration: RedisConfiguration, connections: Int = 1, _ body: (RedisClient) async throws -> R
) async throws -> R {
    let client = RedisClient(configuration: configuration, connections: connections, logger: quiet)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await client.run() }
        let result = try await body(client)
        group.cancelAll()
        return result
    }
}

func withClient<R: Sendable>(_ url: String, connections: Int = 1, _ body: (RedisClient) async throws -> R) async throws -> R {
    try await withClient(RedisConfiguration(url: url), connections: connections, body)
}

extension RedisConfiguration {
    /// The configuration with a short command timeout, for tests that wait for it.
    func patient(for timeout: Duration) -> RedisConfiguration {
        var copy = self
        copy.commandTimeout = timeout
        return copy
    }
}
