/// Ends a handler that takes longer than its limit: its task is cancelled, and the unit fails with `JobError(.timedOut)`, which
/// counts as an attempt and is tried again by the kind's policy. Its dead letters have the code `timed_out`.
///
/// **Nothing is left half done.** A cancelled statement is stopped on the server and the transaction rolled back. The handler is
/// waited for, so that nothing of it goes on beside the next attempt; one that does not listen to its cancellation holds up its
/// unit for as long as it likes. What it returns after its limit is not committed either. A ``RunHandler`` that has
/// finished its run before it was stopped has finished it.
///
/// The limit is for a unit: a batch that is too slow is split, and its parts have the limit anew, down to the single job. What a handler
/// only submits runs with the commit, whose limit is the database's own deadline.
public struct JobTimeoutMiddleware: JobMiddleware {
    private let limit: @Sendable (JobKind) -> Duration?
    private let clock: any Clock<Duration>

    /// The same limit for every kind.
    public init(_ limit: Duration, clock: any Clock<Duration> = ContinuousClock()) {
        self.init(clock: clock) { _ in limit }
    }

    /// - Parameter limit: of a kind; nil for none.
    public init(clock: any Clock<Duration> = ContinuousClock(), limit: @escaping @Sendable (JobKind) -> Duration?) {
        self.limit = limit
        self.clock = clock
    }

    public func handle<R: Sendable>(_ unit: JobUnit, next: @escaping @Sendable () async throws -> R) async throws -> R {
        guard let limit = limit(unit.kind) else { return try await next() }
        let (result, isLate) = await race(next, against: limit)
        guard isLate else { return try result.get() }
        var cause: (any Error)?
        if case .failure(let error) = result {
            switch Failure(error) {
            case .fenced, .alreadyFinished, .storeUnavailable, .ofOtherRelease:
                // True whatever the time.
                throw error
            case .failed(let isPermanent, _):
                if isPermanent { throw error }
                cause = error
            case .cancelled:
                break
            }
        }
        throw JobError(.timedOut, subject: unit.kind.name, message: "the handler took longer than \(limit)", cause: cause)
    }

    private enum Ending<R: Sendable>: Sendable {
        case handled(Result<R, any Error>)
        case late
        /// The handler was faster, or the task is cancelled.
        case calledOff
    }

    /// - Returns: how the handler ended, and whether its time was up before.
    private func race<R: Sendable>(
        _ handler: @escaping @Sendable () async throws -> R, against limit: Duration
    ) async -> (result: Result<R, any Error>, isLate: Bool) {
        await withTaskGroup(of: Ending<R>.self) { [clock] race in
            race.addTask {
                do { return .handled(.success(try await handler())) } catch { return .handled(.failure(error)) }
            }
            race.addTask {
                do { try await clock.sleep(for: limit) } catch { return .calledOff }
                return .late
            }
            var result: Result<R, any Error>?
            var isLate = false
            for await ending in race {
                switch ending {
                case .handled(let handled): result = handled
                case .late: isLate = result == nil
                // Asked to stop from outside: the handler hears of it by itself.
                case .calledOff: continue
                }
                race.cancelAll()
            }
            return (result ?? .failure(CancellationError()), isLate)
        }
    }
}
