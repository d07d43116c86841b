public import Foundation
public import Logging
public import Postgres
public import Redis
public import ServiceLifecycle
import Synchronization

/// What a producer is told.
public struct Acceptance: Sendable, Hashable {
    public let id: UUID
    /// The same request was accepted before; `id` is that job's.
    public let replayed: Bool
    /// What is known of the job: `queued` when it was accepted now.
    public let state: JobStatus.State
}

/// The ingress's side of the engine: accepts jobs, tells their status.
///
/// Concurrent requests share a commit (ledger kinds) or a script call (stream kinds). Works while `run()` does.
public final class JobProducer: Service, Sendable {
    public let configuration: JobsConfiguration
    let pool: PostgresPool
    let outcomes: OutcomeStore
    let ledger: Batcher<AcceptanceStore.Item, AcceptanceStore.Answer>
    let streams: Batcher<StreamAcceptance.Item, StreamAcceptance.Answer>
    let monitor: BacklogMonitor
    let underWay = KeysUnderWay()
    let logger: Logger
    let redis: RedisClient
    /// Commits groups of jobs, and appends what was committed.
    let acceptance: LedgerAcceptance
    /// Names of kinds.
    private let uncancellable: Set<String>
    private let stopping = Signal()

    /// - Parameters:
    ///   - queues: those whose backlog bounds what is accepted.
    ///   - uncancellable: kinds of which no job is cancelled (``JobKind/isCancellable``). A producer knows kinds by what it accepts alone, and
    ///     is asked to cancel any: one that is not named here is taken for one that can be.
    public init(
        pool: PostgresPool, redis: RedisClient, configuration: JobsConfiguration, queues: [String], uncancellable: [JobKind] = [], logger: Logger
    ) {
        self.configuration = configuration
        self.pool = pool
        self.redis = redis
        self.logger = logger
        self.uncancellable = Set(uncancellable.map(\.name))
        self.outcomes = OutcomeStore(pool: pool)
        let store = AcceptanceStore(pool: pool)
        let acceptance = LedgerAcceptance(
            store: store, redis: redis, configuration: configuration, confirmations: Confirmations(store: store, logger: logger), logger: logger)
        self.acceptance = acceptance
        self.monitor = BacklogMonitor(redis: redis, configuration: configuration, queues: queues, logger: logger)
        self.ledger = Batcher(most: 500, flushers: 3) { await acceptance.perform($0) }
        self.streams = Batcher(most: 250, flushers: 2) { items in
            await StreamAcceptance(redis: redis, configuration: configuration).perform(items)
        }
    }

    public func run() async throws {
        await withTaskCancellationHandler {
            await runUntilStopped()
        } onCancel: {
            stop()
        }
    }

    private func stop() {
        ledger.close()
        streams.close()
        stopping.raise()
        monitor.stop()
    }

    private func runUntilStopped() async {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.ledger.run() }
                group.addTask { await self.streams.run() }
                group.addTask { await self.acceptance.confirmations.run(until: self.stopping) }
                group.addTask { await self.monitor.run() }
            }
            await acceptance.confirmations.flush()
        } onGracefulShutdown: {
            self.stop()
        }
    }

    /// Whether a wish to cancel a job of this kind is taken; true for a kind that this producer does not know.
    public func isCancellable(kind name: String) -> Bool { !uncancellable.contains(name) }

    /// What is known of a job; nil for a job that this workspace does not have.
    public func status(_ id: UUID, workspace: UUID) async throws -> JobStatus? {
        try await status(id, workspace: workspace, timeout: nil)
    }

    func status(_ id: UUID, workspace: UUID, timeout: Duration?) async throws -> JobStatus? {
        let known = try await outcomes.status(id, workspace: workspace, timeout: timeout)
        if let known, known.state.isFinal { return known }
        let noted = try await StatusNotes(redis: redis, configuration: configuration).status(
            id, workspace: workspace, queues: monitor.queues, ledger: known)
        if let noted { return noted }
        // A stream job that was finished between the two questions: its note goes after its outcome is committed.
        return try await outcomes.status(id, workspace: workspace, timeout: timeout)
    }

    /// The status once it is final, or as it is after `timeout`.
    public func wait(_ id: UUID, workspace: UUID, timeout: Duration, clock: any Clock<Duration> = ContinuousClock()) async throws -> JobStatus? {
        var left = timeout
        var pause = Duration.milliseconds(10)
        while true {
            let status = try await status(id, workspace: workspace)
            guard let status, !status.state.isFinal, left > .zero else { return status }
            let step = min(pause, left)
            try await clock.sleep(for: step)
            left -= step
            pause = min(pause * 2, .milliseconds(250))
        }
    }

    /// The backlog of each queue as last measured, at most some seconds ago; a queue that could not be measured is absent.
    public var backlogs: [String: Backlog] { monitor.backlogs }
}
