import Logging
import Redis
import Testing

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

/// The error a task ends with; none is a failure of the test.
func failure<T: Sendable>(of task: Task<T, any Error>, sourceLocation: SourceLocation = #_sourceLocation) async -> RedisError? {
    do {
        let value = try await task.value
        Issue.record("no error but \(value)", sourceLocation: sourceLocation)
        return nil
    } catch {
        guard let error = error as? RedisError else {
            Issue.record("not a RedisError: \(error)", sourceLocation: sourceLocation)
            return nil
        }
        return error
    }
}
