import UnixSignals

/// The end of a piece of work from outside, so that there is a time to clear away after it.
enum Interruption {
    /// Runs `body`, or cancels it as soon as the interruption returns.
    ///
    /// - Parameter interruption: SIGINT or SIGTERM, unless said otherwise.
    /// - Returns: nil when it was interrupted; its own `CancellationError` is no error then.
    /// - Throws: what either of the two throws first.
    static func orResult<R: Sendable>(
        of body: @escaping @Sendable () async throws -> R,
        by interruption: @escaping @Sendable () async throws -> Void = { await Interruption.signal() }
    ) async throws -> R? {
        try await withThrowingTaskGroup(of: R?.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await body() }
            group.addTask {
                try await interruption()
                return nil
            }
            return try await group.next() ?? nil
        }
    }

    /// Returns at the first SIGINT or SIGTERM, or when the task is cancelled.
    static func signal() async {
        for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { return }
    }
}
