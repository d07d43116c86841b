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
}

/// The ingress's side of the engine: accepts jobs, tells their status.
///
/// Concurrent requests share a commit (ledger kinds) or a script call (stream kinds). Works while `run()` does.
public final class JobProducer: Service, Sendable {
    public let configuration: JobsConfiguration
    private let redis: RedisClient
    private let outcomes: OutcomeStore
    private let ledger: Batcher<AcceptanceStore.Item, AcceptanceStore.Answer>
    private let streams: Batcher<StreamAcceptance.Item, StreamAcceptance.Answer>
    private let confirmations: Confirmations
    private let monitor: BacklogMonitor

    /// - Parameter queues: those whose backlog bounds what is accepted.
    public init(pool: PostgresPool, redis: RedisClient, configuration: JobsConfiguration, queues: [String], logger: Logger) {
        self.configuration = configuration
        self.redis = redis
        self.outcomes = OutcomeStore(pool: pool)
        let store = AcceptanceStore(pool: pool)
        let confirmations = Confirmations(store: store, logger: logger)
        self.confirmations = confirmations
        self.monitor = BacklogMonitor(redis: redis, configuration: configuration, queues: queues, logger: logger)
        self.ledger = Batcher(most: 500, flushers: 3) { items in
            await LedgerAcceptance(store: store, redis: redis, configuration: configuration, confirmations: confirmations, logger: logger).perform(
                items)
        }
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
        confirmations.stop()
        monitor.stop()
    }

    private func runUntilStopped() async {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.ledger.run() }
                group.addTask { await self.streams.run() }
                group.addTask { await self.confirmations.run() }
                group.addTask { await self.monitor.run() }
            }
            await confirmations.flush()
        } onGracefulShutdown: {
            self.stop()
        }
    }

    /// Accepts one job. When this returns, the job survives what its kind promises.
    ///
    /// - Parameter id: a version 7 or derived id when the caller needs to know it before; accepting an id twice is one job.
    /// - Throws: `JobError` with `.idempotencyMismatch`, `.backlogFull`, `.unavailable`: nothing was accepted.
    public func accept<Payload: JobPayload>(
        _ payload: Payload, workspace: UUID, id: UUID? = nil, idempotency: Idempotency? = nil, trace: TraceParent? = nil
    ) async throws -> Acceptance {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return try await accept(
            kind: Payload.kind, body: Array(try encoder.encode(payload)), workspace: workspace, id: id, idempotency: idempotency, trace: trace)
    }

    /// The same for a body that is already encoded.
    public func accept(
        kind: JobKind, body: [UInt8], workspace: UUID, id: UUID? = nil, idempotency: Idempotency? = nil, trace: TraceParent? = nil
    ) async throws -> Acceptance {
        try monitor.admit(kind.queue)
        let envelope = Envelope(
            id: id ?? .version7(), workspace: workspace, kind: kind.name, version: kind.version,
            acceptedAt: Int64(Date().timeIntervalSince1970 * 1000),
            // An id that the caller chose may have been accepted before.
            marks: id == nil ? [] : .seen, trace: trace, body: body)
        let partition = configuration.partition(of: workspace)
        switch kind.acceptance {
        case .ledger:
            switch try await ledger.submit(.init(envelope: envelope, queue: kind.queue, partition: partition, idempotency: idempotency)) {
            case .accepted: return Acceptance(id: envelope.id, replayed: false)
            case .replayed(let job): return Acceptance(id: job, replayed: true)
            case .mismatch: throw JobError.mismatch(idempotency)
            }
        case .stream:
            var carried = envelope
            carried.marks.insert(.noted)
            if body.count > configuration.inlineBodyLimit {
                try await JobError.whileAway(kind.queue) { try await outcomes.keep(body: body, of: envelope.id, workspace: workspace) }
                carried.marks.insert(.stored)
                carried.body = []
            }
            let item = StreamAcceptance.Item(
                envelope: carried, partition: QueuePartition(queue: kind.queue, index: partition), idempotency: idempotency)
            switch try await streams.submit(item) {
            case .accepted: return Acceptance(id: envelope.id, replayed: false)
            case .replayed(let job): return Acceptance(id: job, replayed: true)
            case .mismatch: throw JobError.mismatch(idempotency)
            case .full:
                throw JobError(
                    .backlogFull, subject: kind.queue, message: "\(configuration.backlogBound) jobs wait already",
                    retryAfter: monitor.drainTime(of: kind.queue) ?? .seconds(5))
            }
        }
    }

    /// What is known of a job; nil for a job that this workspace does not have.
    public func status(_ id: UUID, workspace: UUID) async throws -> JobStatus? {
        let known = try await outcomes.status(id, workspace: workspace)
        if let known, known.state.isFinal { return known }
        return try await StatusNotes(redis: redis, configuration: configuration).status(
            id, workspace: workspace, queues: monitor.queues, ledger: known)
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

extension JobError {
    static func mismatch(_ idempotency: Idempotency?) -> JobError {
        JobError(.idempotencyMismatch, subject: idempotency?.key ?? "", message: "this Idempotency-Key was used for another request")
    }

    /// Runs an operation whose store may be away, and says so in the ingress's words.
    static func whileAway<R>(_ subject: String, _ operation: () async throws -> R) async throws -> R {
        do {
            return try await operation()
        } catch {
            throw unavailable(subject, error)
        }
    }

    /// An error of a store as the answer to a producer: 503 where trying again can help, the error itself elsewhere.
    static func unavailable(_ subject: String, _ error: any Error) -> any Error {
        guard Failure(error) == .storeUnavailable else { return error }
        return JobError(.unavailable, subject: subject, message: "a store is away; nothing was accepted", retryAfter: .seconds(2), cause: error)
    }
}
