import Synchronization

/// Raised once, when someone wants the run cancelled.
final class CancelWish: Sendable {
    private let raised = Mutex(false)
    private let bell = Doorbell()

    var isRaised: Bool { raised.withLock { $0 } }

    func raise() {
        raised.withLock { $0 = true }
        bell.ring()
    }

    /// Returns when the wish is raised or the task is cancelled. One task waits.
    func wait() async {
        while !isRaised, !Task.isCancelled { await bell.wait() }
    }
}

/// What reaches a running run from outside.
final class RunSignals: Sendable {
    let cancel = CancelWish()
    /// Rings when results of tool calls were posted. One task waits.
    let results = Doorbell()
    private let waits = Mutex(false)
    private let atReturn = Mutex<(@Sendable () -> Void)?>(nil)

    /// The run waits for results: they are looked for now and then, in case that their announcement was lost.
    var isPaused: Bool { waits.withLock { $0 } }

    /// Calls `perform` whenever the log's Redis has been away and is back, perhaps without what it had.
    func onReturnOfLog(_ perform: @escaping @Sendable () -> Void) { atReturn.withLock { $0 = perform } }

    func logReturned() { atReturn.withLock(\.self)?() }

    /// Lets `body` wait for results.
    func paused<R: Sendable>(_ body: () async throws -> R) async throws -> R {
        waits.withLock { $0 = true }
        defer { waits.withLock { $0 = false } }
        return try await body()
    }
}
