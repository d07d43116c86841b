import Foundation
import Jobs
import JobsTesting
import Postgres
import TestSupport
import Testing

/// Fails as often as it says.
private struct Chore: JobPayload, Equatable {
    static let retry = RetryPolicy(base: .seconds(60), cap: .seconds(60), floor: .seconds(30), maximumAttempts: 3)
    static let kind = JobKind(name: "test.chore", queue: "chores", acceptance: .ledger, retry: retry)
    var text: String
    var failures = 0
}

/// The same, accepted by the stream alone.
private struct StreamChore: JobPayload, Equatable {
    static let kind = JobKind(name: "test.stream-chore", queue: "stream-chores", acceptance: .stream)
    var text: String
}

private struct ChoreFault: Error {}

private struct ChoreHandler: EffectHandler {
    func handle(_ job: Job<Chore>, in transaction: PostgresTransaction) async throws -> JobResult? {
        if job.attempt <= job.payload.failures { throw ChoreFault() }
        return try JobResult(["attempt": job.attempt])
    }
}

/// Enqueues a chore for each of its own.
private struct StreamChoreHandler: EffectHandler {
    func handle(_ job: Job<StreamChore>, in transaction: PostgresTransaction) async throws -> JobResult? {
        try transaction.enqueue(Chore(text: "of \(job.payload.text)"), workspace: job.workspace)
        return nil
    }
}

@Suite(.timeLimit(.minutes(2))) struct TestEngineTests {
    private static func with(_ body: @Sendable (TestEngine) async throws -> Void) async throws {
        try await withEngine(queues: ["stream-chores"], handlers: { $0.register(effect: ChoreHandler()) }) { engine in
            try await body(engine.serving { $0.register(effect: StreamChoreHandler()) })
        }
    }

    @Test("a retry waits for its time, which is when the test says so")
    func retries() async throws {
        try await Self.with { engine in
            let job = try await engine.accept(Chore(text: "twice", failures: 2))
            let first = try await engine.drain()
            #expect(first == Drained(retried: 1, waiting: 1))
            #expect(try await engine.status(of: job)?.state == .retrying)
            // At least thirty seconds lie between two attempts.
            let early = try await engine.drain()
            #expect(early == Drained(waiting: 1))
            let waiting = try await engine.expectEnqueued(Chore(text: "twice", failures: 2))
            #expect(waiting.first?.attempt == 2 && waiting.first.flatMap(\.due).map { $0 > engine.now } == true)
            engine.advance(by: .seconds(61))
            let second = try await engine.drain()
            #expect(second == Drained(retried: 1, waiting: 1))
            engine.advance(by: .seconds(61))
            let third = try await engine.drain()
            #expect(third == Drained(done: 1))
            #expect(try await engine.result(of: job, as: [String: Int].self) == ["attempt": 3])
            try await engine.expectNothingEnqueued(of: Chore.self)
        }
    }

    @Test("what is drained step by step has all of its turns")
    func steps() async throws {
        try await Self.with { engine in
            try await engine.accept(Chore(text: "never", failures: 99))
            try await engine.accept(Chore(text: "later"), after: .seconds(300))
            let drained = try await engine.drain(advancingBy: .seconds(488))
            #expect(drained == Drained(done: 1, retried: 2, dead: 1))
            let letters = try await engine.deadLetters(kind: "test.chore")
            #expect(letters.count == 1 && letters.first?.attempts == 3)
        }
    }

    @Test("what a handler enqueues is carried out by the same drain")
    func chain() async throws {
        try await Self.with { engine in
            for number in 0..<3 { try await engine.accept(StreamChore(text: "\(number)")) }
            try await engine.expectNothingEnqueued(of: Chore.self)
            let drained = try await engine.drain()
            #expect(drained == Drained(done: 6))
        }
    }

    @Test("what waits is shown with its workspace, its time and its body, wherever that lies")
    func enqueued() async throws {
        try await Self.with { engine in
            let (other, long) = (UUID.version7(), String(repeating: "long ", count: 10_000))
            let trace = try #require(TraceParent(header: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"))
            try await engine.accept(Chore(text: "one"), trace: trace)
            try await engine.accept(Chore(text: "two"), workspace: other, after: .seconds(60))
            try await engine.accept(Chore(text: long))
            try await engine.accept(StreamChore(text: "stream"))
            try await engine.accept(StreamChore(text: long), workspace: other, after: .seconds(60))

            let chores = try await engine.enqueued(of: Chore.self).sorted { $0.payload.text > $1.payload.text }
            #expect(chores.map(\.payload.text) == ["two", "one", long] && chores.map(\.attempt) == [1, 1, 1])
            #expect(chores.map(\.workspace) == [other, engine.workspace, engine.workspace])
            #expect(chores.map { $0.due == nil } == [false, true, true] && chores[1].trace == trace)
            let due = try #require(chores[0].due).timeIntervalSince(engine.now)
            #expect(due > 30 && due < 61)
            let streams = try await engine.enqueued(of: StreamChore.self)
            #expect(Set(streams.map(\.payload.text)) == ["stream", long])
            #expect(try await engine.enqueued(of: StreamChore.self, workspace: other).count == 1)

            await #expect(throws: TestEngineError.self) { try await engine.expectEnqueued(Chore(text: "three")) }
            await #expect(throws: TestEngineError.self) { try await engine.expectEnqueued(Chore(text: "one"), workspace: other) }
            await #expect(throws: TestEngineError.self) { try await engine.expectEnqueued(Chore(text: "one"), count: 2) }
            await #expect(throws: TestEngineError.self) { try await engine.expectNothingEnqueued(of: StreamChore.self) }
        }
    }

    @Test("a worker beside the test begins what becomes due by itself")
    func worker() async throws {
        try await Self.with { engine in
            try await engine.withWorker {
                let job = try await engine.accept(Chore(text: "soon"), after: .milliseconds(50))
                #expect(try await engine.finished(job).state == .done)
            }
            engine.advance(by: .seconds(3600))
            let job = try await engine.accept(Chore(text: "in an hour"), after: .seconds(3600))
            engine.advance(by: .seconds(3601))
            try await engine.withWorker {
                let ended = try await engine.finished(job)
                #expect(ended.state == .done)
            }
        }
    }

    @Test("a dead letter is replayed, and its fixture is run as it was")
    func fixture() async throws {
        try await Self.with { engine in
            try await engine.accept(Chore(text: "never", failures: 99))
            try await engine.drain(advancingBy: .seconds(300))
            let letter = try #require(await engine.deadLetters().first)
            let status = try await engine.run(DeadLetterFixture(letter), as: Chore.self)
            #expect(status.state == .retrying)
            #expect(try await engine.replay(letter))
            try await engine.drain(advancingBy: .seconds(300))
            #expect(try await engine.deadLetters().count == 2)
        }
    }

    @Test("a drain that hangs ends with an error that says where")
    func hanging() async throws {
        try await withEngine(queues: ["stream-chores"], configure: { $0.drainBudget = .milliseconds(50) }) { engine in
            let hanging = engine.serving { $0.register(effect: HangingHandler()) }
            try await hanging.accept(StreamChore(text: "for ever"))
            let error = await #expect(throws: TestEngineError.self) { try await hanging.drain(timeout: .milliseconds(300)) }
            #expect(error?.description.contains("1 jobs in lanes") == true, "\(error?.description ?? "")")
        }
    }

    @Test("the private servers are started once, and each engine has a database and keys of its own")
    func apart() async throws {
        try await Self.with { first in
            try await first.accept(Chore(text: "mine"))
            try await Self.with { second in
                try await second.expectNothingEnqueued(of: Chore.self)
                #expect(second.configuration.prefix != first.configuration.prefix)
            }
            try await first.expectEnqueued(Chore(text: "mine"))
        }
    }

    @Test("tables cannot be made in a database that is not private")
    func tables() async throws {
        let database = try await TestDatabase.make()
        await #expect(throws: TestEngineError.self) { try await withEngine(postgres: database.serverURL, tables: "select 1") { _ in } }
    }
}

private struct HangingHandler: EffectHandler {
    func handle(_ job: Job<StreamChore>, in transaction: PostgresTransaction) async throws -> JobResult? {
        try await ManualClock().sleep(for: .seconds(1))
        return nil
    }
}
