import Foundation
import JobsTesting
import Postgres
import Redis
import Synchronization
import TestSupport
import Testing

@testable import Jobs

/// Work that breaks its own connection, beside a database that answers everybody else.
@Suite(.timeLimit(.minutes(2))) struct BrokenWorkTests {
    @Test("a job whose transaction always ends its backend is found in its batch and dies after its attempts; its neighbours are done")
    func poison() async throws {
        try await EngineFixture.with { engine in
            let poison = try await engine.producer.accept(Fragile(breaks: .max), workspace: engine.workspace).id
            var others: [UUID] = []
            for _ in 0..<4 { others.append(try await engine.producer.accept(Fragile(breaks: 0), workspace: engine.workspace).id) }
            try await engine.eventuallyAppended { try await engine.queue().measure().ready == 5 }
            try await engine.withFragileWorker { [others] _ in
                for id in others { try await engine.expect(id, .done) }
                let status = try await engine.finished(poison)
                #expect(status.state == .dead && status.attempts == 3)
                try await eventually { try await engine.isEmpty() }
            }
            #expect(try await DeadLetterStore(pool: engine.pool).find(poison)?.code == "broken_off")
            #expect(try await engine.notes().count == 4)
        }
    }

    @Test("a backend that ends once or twice under a batch costs no attempt", arguments: [1, 2])
    func killed(times: Int) async throws {
        try await EngineFixture.with { engine in
            let job = try await engine.producer.accept(Fragile(breaks: times), workspace: engine.workspace).id
            try await engine.withFragileWorker { tries in
                let status = try await engine.finished(job)
                #expect(status.state == .done && status.attempts == 1)
                #expect(tries.of(job) == times + 1)
            }
        }
    }

    @Test("while PostgreSQL answers nobody a batch waits, however long: it is neither split nor counted, and handed back by who leaves")
    func away() async throws {
        try await EngineFixture.with { engine in
            _ = try await engine.acceptNotes(2)
            // Nobody listens there.
            try await withPool("postgresql://nobody:x@127.0.0.1:1/none", configure: { $0.connectTimeout = .milliseconds(50) }) { pool in
                let (clock, draining, runs) = (ManualClock(), Signal(), Tries())
                var registry = HandlerRegistry()
                registry.register(batch: NoteHandler { jobs in for job in jobs { _ = runs.next(job.id) } })
                let executor = engine.executor(registry, pool: pool, draining: draining, clock: clock)
                let entries = try await engine.read(2, of: "notes", as: executor.worker)
                let work = Task { try await executor.execute(entries, in: engine.queue()) }
                for _ in 0..<6 {
                    try await eventually { clock.sleepers == 1 }
                    clock.advance(by: .seconds(5))
                }
                draining.raise()
                try await work.value
                #expect(entries.allSatisfy { runs.of($0.envelope.id) == 0 })
                let backlog = try await engine.queue().measure()
                #expect(backlog.running == 2 && backlog.later == 0)
            }
        }
    }

    @Test("a handler that misses another store of its own accord has failed, and its attempts are counted", arguments: [true, false])
    func ownAccord(isRedis: Bool) async throws {
        try await EngineFixture.with { engine in
            let error: any Error =
                isRedis ? RedisError(.connection, "it broke") : JobError(.unavailable, subject: "elsewhere", message: "a store is away")
            var registry = HandlerRegistry()
            registry.register(batch: NoteHandler { _ in throw error })
            let worker = Worker(
                name: "reaching", registry: registry, pool: engine.pool, redis: engine.redis, configuration: engine.configuration,
                logger: engine.logger)
            let job = try await engine.producer.accept(Note(text: "n"), workspace: engine.workspace).id
            try await engine.run(worker) { _ in
                let status = try await engine.finished(job)
                #expect(status.state == .dead && status.attempts == 3)
            }
            #expect(try await DeadLetterStore(pool: engine.pool).find(job)?.code == "unavailable")
        }
    }

    @Test("a run that breaks off beside a database that answers is put off twice in each attempt, and dies after its attempts")
    func run() async throws {
        try await EngineFixture.with { engine in
            var registry = HandlerRegistry()
            registry.register(run: BrokenRunHandler())
            let executor = engine.executor(registry, pool: engine.pool, worker: try await engine.registered())
            let queue = engine.queue("long")
            let envelope = Envelope(
                id: .version7(), workspace: engine.workspace, kind: BrokenRun.kind.name, version: 1,
                acceptedAt: Int64(Date().timeIntervalSince1970 * 1000), body: Array(try JSONEncoder().encode(BrokenRun())))
            try await queue.append([envelope])
            var attempts: [Int] = []
            for _ in 0..<6 {
                let entries = try await engine.read(1, of: "long", as: executor.worker)
                attempts += entries.map(\.envelope.attempt)
                try await executor.execute(entries, in: queue)
                try await engine.passAMinute(in: queue)
            }
            #expect(attempts == [1, 1, 1, 2, 2, 2])
            #expect(try await DeadLetterStore(pool: engine.pool).find(envelope.id)?.code == "broken_off")
            #expect(try await engine.isEmpty("long"))
        }
    }
}

/// Ends its own backend so many times, and is done then.
private struct Fragile: JobPayload {
    static let kind = JobKind(name: "test.fragile", queue: "notes", acceptance: .ledger, retry: Note.quick)
    var breaks: Int
}

/// Counts how often each job was tried.
private final class Tries: Sendable {
    private let state = Mutex<[UUID: Int]>([:])

    /// - Returns: which try this is; 1 for the first.
    func next(_ job: UUID) -> Int {
        state.withLock { state in
            state[job, default: 0] += 1
            return state[job, default: 0]
        }
    }

    func of(_ job: UUID) -> Int { state.withLock { $0[job] ?? 0 } }
}

private struct FragileHandler: BatchHandler {
    let tries: Tries

    func handle(_ jobs: [Job<Fragile>], in transaction: PostgresTransaction) async throws {
        // All are counted, whoever breaks it off.
        let broken = jobs.filter { tries.next($0.id) <= $0.payload.breaks }
        if !broken.isEmpty { try await transaction.execute("select pg_terminate_backend(pg_backend_pid())") }
        transaction.submit(
            "insert into notes (workspace_id, id, text) select workspace_id, id, 'n' from unnest($1::uuid[], $2::uuid[]) as given (workspace_id, id)",
            jobs.map(\.workspace), jobs.map(\.id))
    }
}

private struct BrokenRun: JobPayload {
    static let kind = JobKind(
        name: "test.broken-run", queue: "long", acceptance: .stream,
        retry: RetryPolicy(base: .milliseconds(60), cap: .milliseconds(60), maximumAttempts: 2))
}

private struct BrokenRunHandler: RunHandler {
    func run(_ job: Job<BrokenRun>, context: RunContext) async throws {
        throw PostgresError(.connection, "it broke")
    }
}

extension EngineFixture {
    fileprivate func withFragileWorker(_ body: @Sendable (Tries) async throws -> Void) async throws {
        let tries = Tries()
        var registry = HandlerRegistry()
        registry.register(batch: FragileHandler(tries: tries))
        let worker = Worker(name: "fragile", registry: registry, pool: pool, redis: redis, configuration: configuration, logger: logger)
        try await run(worker) { _ in try await body(tries) }
    }

    fileprivate func executor(
        _ registry: HandlerRegistry, pool: PostgresPool, worker: UUID = .version7(), draining: Signal = Signal(),
        clock: any Clock<Duration> = ContinuousClock()
    ) -> Executor {
        Executor(
            registry: registry, worker: worker, outcomes: OutcomeStore(pool: pool), letters: DeadLetterStore(pool: pool), ledger: ledger,
            controls: Controls(), draining: draining, clock: clock, logger: logger)
    }

    fileprivate func read(_ count: Int, of name: String, as worker: UUID) async throws -> [Entry] {
        let connection = redis.blockingConnection()
        let found = try await queue(name).healingGroup {
            try await queue(name).perform(.together(count: count), worker: worker.lowercased, block: .seconds(2), on: connection)
        }
        await connection.close()
        #expect(found.entries.count == count)
        return found.entries
    }

    /// What waits in a queue for its time has come to it.
    fileprivate func passAMinute(in queue: Queue) async throws {
        for job in try await redis.send(RedisCommand("ZRANGE", .string(queue.keys.later), 0, -1)).array ?? [] {
            _ = try await redis.send(RedisCommand("ZINCRBY", .string(queue.keys.later), -60_000, .string(try #require(job.string))))
        }
        _ = try await queue.promote()
    }
}
