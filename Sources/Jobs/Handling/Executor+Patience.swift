import Foundation
import Logging
import Postgres

/// What to do while a store is away, and whether it is.
extension Executor {
    /// Repeats an operation while its store is away.
    /// - Returns: nil when the worker was asked to leave meanwhile.
    /// - Throws: `JobError(.brokenOff)` or `(.tooSlow)` when it failed too often while PostgreSQL answered others; what the operation
    ///   throws otherwise. Of Redis nobody else is asked: its operations wait for as long as it takes.
    func patiently<R>(_ what: String, _ operation: () async throws -> R) async throws -> R? {
        var patience = Patience()
        while true {
            do {
                return try await operation()
            } catch  where Failure(error) == .storeUnavailable {
                logger.debug("waiting for a store", metadata: ["for": "\(what)", "error": "\(error)"])
                guard await draining.isQuiet(for: patience.pause(), clock: clock) else { return nil }
                if await answersOthers(after: error), let failure = patience.failed(with: error, on: what) { throw failure }
            }
        }
    }

    /// Whether PostgreSQL answers on another connection, and work that failed with `error` may itself be the cause.
    func answersOthers(after error: any Error) async -> Bool {
        guard let error = error as? PostgresError, error.mayBeOfTheWork else { return false }
        return (try? await outcomes.pool.query(.unscoped, "select 1", timeout: .seconds(5))) != nil
    }

    /// A run that had not begun to act outside found a store away: it comes again later, for a run cannot be repeated in place, and no
    /// attempt is counted. The third time in one attempt that it broke off while PostgreSQL answered others, the attempt has failed.
    func putOff(_ entry: Entry, _ error: any Error, policy: RetryPolicy, in queue: Queue) async throws {
        let isAway = !(await answersOthers(after: error))
        if !isAway {
            let attempt = entry.envelope.attempt
            let history = await failureNote(of: entry, in: queue)?.history ?? []
            let earlier = history.filter { $0.attempt == attempt && $0.code == Failure.brokenOff }.count
            if earlier + 1 >= Patience.most {
                let failure = JobError(
                    .brokenOff, subject: entry.envelope.kind, message: "it broke off \(earlier + 1) times while PostgreSQL answered others",
                    cause: error)
                return try await settle(entry, Failure(failure), failure, policy: policy, in: queue)
            }
        }
        try await postpone(
            entry, nextAttempt: entry.envelope.attempt, after: .seconds(Double.random(in: 1...10)),
            code: isAway ? "store_unavailable" : Failure.brokenOff, error: error, in: queue)
    }
}
