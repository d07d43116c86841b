import Postgres

/// A worker that goes on must not lose what it has shown to a database that is restarting.
enum Persistence {
    /// Times that something is tried.
    private static let tries = 6

    /// Does what may be done twice until it succeeds, while the database is away.
    ///
    /// - Throws: the last error; `CancellationError`.
    static func persisting<R: Sendable>(on clock: any Clock<Duration>, _ body: @Sendable () async throws -> R) async throws -> R {
        var pause = Duration.milliseconds(100)
        for _ in 1..<tries {
            do {
                return try await body()
            } catch let error as PostgresError where error.isRetryable || error.commitUnknown {
                try Task.checkCancellation()
                try await clock.sleep(for: pause)
                pause *= 2
            }
        }
        return try await body()
    }
}
