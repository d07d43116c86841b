import Foundation
import Logging
import Postgres
import Redis
import Synchronization
import TestSupport
import Testing

@testable import Jobs

/// What a producer is told that sends a request again, and what its request may not leave behind.
@Suite(.timeLimit(.minutes(1))) struct RepeatTests {
    private static let long = StreamNote(text: String(repeating: "long ", count: 1000))

    private static func keptBodies(_ engine: EngineFixture) async throws -> Int {
        try await engine.pool.query(.workspaces([engine.workspace]), "select id from job_bodies").count
    }

    @Test("a large body whose job was not accepted is not left behind: a repeat, another request under its key, a full queue")
    func bodies() async throws {
        try await EngineFixture.with(configure: {
            $0.inlineBodyLimit = 100
            $0.backlogBound = 1
        }) { engine in
            @Sendable func accept(_ key: Idempotency?) async throws -> Acceptance {
                try await engine.producer.accept(Self.long, workspace: engine.workspace, idempotency: key)
            }
            let first = try await accept(Idempotency(key: "k", digest: [1]))
            #expect(try await Self.keptBodies(engine) == 1)
            #expect(try await accept(Idempotency(key: "k", digest: [1])).id == first.id)
            let other = await #expect(throws: JobError.self) { _ = try await accept(Idempotency(key: "k", digest: [2])) }
            #expect(other?.code == .idempotencyMismatch)
            let full = await #expect(throws: JobError.self) { _ = try await accept(Idempotency(key: "another", digest: [1])) }
            #expect(full?.code == .backlogFull)
            #expect(try await Self.keptBodies(engine) == 1, "its own body is there, and no other")
            try await engine.withWorker { _ in try await engine.expect(first.id, .done) }
        }
    }

    @Test(
        "a body is taken back only when the job is certainly nowhere",
        arguments: [
            (RedisError(.connection, "refused"), true), (RedisError(.timeout, "not sent"), true),
            (RedisError(.connection, "broke", mayHaveExecuted: true), false), (RedisError(.timeout, "no reply", mayHaveExecuted: true), false),
            (RedisError(serverReply: "OOM half-way", command: "EVALSHA"), false),
        ])
    func fate(_ cause: RedisError, _ isCertain: Bool) {
        #expect(StreamAcceptance.appendedNothing(JobError.unavailable("streams", cause)) == isCertain)
        #expect(StreamAcceptance.appendedNothing(JobError(.unavailable, subject: "ingress", message: "stopping")))
        #expect(!StreamAcceptance.appendedNothing(CancellationError()))
    }

    @Test("a store that may have accepted before its answer was lost leaves that open; any other that is away has accepted nothing")
    func unknownAcceptance() async throws {
        func postgres(_ code: PostgresError.Code, sqlState: String? = nil, commitUnknown: Bool) -> PostgresError {
            var error = PostgresError(code, "broke", sqlState: sqlState)
            error.commitUnknown = commitUnknown
            return error
        }
        let cases: [(any Error, Bool)] = [
            (postgres(.connection, commitUnknown: true), true), (postgres(.timeout, commitUnknown: true), true),
            // No error that passes by itself; and yet COMMIT was on its way.
            (postgres(.server, sqlState: "XX000", commitUnknown: true), true), (postgres(.cancelled, commitUnknown: true), true),
            (postgres(.connection, commitUnknown: false), false), (postgres(.server, sqlState: "57P01", commitUnknown: false), false),
            (RedisError(.connection, "broke", mayHaveExecuted: true), true), (RedisError(.timeout, "no reply", mayHaveExecuted: true), true),
            (RedisError(.connection, "refused"), false), (RedisError(serverReply: "LOADING", command: "EVALSHA"), false),
        ]
        for (cause, isOpen) in cases {
            let error = try #require(JobError.unavailable("notes", cause) as? JobError, "\(cause)")
            #expect(error.code == .unavailable && error.mayBeAccepted == isOpen && error.retryAfter != nil, "\(cause)")
            #expect(error.message.contains("nothing was accepted") == !isOpen, "\(cause)")
            // Before the acceptance nothing can have been accepted.
            guard Failure(cause) == .storeUnavailable else { continue }
            let before = await #expect(throws: JobError.self) { try await JobError.whileAway("notes") { () throws -> Void in throw cause } }
            #expect(before?.code == .unavailable && before?.mayBeAccepted == false, "\(cause)")
        }
        let defect = PostgresError(.server, "no such column", sqlState: "42703")
        #expect(JobError.unavailable("notes", defect) is PostgresError)
    }

    @Test("over the bound of its queue a repeat is answered with its job; what is new is refused", arguments: [true, false])
    func overTheBound(isLedger: Bool) async throws {
        try await EngineFixture.with(configure: { $0.backlogBound = 1 }) { engine in
            @Sendable func accept(_ key: Idempotency?) async throws -> Acceptance {
                isLedger
                    ? try await engine.producer.accept(Note(text: "n"), workspace: engine.workspace, idempotency: key)
                    : try await engine.producer.accept(StreamNote(text: "n"), workspace: engine.workspace, idempotency: key)
            }
            let first = try await accept(Idempotency(key: "k", digest: [1]))
            try await eventually("the queue is seen to be full") {
                (engine.producer.backlogs[isLedger ? "notes" : "streams"]?.total ?? 0) >= 1
            }
            let again = try await accept(Idempotency(key: "k", digest: [1]))
            #expect(again.id == first.id && again.replayed)
            let refusals: [(Idempotency?, JobError.Code)] = [
                (Idempotency(key: "k", digest: [2]), .idempotencyMismatch), (Idempotency(key: "new", digest: [1]), .backlogFull), (nil, .backlogFull),
            ]
            for (key, code) in refusals {
                let error = await #expect(throws: JobError.self) { _ = try await accept(key) }
                #expect(error?.code == code)
            }
        }
    }

    @Test("a repeat tells what became of the job")
    func state() async throws {
        try await EngineFixture.with { engine in
            let key = Idempotency(key: "k", digest: [1])
            @Sendable func accept() async throws -> Acceptance {
                try await engine.producer.accept(StreamNote(text: "n"), workspace: engine.workspace, idempotency: key)
            }
            let first = try await accept()
            #expect(first.state == .queued)
            #expect(try await accept().state == .queued)
            try await engine.withWorker { _ in try await engine.expect(first.id, .done) }
            #expect(try await accept().state == .done)
        }
    }

    // MARK: Under way

    @Test("a second request under a key that is under way is refused at once, and gets its answer when it comes again")
    func underWay() async throws {
        try await EngineFixture.with { engine in
            let (taken, release) = (Signal(), Signal())
            @Sendable func accept(_ key: String?) async throws -> Acceptance {
                try await engine.producer.accept(
                    Note(text: "once"), workspace: engine.workspace, idempotency: key.map { Idempotency(key: $0, digest: [1]) })
            }
            try await withThrowingTaskGroup(of: Acceptance?.self) { group in
                // Somebody else's transaction holds the key, so the first request waits in PostgreSQL.
                group.addTask {
                    try? await engine.pool.transaction(.workspaces([engine.workspace])) { transaction -> Void in
                        let digest: [UInt8] = [9]
                        try await transaction.execute(
                            "insert into idempotency_keys (workspace_id, id, digest, job_id) values ($1, 'busy', $2, $1)", engine.workspace, digest)
                        taken.raise()
                        await release.wait()
                        throw CancellationError()
                    }
                    return nil
                }
                await taken.wait()
                group.addTask { try await accept("busy") }
                try await eventually("the first request waits") {
                    try await !engine.pool.query(
                        .unscoped, "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
                    ).isEmpty
                }
                let refused = await #expect(throws: JobError.self) { _ = try await accept("busy") }
                #expect(refused?.code == .inFlight && refused?.retryAfter != nil)
                #expect(try await !accept("idle").replayed, "another key has nothing to do with it")
                #expect(try await !accept(nil).replayed)
                release.raise()
                var first: Acceptance?
                while let answer = try await group.next() { first = answer ?? first }
                let again = try await accept("busy")
                #expect(again.replayed && again.id == first?.id)
            }
        }
    }

    @Test("a key is free again however its request ended, and belongs to its workspace")
    func keys() async throws {
        let keys = KeysUnderWay()
        let workspace = UUID.version7()
        let key = Idempotency(key: "k", digest: [1])
        let begun = Signal()
        let first = Task {
            try await keys.alone(key, workspace: workspace) { () async throws -> Void in
                begun.raise()
                // Nobody raises it: the wait ends by the task's cancellation.
                await Signal().wait()
                try Task.checkCancellation()
            }
        }
        await begun.wait()
        let refused = await #expect(throws: JobError.self) { try await keys.alone(key, workspace: workspace) {} }
        #expect(refused?.code == .inFlight)
        #expect(try await keys.alone(key, workspace: .version7()) { true })
        #expect(try await keys.alone(nil, workspace: workspace) { true })

        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        await #expect(throws: NoteFault.self) {
            try await keys.alone(key, workspace: workspace) { () async throws -> Void in throw NoteFault() }
        }
        #expect(try await keys.alone(key, workspace: workspace) { true })
    }

    // MARK: Traces

    @Test("what is accepted leaves a line with its job, kind and trace")
    func line() async throws {
        let lines = Lines()
        let database = try await TestDatabase.make()
        try await withRedis(try await TestStack.shared().redisURL) { redis in
            try await withPool(database.serverURL) { pool in
                var configuration = JobsConfiguration()
                configuration.prefix = TestStack.uniquePrefix("line")
                let producer = JobProducer(pool: pool, redis: redis, configuration: configuration, queues: ["notes"], logger: lines.logger)
                let trace = try #require(TraceParent(header: Self.trace))
                let id = try await withThrowingTaskGroup(of: Void.self, returning: UUID.self) { group in
                    group.addTask { try await producer.run() }
                    defer { group.cancelAll() }
                    return try await producer.accept(Note(text: "n"), workspace: .version7(), trace: trace).id
                }
                #expect(
                    lines.all.contains([
                        "job": id.lowercased, "kind": Note.kind.name, "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
                    ]))
            }
        }
    }

    @Test("a dead letter is replayed under the trace of the request that it came from")
    func replayedTrace() async throws {
        try await EngineFixture.with { engine in
            let trace = try #require(TraceParent(header: Self.trace))
            let worker = UUID.version7()
            try await WorkerStore(pool: engine.pool).register(id: worker, name: "t", host: "h", pid: 1, queues: ["streams"], version: "t")
            let envelope = Envelope(
                id: .version7(), workspace: engine.workspace, kind: StreamNote.kind.name, version: 1, acceptedAt: 1, trace: trace,
                body: Array("{}".utf8))
            let letters = DeadLetterStore(pool: engine.pool)
            #expect(try await letters.bury(envelope, queue: "streams", code: "c", error: "e", history: Array("[]".utf8), worker: worker))
            let letter = try #require(await letters.find(envelope.id))
            let replay = try #require(await letters.replay(letter, partition: 0))
            #expect(replay.envelope.trace == trace)
            // The relay makes the envelope of this row when the append fails.
            let rows = try await engine.pool.query(
                .workspaces([engine.workspace]), "select trace from acceptances where id = $1", envelope.id)
            #expect(try rows.first?.decode("trace", as: String.self) == trace.header)
        }
    }

    @Test("a retry waits for as long as its error asks, an hour at most, and never for less than the policy says")
    func stretched() {
        func error(_ retryAfter: Duration?) -> JobError { JobError(.unavailable, subject: "s", message: "m", retryAfter: retryAfter) }
        #expect(Duration.seconds(2).stretched(by: error(.seconds(20))) == .seconds(20))
        #expect(Duration.seconds(2).stretched(by: error(.seconds(1))) == .seconds(2))
        #expect(Duration.seconds(2).stretched(by: error(.seconds(86_400))) == .seconds(3600))
        #expect(Duration.seconds(2).stretched(by: error(nil)) == .seconds(2))
        #expect(Duration.seconds(2).stretched(by: NoteFault()) == .seconds(2))
    }

    private static let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    /// The metadata of each line that was logged.
    private final class Lines: Sendable {
        private let recorded = Mutex<[[String: String]]>([])

        var all: [[String: String]] { recorded.withLock { $0 } }

        var logger: Logger {
            var logger = Logger(label: "test") { _ in Handler(lines: self) }
            logger.logLevel = .debug
            return logger
        }

        private struct Handler: LogHandler {
            let lines: Lines
            var metadata: Logger.Metadata = [:]
            var logLevel = Logger.Level.debug

            subscript(metadataKey key: String) -> Logger.Metadata.Value? {
                get { metadata[key] }
                set { metadata[key] = newValue }
            }

            func log(event: LogEvent) {
                let metadata = (event.metadata ?? [:]).mapValues { "\($0)" }
                lines.recorded.withLock { $0.append(metadata) }
            }
        }
    }
}
