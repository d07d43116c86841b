import Foundation
import Logging
import Postgres
import Redis
import TestSupport
import Testing

@testable import Jobs

/// What is asked of running workers from outside, on real servers.
@Suite(.timeLimit(.minutes(1))) struct ControlTests {
    @Test("a paused queue accepts jobs and begins none, be the pause older than the worker or not; resumed, it does them all")
    func pause() async throws {
        try await EngineFixture.with { engine in
            let control = QueueControl(pool: engine.pool)
            #expect(try await control.pause("notes", reason: "a look at it"))
            #expect(try await control.pause("notes", reason: "a longer look") == false)
            #expect(try await control.paused().map(\.reason) == ["a longer look"])
            let waiting = try await engine.producer.accept(Note(text: "first"), workspace: engine.workspace)
            try await engine.withWorker { _ in
                for _ in 0..<5 { try await engine.doOther() }
                #expect(try await engine.isLeftAlone())
                #expect(try await engine.status(waiting.id)?.state == .queued)
                #expect(try await control.resume("notes"))
                #expect(try await control.resume("notes") == false)
                try await engine.expect(waiting.id, .done)

                #expect(try await control.pause("notes", reason: nil))
                // Until the worker has heard of it, it goes on taking jobs.
                try await eventually("a job is left alone") {
                    _ = try await engine.producer.accept(Note(text: "second"), workspace: engine.workspace)
                    for _ in 0..<5 { try await engine.doOther() }
                    return try await engine.isLeftAlone()
                }
                #expect(try await control.resume("notes"))
                try await eventually { try await engine.isEmpty() }
            }
        }
    }

    @Test("a job that was cancelled while it waited has no effect, and says so once; a second wish finds nothing to do")
    func cancelWaiting() async throws {
        try await EngineFixture.with { engine in
            let ids = try await [Note(text: "wanted"), Note(text: "not wanted")].asyncMap {
                try await engine.producer.accept($0, workspace: engine.workspace).id
            }
            #expect(try await engine.producer.cancel(ids[1], workspace: .version7()) == nil, "another workspace's job is unknown")
            #expect(try await engine.producer.cancel(ids[1], workspace: engine.workspace)?.state == .queued)
            _ = try await engine.producer.cancel(ids[1], workspace: engine.workspace)
            try await engine.withWorker { _ in
                try await engine.expect(ids[0], .done)
                try await engine.expect(ids[1], .cancelled)
                try await eventually { try await engine.isEmpty() }
            }
            #expect(try await engine.notes() == ["wanted"])
            #expect(try await engine.producer.cancel(ids[1], workspace: engine.workspace)?.state == .cancelled)
            // A doubled entry, as a relay may make one, finds the wish and the outcome, and has no effect either.
            let envelope = Envelope(
                id: ids[1], workspace: engine.workspace, kind: Note.kind.name, version: 1, acceptedAt: 1,
                body: Array(try JSONEncoder().encode(Note(text: "not wanted"))))
            try await engine.queue().append([envelope])
            try await engine.withWorker { _ in try await eventually { try await engine.isEmpty() } }
            #expect(try await engine.notes() == ["wanted"])
            #expect(try await ControlStore(pool: engine.pool).forgetSettled() == 0, "not within the hour")
        }
    }

    @Test("a job that waits for its time, or for its retry, comes up at once to be cancelled")
    func cancelScheduled() async throws {
        try await EngineFixture.with { engine in
            let later = try await engine.producer.accept(
                Note(text: "tomorrow"), workspace: engine.workspace, notBefore: Date(timeIntervalSinceNow: 86_400))
            try await engine.withWorker { _ in
                try await engine.eventuallyAppended { try await engine.queue().measure().later == 1 }
                _ = try await engine.producer.cancel(later.id, workspace: engine.workspace)
                try await engine.expect(later.id, .cancelled)
                try await eventually { try await engine.isEmpty() }
            }
            #expect(try await engine.notes() == [])
        }
    }

    @Test("a job that is hurried to its cancellation is cancelled by a worker that has not heard of the wish")
    func cancelHurried() async throws {
        try await EngineFixture.with { engine in
            let tomorrow = Date(timeIntervalSinceNow: 86_400)
            let ids = try await ["a", "b"].asyncMap {
                try await engine.producer.accept(Note(text: $0), workspace: engine.workspace, notBefore: tomorrow).id
            }
            let queue = engine.queue()
            try await engine.eventuallyAppended { try await queue.measure().later == 2 }
            for id in ids { _ = try await engine.producer.cancel(id, workspace: engine.workspace) }
            #expect(try await queue.promote().moved == 2)
            var registry = HandlerRegistry()
            registry.register(batch: NoteHandler())
            let (worker, deaf) = (UUID.version7(), Controls())
            try await WorkerStore(pool: engine.pool).register(id: worker, name: "deaf", host: "test", pid: 1, queues: ["notes"], version: "test")
            let executor = Executor(
                registry: registry, worker: worker, outcomes: OutcomeStore(pool: engine.pool), letters: DeadLetterStore(pool: engine.pool),
                ledger: engine.ledger, controls: deaf, draining: Signal(), clock: ContinuousClock(), logger: engine.logger)
            try await queue.ensureGroup()
            let connection = engine.redis.blockingConnection()
            let found = try await queue.perform(.together(count: 10), worker: worker.lowercased, block: .seconds(1), on: connection)
            await connection.close()
            try await executor.execute(found.entries, in: queue)
            for id in ids { try await engine.expect(id, .cancelled) }
            #expect(try await engine.notes() == [])
            #expect(try await engine.isEmpty())
        }
    }

    @Test("a job of a kind that cannot be cancelled is refused: no wish is kept of it, and it does not come up before its time")
    func cancelRefused() async throws {
        try await EngineFixture.with { engine in
            let producer = JobProducer(
                pool: engine.pool, redis: engine.redis, configuration: engine.configuration, queues: ["notes"], uncancellable: [OwedNote.kind],
                logger: engine.logger)
            #expect(!producer.isCancellable(kind: OwedNote.kind.name) && producer.isCancellable(kind: "test.unheard"))
            let tomorrow = Date(timeIntervalSinceNow: 86_400)
            let owed = try await engine.producer.accept(OwedNote(), workspace: engine.workspace, notBefore: tomorrow)
            let other = try await engine.producer.accept(Note(text: "other"), workspace: engine.workspace, notBefore: tomorrow)
            try await engine.eventuallyAppended { try await engine.queue().measure().later == 2 }
            let due = try await engine.dueTimes()

            let error = await #expect(throws: JobError.self) { _ = try await producer.cancel(owed.id, workspace: engine.workspace) }
            #expect(error?.code == .refused && error?.subject == OwedNote.kind.name)
            #expect(try await producer.cancel(owed.id, workspace: .version7()) == nil, "another workspace's job is unknown")
            #expect(try await ControlStore(pool: engine.pool).wishes().cancelled.isEmpty)
            #expect(try await engine.dueTimes() == due)

            #expect(try await producer.cancel(other.id, workspace: engine.workspace)?.state == .queued)
            let hurried = try await engine.dueTimes()
            #expect(hurried[owed.id] == due[owed.id] && hurried[other.id] != due[other.id])
        }
    }

    @Test("a running run hears of it and ends itself")
    func cancelRunning() async throws {
        try await EngineFixture.with { engine in
            let begun = Signal()
            var registry = HandlerRegistry()
            registry.register(run: LongNoteHandler(begun: begun))
            let worker = Worker(
                name: "runs", registry: registry, pool: engine.pool, redis: engine.redis, configuration: engine.configuration, logger: engine.logger)
            let job = try await engine.producer.accept(LongNote(), workspace: engine.workspace)
            try await engine.run(worker) { _ in
                await begun.wait()
                _ = try await engine.producer.cancel(job.id, workspace: engine.workspace)
                try await engine.expect(job.id, .cancelled)
            }
            #expect(try await engine.notes() == ["heard"])
        }
    }

    @Test("a job that is too old is not begun: it is a dead letter that says so")
    func expiry() async throws {
        try await EngineFixture.with { engine in
            func envelope(ageSeconds: Int64) throws -> Envelope {
                Envelope(
                    id: .version7(), workspace: engine.workspace, kind: FreshNote.kind.name, version: 1,
                    acceptedAt: Int64(Date().timeIntervalSince1970 * 1000) - ageSeconds * 1000, body: Array(try JSONEncoder().encode(FreshNote())))
            }
            let (old, young) = (try envelope(ageSeconds: 61), try envelope(ageSeconds: 1))
            try await engine.queue(FreshNote.kind.queue).append([old, young])
            var registry = HandlerRegistry()
            registry.register(effect: FreshNoteHandler())
            let worker = Worker(
                name: "fresh", registry: registry, pool: engine.pool, redis: engine.redis, configuration: engine.configuration, logger: engine.logger)
            try await engine.run(worker) { _ in try await eventually { try await engine.isEmpty(FreshNote.kind.queue) } }
            #expect(try await engine.status(old.id)?.state == .dead)
            #expect(try await DeadLetterStore(pool: engine.pool).find(old.id)?.code == "expired")
            #expect(try await engine.status(young.id)?.state == .done)
        }
    }
}

extension EngineFixture {
    /// When each of the jobs that wait for their time may begin.
    fileprivate func dueTimes() async throws -> [UUID: Date?] {
        Dictionary(uniqueKeysWithValues: try await queue().waiting().map { ($0.envelope.id, $0.due) })
    }

    /// Has a job of another queue done: time in which a worker would have begun what it may.
    fileprivate func doOther() async throws {
        try await expect(try await producer.accept(StreamNote(text: "other"), workspace: workspace).id, .done)
    }

    /// Something waits in the queue of notes, and no worker has it.
    fileprivate func isLeftAlone() async throws -> Bool {
        let backlog = try await queue().measure()
        return backlog.ready > 0 && backlog.running == 0
    }
}

/// Runs until it is cancelled, and leaves a note of that.
private struct LongNote: JobPayload {
    static let kind = JobKind(name: "test.long", queue: "long", acceptance: .stream)
}

private struct LongNoteHandler: RunHandler {
    let begun: Signal

    func run(_ job: Job<LongNote>, context: RunContext) async throws {
        begun.raise()
        await context.cancelRequested()
        try await context.finish(.cancelled) { transaction in
            transaction.submit("insert into notes (workspace_id, id, text) values ($1, $2, 'heard')", job.workspace, job.id)
        }
    }
}

/// Owed to somebody, whoever may not want it.
private struct OwedNote: JobPayload {
    static let kind = JobKind(name: "test.owed", queue: "notes", acceptance: .ledger, isCancellable: false)
}

/// Worth something for a minute.
private struct FreshNote: JobPayload {
    static let kind = JobKind(name: "test.fresh", queue: "fresh", acceptance: .stream, expiry: .seconds(60))
}

private struct FreshNoteHandler: EffectHandler {
    func handle(_ job: Job<FreshNote>, in transaction: PostgresTransaction) async throws -> JobResult? { nil }
}

extension Array {
    /// One after the other, in order.
    fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async throws -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
