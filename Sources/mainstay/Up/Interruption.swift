import UnixSignals

/// SIGINT and SIGTERM as the end of a piece of work, so that there is a time to clear away after it.
enum Interruption {
    /// Runs `body`, or cancels it at the first of these signals.
    /// - Returns: nil when it was interrupted; its own `CancellationError` is no error then.
    static func orResult<R: Sendable>(of body: @escaping @Sendable () async throws -> R) async throws -> R? {
        try await withThrowingTaskGroup(of: R?.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await body() }
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { break }
                return nil
            }
            return try await group.next() ?? nil
        }
    }
}
