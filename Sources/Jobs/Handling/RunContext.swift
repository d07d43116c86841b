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
    private let ledger: LedgerAcceptance
    private let pause: @Sendable (Duration) async throws -> Void
    private let tell: @Sendable (JobProgress) -> Void
    private let finished = Mutex<OutcomeState?>(nil)
    private let draining: Signal
    private let cancelled: Signal

    init(
        envelope: Envelope, worker: UUID, isRedelivered: Bool, store: OutcomeStore, draining: Signal, cancelled: Signal,
        pause: @escaping @Sendable (Duration) async throws -> Void, tell: @escaping @Sendable (JobProgress) -> Void = { _ in },
        ledger: LedgerAcceptance
    ) {
        self.job = envelope.id
        self.workspace = envelope.workspace
        self.worker = worker
        self.isRedelivered = isRedelivered
        self.envelope = envelope
        self.store = store
        self.ledger = ledger
        self.draining = draining
        self.cancelled = cancelled
        self.pause = pause
        self.tell = tell
    }

    /// Tells those who watch how far this job is: `GET /v1/jobs/{id}` and `mainstay top` show it.
    ///
    /// Told as often as one likes: it is kept in memory, and once a second the last goes out. It is lost with the worker, and with
    /// the end of the job. Nothing depends on it: what must last belongs into a row.
    ///
    /// - Parameters:
    ///   - progress: from 0 to 1; what lies outside is taken for the nearest of the two, what is no number is not told.
    ///   - note: a few words, of which the first 200 characters are kept. The workspace's own people read it, and operators.
    public func report(progress: Double, note: String? = nil) {
        guard !progress.isNaN else { return }
        tell(JobProgress(progress: min(max(progress, 0), 1), note: note.map { String($0.unicodeScalars.prefix(200)) }))
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

    /// A transaction in the job's workspace that commits only while this worker is alive by the ledger. Jobs may be enqueued in it.
    public func transaction<R: Sendable>(_ body: @Sendable (PostgresTransaction) async throws -> R) async throws -> R {
        let (value, jobs) = try await store.fenced(worker: worker, workspaces: [workspace]) { transaction in
            try await TransactionJobs.collecting(in: transaction, ledger.configuration) { try await body(transaction) }
        }
        await ledger.append(jobs)
        return value
    }

    /// Commits the last writes and the outcome together; the job will not run again.
    ///
    /// While PostgreSQL is away this waits and tries again, until the task is cancelled: what has happened outside
    /// cannot be undone, so its record is worth the wait.
    ///
    /// - Returns: true when these writes were committed by this call. False when the job has an outcome all the same: another's, or this one's
    ///   whose confirmation was lost. Who tells others of the end looks whose it is.
    @discardableResult
    public func finish(
        _ state: OutcomeState = .done, error: String? = nil, result: JobResult? = nil,
        _ body: @Sendable (PostgresTransaction) async throws -> Void = { _ in }
    ) async throws -> Bool {
        var wait = Duration.milliseconds(100)
        // A commit may have happened of which nothing was heard.
        var isInDoubt = false
        while true {
            do {
                let jobs = try await store.fenced(worker: worker, workspaces: [workspace]) { transaction in
                    let (_, jobs) = try await TransactionJobs.collecting(in: transaction, ledger.configuration) { try await body(transaction) }
                    store.submitOutcomes([(envelope, state, error, result)], worker: worker, in: transaction)
                    if envelope.mayBeMember { JobGroupStore.submitEnded([JobName(envelope)], in: transaction, noting: jobs) }
                    return jobs
                }
                finished.withLock { $0 = state }
                await ledger.append(jobs)
                return true
            } catch {
                if let error = error as? PostgresError, error.commitUnknown { isInDoubt = true }
                let failure = Failure(error)
                if failure == .alreadyFinished {
                    finished.withLock { $0 = state }
                    return false
                }
                // The commit may have happened before the connection broke: then the outcome is there, and is what a later try is refused for.
                if failure == .storeUnavailable || isInDoubt, let found = try? await store.finished(workspaces: [workspace], jobs: [job])[job] {
                    finished.withLock { $0 = found }
                    return false
                }
                guard failure == .storeUnavailable else { throw error }
                try await pause(wait)
                wait = min(wait * 2, .seconds(5))
            }
        }
    }
}
