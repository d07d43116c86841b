import Foundation
import JobsTesting
import Postgres
import TestSupport
import Testing

@testable import Jobs

/// Writes its row, and then is slow for some attempts.
private struct SlowHandler: EffectHandler {
    let clock: ManualClock
    let slowAttempts: Int

    func handle(_ job: Job<StreamNote>, in transaction: PostgresTransaction) async throws -> JobResult? {
        try await transaction.execute(
            "insert into notes (workspace_id, id, text) values ($1, $2, $3)", job.workspace, job.id, "attempt \(job.attempt)")
        if job.attempt <= slowAttempts { try await clock.sleep(for: .seconds(3600)) }
        return nil
    }
}

/// The same, but it does not listen when it is asked to stop.
private struct DeafHandler: EffectHandler {
    let calledOff: Signal

    func handle(_ job: Job<StreamNote>, in transaction: PostgresTransaction) async throws -> JobResult? {
        transaction.submit("insert into notes (workspace_id, id, text) values ($1, $2, $3)", job.workspace, job.id, "attempt \(job.attempt)")
        // Returns when the task is cancelled, too, and says nothing of it.
        if job.attempt == 1 { await calledOff.wait() }
        return nil
    }
}

@Suite(.timeLimit(.minutes(1))) struct TimeoutMiddlewareTests {
    private static let unit = JobUnit(kind: Note.kind, shape: .effect, jobs: [.init(id: .version7(), workspace: .version7())])

    @Test("who is in time is let through, and nothing is left on the clock")
    func inTime() async throws {
        let clock = ManualClock()
        let answer = try await JobTimeoutMiddleware(.seconds(5), clock: clock).handle(Self.unit) { 7 }
        #expect(answer == 7 && clock.sleepers == 0)
        await #expect(throws: NoteFault.self) {
            try await JobTimeoutMiddleware(.seconds(5), clock: clock).handle(Self.unit) { throw NoteFault() }
        }
        #expect(clock.sleepers == 0)
    }

    @Test("a kind without a limit has no timer")
    func unlimited() async throws {
        let (clock, work) = (ManualClock(), ManualClock())
        let middleware = JobTimeoutMiddleware(clock: clock) { $0.name == "test.other" ? .seconds(1) : nil }
        let task = Task { try await middleware.handle(Self.unit) { try await work.sleep(for: .seconds(60)) } }
        try await eventually { work.sleepers == 1 }
        #expect(clock.sleepers == 0)
        work.advance(by: .seconds(60))
        try await task.value
    }

    @Test("who is late is cancelled, and the error names the limit and the kind")
    func late() async throws {
        let (clock, work) = (ManualClock(), ManualClock())
        let middleware = JobTimeoutMiddleware(.seconds(5), clock: clock)
        let task = Task { try await middleware.handle(Self.unit) { try await work.sleep(for: .seconds(60)) } }
        try await eventually { clock.sleepers == 1 && work.sleepers == 1 }
        clock.advance(by: .milliseconds(4_999))
        #expect(work.sleepers == 1 && clock.sleepers == 1)
        clock.advance(by: .milliseconds(1))
        let error = await #expect(throws: JobError.self) { try await task.value }
        #expect(error?.code == .timedOut && error?.description.contains("5.0 seconds") == true && error?.description.contains("test.note") == true)
        #expect(error.map { Failure($0) } == .failed(permanent: false, code: "timed_out"))
        #expect(work.sleepers == 0)
    }

    @Test("what ends after its limit is late, whatever it returns")
    func deaf() async throws {
        let (clock, never) = (ManualClock(), Signal())
        let middleware = JobTimeoutMiddleware(.seconds(5), clock: clock)
        let task = Task {
            try await middleware.handle(Self.unit) {
                await never.wait()
                return 7
            }
        }
        try await eventually { clock.sleepers == 1 }
        clock.advance(by: .seconds(5))
        let error = await #expect(throws: JobError.self) { try await task.value }
        #expect(error?.code == .timedOut)
    }

    @Test("a late handler whose error is true whatever the time keeps it")
    func kept() async throws {
        let errors: [any Error] = [
            JobError(.fenced, subject: "w", message: "dead"), JobError(.unavailable, subject: "s", message: "away"),
            PermanentJobError("it cannot be", code: "impossible"),
        ]
        for expected in errors {
            let (clock, never) = (ManualClock(), Signal())
            let middleware = JobTimeoutMiddleware(.seconds(5), clock: clock)
            let task = Task {
                try await middleware.handle(Self.unit) { () async throws -> Int in
                    await never.wait()
                    throw expected
                }
            }
            try await eventually { clock.sleepers == 1 }
            clock.advance(by: .seconds(5))
            guard case .failure(let error) = await task.result else {
                Issue.record("it did not fail: \(expected)")
                continue
            }
            #expect(Failure(error) == Failure(expected), "\(error)")
        }
    }

    @Test("who is asked to stop from outside is cancelled and not late")
    func cancelled() async throws {
        let (clock, work) = (ManualClock(), ManualClock())
        let middleware = JobTimeoutMiddleware(.seconds(5), clock: clock)
        let task = Task { try await middleware.handle(Self.unit) { try await work.sleep(for: .seconds(60)) } }
        try await eventually { clock.sleepers == 1 && work.sleepers == 1 }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(clock.sleepers == 0 && work.sleepers == 0)
    }

    @Test("what a slow handler has written is rolled back, and its next attempt begins anew")
    func rollback() async throws {
        try await EngineFixture.with { engine in
            let (clock, work) = (ManualClock(), ManualClock())
            var registry = HandlerRegistry(middleware: [JobTimeoutMiddleware(.seconds(30), clock: clock)])
            registry.register(effect: SlowHandler(clock: work, slowAttempts: 1))
            let job = try await engine.producer.accept(StreamNote(text: "slow"), workspace: engine.workspace).id
            try await engine.withWorker(serving: registry) {
                try await eventually { clock.sleepers == 1 && work.sleepers == 1 }
                clock.advance(by: .seconds(30))
                let status = try await engine.finished(job)
                #expect(status.state == .done && status.attempts == 2)
            }
            #expect(try await engine.notes() == ["attempt 2"])
            #expect(work.sleepers == 0)
        }
    }

    @Test("what a handler submitted that does not listen is not committed after its limit")
    func deafRollback() async throws {
        try await EngineFixture.with { engine in
            let clock = ManualClock()
            var registry = HandlerRegistry(middleware: [JobTimeoutMiddleware(.seconds(30), clock: clock)])
            registry.register(effect: DeafHandler(calledOff: Signal()))
            let job = try await engine.producer.accept(StreamNote(text: "deaf"), workspace: engine.workspace).id
            try await engine.withWorker(serving: registry) {
                try await eventually { clock.sleepers == 1 }
                clock.advance(by: .seconds(30))
                try await engine.expect(job, .done)
            }
            #expect(try await engine.notes() == ["attempt 2"])
        }
    }

    @Test("a handler that is always too slow is a dead letter that says so")
    func dead() async throws {
        try await EngineFixture.with { engine in
            let (clock, work) = (ManualClock(), ManualClock())
            var registry = HandlerRegistry(middleware: [JobTimeoutMiddleware(.seconds(30), clock: clock)])
            registry.register(effect: SlowHandler(clock: work, slowAttempts: .max))
            let job = try await engine.producer.accept(StreamNote(text: "slow"), workspace: engine.workspace).id
            try await engine.withWorker(serving: registry) {
                for _ in 1...Note.quick.maximumAttempts {
                    try await eventually { clock.sleepers == 1 && work.sleepers == 1 }
                    clock.advance(by: .seconds(30))
                }
                try await engine.expect(job, .dead)
            }
            let letter = try #require(await DeadLetterStore(pool: engine.pool).find(job))
            #expect(letter.code == "timed_out" && letter.attempts == 3)
            #expect(letter.error.contains("30.0 seconds") && letter.error.contains("test.stream"))
            #expect(try await engine.notes() == [])
        }
    }
}
