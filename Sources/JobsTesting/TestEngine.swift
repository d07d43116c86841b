public import Foundation
public import Jobs
import Logging
public import Postgres
public import Redis
import Synchronization

/// A real engine in a test's hands: jobs are accepted, queued, carried out, tried again and buried as in production, in PostgreSQL
/// and Redis, and nothing happens before the test says so. `withEngine` makes it.
///
/// - `accept` is the producer's way in; `enqueued` and `expectEnqueued` look at what waits.
/// - `drain` carries out what is due, and what that enqueues; a delayed job or a retry waits for `advance`.
/// - `withWorker` runs a worker as production does, beside the test.
public struct TestEngine: Sendable {
    /// As the role that workers have: the policies of the database hold.
    public let pool: PostgresPool
    public let redis: RedisClient
    /// With keys of its own, so that tests may share servers.
    public let configuration: JobsConfiguration
    public let producer: JobProducer
    /// What jobs belong to for which no other workspace is named.
    public let workspace: UUID
    /// What this engine's workers serve.
    public private(set) var registry: HandlerRegistry

    let logger: Logger
    private let time = Time()
    private let queues: Set<String>

    init(
        pool: PostgresPool, redis: RedisClient, configuration: JobsConfiguration, queues: Set<String>, workspace: UUID, registry: HandlerRegistry,
        logger: Logger
    ) {
        self.pool = pool
        self.redis = redis
        self.configuration = configuration
        self.producer = JobProducer(
            pool: pool, redis: redis, configuration: configuration, queues: queues.sorted(),
            uncancellable: registry.kinds.filter { !$0.isCancellable }, logger: logger)
        self.workspace = workspace
        self.registry = registry
        self.queues = queues
        self.logger = logger
    }

    /// The same engine with further handlers, for those that need its pool or its producer to be made.
    ///
    /// The producer stays as it is: of kinds that cannot be cancelled it knows those that `withEngine` was given.
    ///
    /// - Precondition: their queues are known to the engine (`withEngine(queues:)`), for its producer measures and asks them.
    public func serving(_ register: (inout HandlerRegistry) throws -> Void) rethrows -> TestEngine {
        var engine = self
        try register(&engine.registry)
        let unknown = engine.registry.queues.filter { !queues.contains($0) }
        precondition(unknown.isEmpty, "name the queues \(unknown) in withEngine(queues:)")
        return engine
    }

    // MARK: Time

    /// The queues' time: the clock on the wall, and what `advance` added.
    public var now: Date { Date().addingTimeInterval(time.offset.inSeconds) }

    /// Lets time pass for what waits in queues: delayed jobs and retries are due earlier, from the next `drain` or `withWorker` on.
    ///
    /// Time goes on by itself, too, and a drain begins with all that is due at that moment. PostgreSQL's clock and the expiry of kinds
    /// stay as they are.
    public func advance(by duration: Duration) {
        time.advance(by: duration)
    }

    /// Shared by all copies of an engine.
    private final class Time: Sendable {
        private let amount = Mutex(Duration.zero)

        var offset: Duration { amount.withLock { $0 } }

        func advance(by duration: Duration) {
            amount.withLock { $0 += duration }
        }
    }

    var administration: JobAdministration { JobAdministration(pool: pool, redis: redis, configuration: configuration) }

    /// The configuration of a worker that begins now.
    func configurationNow(promotes: Bool) -> JobsConfiguration {
        var configuration = configuration
        configuration.clockOffset = time.offset
        configuration.promotes = promotes
        return configuration
    }

    // MARK: Jobs

    /// Accepts a job as a producer does.
    ///
    /// - Parameter delay: no worker begins it before so much time has passed.
    /// - Returns: its id.
    @discardableResult
    public func accept<Payload: JobPayload>(
        _ payload: Payload, workspace: UUID? = nil, id: UUID? = nil, after delay: Duration? = nil, idempotency: Idempotency? = nil,
        trace: TraceParent? = nil
    ) async throws -> UUID {
        try await producer.accept(
            payload, workspace: workspace ?? self.workspace, id: id, notBefore: delay.map { now.addingTimeInterval($0.inSeconds) },
            idempotency: idempotency, trace: trace
        ).id
    }

    /// What is known of a job; nil for one that the workspace does not have.
    public func status(of job: UUID, workspace: UUID? = nil) async throws -> JobStatus? {
        try await producer.status(job, workspace: workspace ?? self.workspace)
    }

    /// What a handler left with the outcome of a job; nil where it left nothing, or has not done it.
    public func result<Value: Decodable>(of job: UUID, as type: Value.Type = Value.self, workspace: UUID? = nil) async throws -> Value? {
        guard let json = try await status(of: job, workspace: workspace)?.result else { return nil }
        return try JSONDecoder().decode(type, from: Data(json))
    }
}
