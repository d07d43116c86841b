import Foundation
import LocalStack
import Logging
import Postgres
import Redis
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import Jobs

/// A kind that writes one row of its own table, and fails as its payload says.
struct Note: JobPayload, Equatable {
    static let kind = JobKind(name: "test.note", queue: "notes", acceptance: .ledger, outcome: .outcomes, retry: quick)
    static let quick = RetryPolicy(base: .milliseconds(60), cap: .milliseconds(60), floor: .milliseconds(50), maximumAttempts: 3)

    var text: String
    /// Attempts that fail before one succeeds.
    var failures = 0
    var isPermanent = false
}

/// The same, accepted by the stream alone and with its row as outcome.
struct StreamNote: JobPayload {
    static let kind = JobKind(name: "test.stream", queue: "streams", acceptance: .stream, outcome: .outcomes, retry: Note.quick)
    var text: String
}

struct NoteFault: Error {}

struct NoteHandler: BatchHandler {
    /// Called with every batch before it is written.
    var onBatch: @Sendable ([Job<Note>]) async throws -> Void = { _ in }

    func handle(_ jobs: [Job<Note>], in transaction: PostgresTransaction) async throws {
        try await onBatch(jobs)
        for job in jobs {
            if job.payload.isPermanent { throw PermanentJobError("cannot be", code: "impossible") }
            if job.attempt <= job.payload.failures { throw NoteFault() }
        }
        transaction.submit(
            "insert into notes (workspace_id, id, text) select * from unnest($1::uuid[], $2::uuid[], $3::text[])", jobs.map(\.workspace),
            jobs.map(\.id), jobs.map(\.payload.text))
    }
}

struct StreamNoteHandler: EffectHandler {
    func handle(_ job: Job<StreamNote>, in transaction: PostgresTransaction) async throws -> JobResult? {
        transaction.submit("insert into notes (workspace_id, id, text) values ($1, $2, $3)", job.workspace, job.id, job.payload.text)
        return try JobResult(["length": job.payload.text.utf8.count])
    }
}

/// Everything that a test of the engine needs: stores, a producer, workers that it starts and ends.
struct EngineFixture: Sendable {
    let pool: PostgresPool
    let redis: RedisClient
    let configuration: JobsConfiguration
    let producer: JobProducer
    let logger: Logger
    let workspace = UUID.version7()

    static func with(
        stack: TestStack? = nil, redisURL given: String? = nil, configure: (inout JobsConfiguration) -> Void = { _ in },
        _ body: @escaping @Sendable (EngineFixture) async throws -> Void
    ) async throws {
        let database = try await TestDatabase.make()
        _ = try await database.psql(
            """
            set session authorization mainstay_owner;
            create table notes (workspace_id uuid not null, id uuid not null, text text not null, primary key (workspace_id, id));
            call protect_tenant_table('notes');
            """)
        var configuration = JobsConfiguration()
        configuration.prefix = TestStack.uniquePrefix("engine")
        configuration.lease = .seconds(1)
        // Long after every append that a busy machine holds up, and before a test gives up.
        configuration.relayAge = .seconds(10)
        configuration.drainBudget = .seconds(5)
        configure(&configuration)
        var logger = Logger(label: "engine.test")
        logger.logLevel = .error
        let redisURL = if let given { given } else if let stack { stack.redisURL } else { try await TestStack.shared().redisURL }
        let redis = RedisClient(configuration: try RedisConfiguration(url: redisURL), logger: logger)
        let pool = PostgresPool(configuration: try PostgresConfiguration(url: database.serverURL), size: 6, logger: logger)
        let fixture = EngineFixture(
            pool: pool, redis: redis, configuration: configuration,
            producer: JobProducer(
                pool: pool, redis: redis, configuration: configuration, queues: ["notes", "streams", "long", "fresh"], logger: logger),
            logger: logger)
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await redis.run() }
                group.addTask { try await fixture.run(fixture.producer) { _ in try await body(fixture) } }
                try await group.next()
                // Whichever ended first: the body, or a client that should not have.
                group.cancelAll()
            }
        } catch {
            await pool.close()
            throw error
        }
        await pool.close()
    }

    /// Runs a service in a group of its own for the length of `body`, and stops it in order.
    func run(_ service: any Service, _ body: @Sendable (ServiceGroup) async throws -> Void) async throws {
        let group = ServiceGroup(configuration: .init(services: [.init(service: service)], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            do {
                try await body(group)
            } catch {
                tasks.cancelAll()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// A worker for the length of `body`.
    func withWorker(
        onBatch: @escaping @Sendable ([Job<Note>]) async throws -> Void = { _ in }, _ body: @Sendable (ServiceGroup) async throws -> Void
    ) async throws {
        var registry = HandlerRegistry()
        registry.register(batch: NoteHandler(onBatch: onBatch))
        registry.register(effect: StreamNoteHandler())
        let worker = Worker(name: "test", registry: registry, pool: pool, redis: redis, configuration: configuration, logger: logger)
        try await run(worker, body)
    }

    func status(_ id: UUID) async throws -> JobStatus? { try await producer.status(id, workspace: workspace) }

    func finished(_ id: UUID) async throws -> JobStatus {
        try #require(await producer.wait(id, workspace: workspace, timeout: .seconds(20)))
    }

    /// Waits for the outcome and compares its state.
    func expect(_ id: UUID, _ state: JobStatus.State, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let status = try await finished(id)
        #expect(status.state == state, "\(status.error ?? "")", sourceLocation: sourceLocation)
    }

    func notes() async throws -> [String] {
        try await pool.query(.workspaces([workspace]), "select text from notes order by text").map { try $0.decode("text", as: String.self) }
    }

    /// Accepts through the ingress, and waits until Redis has them and PostgreSQL knows that it has.
    func acceptNotes(_ count: Int) async throws -> [UUID] {
        var ids: [UUID] = []
        for number in 0..<count { ids.append(try await producer.accept(Note(text: "\(number)"), workspace: workspace).id) }
        try await eventuallyAppended("all appends are confirmed") {
            try await pool.query(.role(.upkeep), "select id from append_groups").isEmpty
        }
        return ids
    }

    /// Waits, while no worker runs, for what acceptance puts into Redis.
    ///
    /// An append that failed is left to the relay, which is a worker's; on a busy machine that happens to the first ones, for a
    /// client that is not yet connected everywhere gives them half a second. So the relay's work is done here, when their confirmation is
    /// long overdue.
    func eventuallyAppended(
        _ what: String = "the condition", file: StaticString = #fileID, line: UInt = #line, _ condition: () async throws -> Bool
    ) async throws {
        var soon = configuration
        soon.relayAge = .seconds(4)
        let relay = relay(soon)
        try await eventually(what, file: file, line: line) {
            if try await condition() { return true }
            _ = try await relay.relayUnconfirmed()
            return false
        }
    }

    /// The relay of a worker, to be asked by hand.
    func relay(_ given: JobsConfiguration? = nil, of worker: UUID = .version7(), draining: Signal = Signal()) -> Relay {
        Relay(
            store: RelayStore(pool: pool), redis: redis, configuration: given ?? configuration, queues: ["notes"], worker: worker,
            draining: draining, clock: ContinuousClock(), logger: logger)
    }

    /// Holds the ledger for the length of `body`, so that whoever asks it waits.
    func holdingLedger(_ body: @Sendable () async throws -> Void) async throws {
        let name = try #require(await pool.query(.unscoped, "select current_database()::text as name").first?.decode("name", as: String.self))
        let stack = try await TestStack.shared()
        try await withPool(stack.endpoints.postgres(.superuser, database: name), size: 1) { other in
            try await other.transaction(.unscoped, timeout: .seconds(60)) { holder in
                try await holder.execute("lock table acceptances in access exclusive mode")
                try await body()
            }
        }
    }

    /// Waits for a statement that waits for a table.
    /// - Parameter question: what the comment in it says.
    func untilItWaits(_ question: String = "owed jobs among a page of acceptances") async throws {
        try await eventually("a statement waits: \(question)") {
            try await !pool.query(
                .unscoped,
                """
                select pid from pg_stat_activity
                where datname = current_database() and wait_event_type = 'Lock' and strpos(query, $1) > 0
                """, question
            ).isEmpty
        }
    }

    func queue(_ name: String = "notes") -> Queue {
        configuration.queue(QueuePartition(queue: name, index: 0), on: redis)
    }

    /// Nothing waits, runs, or is left behind in Redis.
    func isEmpty(_ name: String = "notes") async throws -> Bool {
        let backlog = try await queue(name).measure()
        return backlog.total == 0 && backlog.running == 0
    }
}

extension Queue {
    /// All jobs that Redis holds in this partition, in whatever place.
    func heldJobs() async throws -> Set<JobName> {
        var pages = held()
        var names: Set<JobName> = []
        while let page = try await pages.next() {
            for job in page { names.insert(JobName(workspace: job.workspace, id: job.id)) }
        }
        return names
    }
}
