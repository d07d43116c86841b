import Foundation
import Postgres
import Redis
import TestSupport
import Testing

@testable import Jobs

/// A kind whose own row is its outcome. Its name is one whose rows `finished_jobs` shows.
private struct OwnRow: JobPayload {
    static let kind = JobKind(name: "ticket.create", queue: "notes", acceptance: .ledger, outcome: .ownTable, retry: Note.quick)
}

private struct OwnRowHandler: BatchHandler {
    /// Called before the rows are written.
    var onBatch: @Sendable (PostgresTransaction) async throws -> Void = { _ in }

    func handle(_ jobs: [Job<OwnRow>], in transaction: PostgresTransaction) async throws {
        try await onBatch(transaction)
        transaction.submit(
            """
            insert into tickets (workspace_id, id, accepted_at, priority, subject, body)
            select workspace_id, id, now(), 'low', 's', 'b' from unnest($1::uuid[], $2::uuid[]) as given (workspace_id, id)
            on conflict (workspace_id, id) do nothing
            """, jobs.map(\.workspace), jobs.map(\.id))
    }
}

/// Two copies of one job in two workers' hands, of which one writes the row that is its outcome and the other ends it without.
@Suite(.timeLimit(.minutes(1))) struct OneOutcomeTests {
    @Test("a copy of a job that another worker has buried writes no row and is acknowledged; its neighbour is done")
    func buried() async throws {
        try await EngineFixture.with { engine in
            let entries = try await engine.readOwnRows(2)
            let (worker, other) = (try await engine.registered(), try await engine.registered())
            #expect(try await engine.bury(entries[0], by: other))
            try await engine.executor(worker).execute(entries, in: engine.queue())
            #expect(try await engine.tickets() == [entries[1].envelope.id])
            #expect(try await engine.finished(entries) == [.dead, .done])
            #expect(try await engine.isEmpty())
        }
    }

    @Test("a job that is replayed may be done after all")
    func replayed() async throws {
        try await EngineFixture.with { engine in
            let entries = try await engine.readOwnRows(1)
            let worker = try await engine.registered()
            #expect(try await engine.bury(entries[0], by: worker))
            let letters = DeadLetterStore(pool: engine.pool)
            let letter = try #require(await letters.find(entries[0].envelope.id))
            _ = try #require(await letters.replay(letter, partition: 0))
            try await engine.executor(worker).execute(entries, in: engine.queue())
            #expect(try await engine.finished(entries) == [.done])
        }
    }

    @Test("a job that somebody wants cancelled is cancelled, and a copy whose worker knows nothing of it writes no row")
    func cancelled() async throws {
        try await EngineFixture.with { engine in
            let entries = try await engine.readOwnRows(1)
            let (deaf, worker) = (try await engine.registered(), try await engine.registered())
            let controls = Controls()
            controls.heard(ControlStore.Wishes(cancelled: [JobName(entries[0].envelope)]))
            try await engine.executor(worker, controls: controls).execute(entries, in: engine.queue())
            #expect(try await engine.finished(entries) == [.cancelled])
            try await engine.executor(deaf).execute(entries, in: engine.queue())
            #expect(try await engine.finished(entries) == [.cancelled])
            #expect(try await engine.tickets() == [])
        }
    }

    @Test("a burial waits for a batch that is under way, and is refused when it has written the row")
    func burialWaits() async throws {
        try await EngineFixture.with { engine in
            let entries = try await engine.readOwnRows(1)
            let (worker, other) = (try await engine.registered(), try await engine.registered())
            let (begun, release) = (Signal(), Signal())
            let executor = engine.executor(worker) { transaction in
                // What was submitted before goes out with it: the fence and the question.
                try await transaction.execute("select 1")
                begun.raise()
                await release.wait()
            }
            let batch = Task { try await executor.execute(entries, in: engine.queue()) }
            await begun.wait()
            let burial = Task { try await engine.bury(entries[0], by: other) }
            try await engine.untilSomebodyWaits()
            release.raise()
            try await batch.value
            let refusal = await #expect(throws: PostgresError.self) { try await burial.value }
            #expect(refusal.map { Failure($0) } == .alreadyFinished)
            #expect(try await engine.finished(entries) == [.done])
            #expect(try await engine.outcomes() == 0)
        }
    }

    @Test("a batch waits for a burial that is under way, and writes nothing then")
    func batchWaits() async throws {
        try await EngineFixture.with { engine in
            let entries = try await engine.readOwnRows(1)
            let (worker, other) = (try await engine.registered(), try await engine.registered())
            let (begun, release) = (Signal(), Signal())
            let outcomes = OutcomeStore(pool: engine.pool)
            let envelope = entries[0].envelope
            let burial = Task {
                try await outcomes.fenced(worker: other, workspaces: [engine.workspace]) { transaction in
                    outcomes.submitUndone(of: OwnRow.kind.name, [JobName(envelope)], in: transaction)
                    outcomes.submitOutcomes([(envelope, .dead, nil, nil)], worker: other, in: transaction)
                    try await transaction.execute("select 1")
                    begun.raise()
                    await release.wait()
                }
            }
            await begun.wait()
            let batch = Task { try await engine.executor(worker).execute(entries, in: engine.queue()) }
            try await engine.untilSomebodyWaits()
            release.raise()
            try await burial.value
            try await batch.value
            #expect(try await engine.finished(entries) == [.dead])
            #expect(try await engine.tickets() == [])
            #expect(try await engine.isEmpty())
        }
    }

    @Test("an ended job that lies between those of a batch stops it only when it is one of them, and a dead worker whatever lies there")
    func ofABatch() async throws {
        try await EngineFixture.with { engine in
            let worker = try await engine.registered()
            var generator = SystemRandomNumberGenerator()
            let now = Int64(Date().timeIntervalSince1970 * 1000)
            var ids: [UUID] = []
            for later in Int64(0)..<3 { ids.append(UUID.version7(milliseconds: now + later, using: &generator)) }
            try await engine.pool.execute(
                .workspaces([engine.workspace]), "insert into undone_jobs (workspace_id, id) values ($1, $2)", engine.workspace, ids[1])

            let around = try #require(OwnRows(of: OwnRow.kind.name, jobs: [ids[2], ids[0]]))
            let among = try #require(OwnRows(of: OwnRow.kind.name, jobs: ids))
            #expect(try await engine.refusal(of: around, worker: worker) == nil)
            #expect(try await engine.refusal(of: among, worker: worker) == "MS002")
            #expect(try await WorkerStore(pool: engine.pool).markDead(worker))
            #expect(try await engine.refusal(of: around, worker: worker) == "MS001")
            #expect(try await engine.refusal(of: among, worker: worker) == "MS001")
        }
    }

    @Test("what retention has dropped from the outcomes is forgotten here too, and nothing else")
    func forgotten() async throws {
        try await EngineFixture.with { engine in
            let entries = try await engine.readOwnRows(1)
            let worker = try await engine.registered()
            #expect(try await engine.bury(entries[0], by: worker))
            var generator = SystemRandomNumberGenerator()
            let old = UUID.version7(milliseconds: Int64(Date().timeIntervalSince1970 * 1000) - 3 * 86_400_000, using: &generator)
            try await engine.pool.execute(
                .workspaces([engine.workspace]), "insert into undone_jobs (workspace_id, id) values ($1, $2)", engine.workspace, old)
            let housekeeping = Housekeeping(
                pool: engine.pool, idempotencyWindow: .seconds(60), draining: Signal(), clock: ContinuousClock(), logger: engine.logger)
            #expect(try await housekeeping.forgetUndone() == 1)
            #expect(try await housekeeping.forgetUndone() == 0)
        }
    }
}

extension EngineFixture {
    /// What the fence of a batch says in a transaction that does nothing else; nil when it lets it through.
    fileprivate func refusal(of batch: OwnRows, worker: UUID) async throws -> String? {
        do {
            try await OutcomeStore(pool: pool).fenced(worker: worker, workspaces: [workspace], writing: batch) { _ in }
            return nil
        } catch let error as PostgresError {
            return error.sqlState
        }
    }

    func registered() async throws -> UUID {
        let id = UUID.version7()
        try await WorkerStore(pool: pool).register(id: id, name: "test", host: "h", pid: 1, queues: ["notes"], version: "t")
        return id
    }

    /// Fresh entries, as nobody has seen them before, in the hands of a worker.
    fileprivate func readOwnRows(_ count: Int) async throws -> [Entry] {
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        let body = Array(try JSONEncoder().encode(OwnRow()))
        let envelopes = (0..<count).map { _ in
            Envelope(id: .version7(), workspace: workspace, kind: OwnRow.kind.name, version: 1, acceptedAt: now, body: body)
        }
        try await queue().append(envelopes)
        let connection = redis.blockingConnection()
        let found = try await queue().healingGroup {
            try await queue().perform(.together(count: count), worker: UUID.version7().lowercased, block: .seconds(2), on: connection)
        }
        await connection.close()
        #expect(found.entries.count == count)
        return found.entries
    }

    fileprivate func executor(
        _ worker: UUID, controls: Controls = Controls(), onBatch: @escaping @Sendable (PostgresTransaction) async throws -> Void = { _ in }
    ) -> Executor {
        var registry = HandlerRegistry()
        registry.register(batch: OwnRowHandler(onBatch: onBatch))
        return Executor(
            registry: registry, worker: worker, outcomes: OutcomeStore(pool: pool), letters: DeadLetterStore(pool: pool), ledger: ledger,
            controls: controls, draining: Signal(), clock: ContinuousClock(), logger: logger)
    }

    fileprivate func bury(_ entry: Entry, by worker: UUID) async throws -> Bool {
        try await DeadLetterStore(pool: pool).bury(
            entry.envelope, queue: "notes", code: "c", error: "e", history: Array("[]".utf8), worker: worker)
    }

    /// Two at the most would be a fault; in the order of the entries.
    fileprivate func finished(_ entries: [Entry]) async throws -> [OutcomeState?] {
        let rows = try await pool.query(
            .workspaces([workspace]), "select id, state from finished_jobs where id = any($1)", entries.map(\.envelope.id))
        #expect(rows.count <= entries.count, "a job has two outcomes")
        let states = try rows.map { (try $0.decode("id", as: UUID.self), OutcomeState(rawValue: try $0.decode("state", as: String.self))) }
        return entries.map { entry in states.first { $0.0 == entry.envelope.id }?.1 }
    }

    fileprivate func tickets() async throws -> [UUID] {
        try await pool.query(.workspaces([workspace]), "select id from tickets").map { try $0.decode("id", as: UUID.self) }
    }

    fileprivate func outcomes() async throws -> Int {
        try await pool.query(.workspaces([workspace]), "select 1 from outcomes").count
    }

    func untilSomebodyWaits() async throws {
        try await eventually("somebody waits for the lock of the kind") {
            try await !pool.query(
                .unscoped, "select pid from pg_stat_activity where datname = current_database() and wait_event = 'advisory'"
            ).isEmpty
        }
    }
}
