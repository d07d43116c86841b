public import Foundation
public import Postgres
import Synchronization

/// What a running handler may ask of the engine.
public final class RunContext: Sendable {
    public let job: UUID
    public let workspace: UUID
    /// The worker that runs it: the owner that rows and log entries name.
    public let worker: UUID
    /// An earlier delivery of this job was begun, and nobody acknowledged it.
    public let isRedelivered: Bool

    private let envelope: Envelope
    private let store: OutcomeStore
    private let pause: @Sendable (Duration) async throws -> Void
    private let finished = Mutex<OutcomeState?>(nil)
    private let draining: Signal
    private let cancelled: Signal

    init(
        envelope: Envelope, worker: UUID, isRedelivered: Bool, store: OutcomeStore, draining: Signal, cancelled: Signal,
        pause: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.job = envelope.id
        self.workspace = envelope.workspace
        self.worker = worker
        self.isRedelivered = isRedelivered
        self.envelope = envelope
        self.store = store
        self.draining = draining
        self.cancelled = cancelled
        self.pause = pause
    }

    /// How it was finished; nil while it runs.
    var ending: OutcomeState? { finished.withLock { $0 } }

    /// Returns when the worker is asked to leave: what can end soon goes on, what cannot should end honestly. When
    /// the worker's budget is used up, the handler's task is cancelled.
    public func drainRequested() async {
        await draining.wait()
    }

    /// Somebody wants this job cancelled.
    public var isCancelRequested: Bool { cancelled.isRaised }

    /// Returns when somebody wants this job cancelled, or when the waiting task is cancelled. The handler ends as soon as it can
    /// do so truthfully, by `finish(.cancelled)`.
    public func cancelRequested() async {
        await cancelled.wait()
    }

    /// A transaction in the job's workspace that commits only while this worker is alive by the ledger.
    public func transaction<R: Sendable>(_ body: @Sendable (PostgresTransaction) async throws -> R) async throws -> R {
        try await store.fenced(worker: worker, workspaces: [workspace], body)
    }

    /// Commits the last writes and the outcome together; the job will not run again.
    ///
    /// While PostgreSQL is away this waits and tries again, until the task is cancelled: what has happened outside
    /// cannot be undone, so its record is worth the wait.
    public func finish(
        _ state: OutcomeState = .done, error: String? = nil, result: JobResult? = nil,
        _ body: @Sendable (PostgresTransaction) async throws -> Void = { _ in }
    ) async throws {
        var wait = Duration.milliseconds(100)
        while true {
            do {
                try await store.fenced(worker: worker, workspaces: [workspace]) { transaction in
                    try await body(transaction)
                    store.submitOutcomes([(envelope, state, error, result)], worker: worker, in: transaction)
                }
                break
            } catch {
                switch Failure(error) {
                case .storeUnavailable:
                    // The commit may have happened before the connection broke: then the outcome is there.
                    if let found = try? await store.finished(workspaces: [workspace], jobs: [job])[job] {
                        finished.withLock { $0 = found }
                        return
                    }
                    try await pause(wait)
                    wait = min(wait * 2, .seconds(5))
                case .alreadyFinished:
                    finished.withLock { $0 = state }
                    return
                case .fenced, .failed, .cancelled:
                    throw error
                }
            }
        }
        finished.withLock { $0 = state }
    }
}
