import Foundation
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Jobs

/// Jobs that are enqueued by a transaction: there if and only if it commits.
@Suite("Enqueueing in a transaction", .timeLimit(.minutes(1))) struct EnqueueTests {
    @Test("a handler's jobs are appended at once when it commits, and their group is confirmed")
    func commit() async throws {
        try await EngineFixture.with { engine in
            let trace = TraceParent(header: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
            let accepted = try await engine.producer.accept(Spawn(texts: ["a", "b", "c"]), workspace: engine.workspace, trace: trace)
            try await engine.withSpawner { _ in
                try await engine.expect(accepted.id, .done)
                // Long before the relay would look.
                try await eventually { try await engine.notes() == ["a", "b", "c"] }
                try await eventually { try await engine.appendGroups() == 0 }
                try await eventually { try await engine.isEmpty() }
            }
            #expect(try await engine.count("select count(*) as rows from acceptances where trace like '00-4bf92f3577b34da6a3ce929d0e0e4736-%'") == 4)
        }
    }

    @Test("a try that is rolled back leaves nothing, and the one that commits leaves its jobs once")
    func rollback() async throws {
        try await EngineFixture.with { engine in
            let retried = try await engine.producer.accept(Spawn(texts: ["a", "b"], failures: 2), workspace: engine.workspace)
            let hopeless = try await engine.producer.accept(Spawn(texts: ["never"], failures: 99), workspace: engine.workspace)
            try await engine.withSpawner { _ in
                try await engine.expect(retried.id, .done)
                try await engine.expect(hopeless.id, .dead)
                try await eventually { try await engine.notes() == ["a", "b"] }
                try await eventually { try await engine.appendGroups() == 0 }
            }
            #expect(try await engine.acceptances() == 4)
        }
    }

    @Test("a process that dies between the commit and the append leaves the jobs to the relay")
    func relay() async throws {
        try await EngineFixture.with(configure: { $0.relayAge = .milliseconds(100) }) { engine in
            try await engine.pool.transaction(.workspaces([engine.workspace])) { transaction in
                _ = try await transaction.enqueueing(engine.configuration) {
                    try transaction.enqueue(Note(text: "orphan"), workspace: engine.workspace)
                }
            }
            #expect(try await engine.appendGroups() == 1)
            #expect(try await engine.queue().measure().total == 0)
            try await engine.withWorker { _ in
                try await eventually { try await engine.notes() == ["orphan"] }
            }
        }
    }

    @Test("a long job enqueues in its transactions and with its end")
    func long() async throws {
        try await EngineFixture.with { engine in
            let accepted = try await engine.producer.accept(LongSpawn(text: "run"), workspace: engine.workspace)
            try await engine.withSpawner { _ in
                try await engine.expect(accepted.id, .done)
                try await eventually { try await engine.notes() == ["run at its end", "run on its way"] }
            }
            #expect(try await engine.acceptances() == 3)
        }
    }

    @Test("a producer's transaction writes rows and enqueues, or does neither")
    func producer() async throws {
        try await EngineFixture.with { engine in
            let workspace = engine.workspace
            let row = UUID.version7()
            let job = try await engine.producer.transaction(workspace) { transaction in
                transaction.submit("insert into notes (workspace_id, id, text) values ($1, $2, 'row')", workspace, row)
                // An id that comes twice is one job.
                let chosen = try transaction.enqueue(Note(text: "job"), workspace: workspace, id: .derived(from: row, step: 1))
                return try transaction.enqueue(Note(text: "job"), workspace: workspace, id: chosen)
            }
            #expect(job == .derived(from: row, step: 1))
            await #expect(throws: NoteFault.self) {
                try await engine.producer.transaction(workspace) { transaction in
                    try transaction.enqueue(Note(text: "never"), workspace: workspace)
                    throw NoteFault()
                }
            }
            try await engine.withWorker { _ in try await engine.expect(job, .done) }
            #expect(try await engine.notes() == ["job", "row"])
            #expect(try await engine.acceptances() == 1)
        }
    }

    @Test("a job for later waits for its time, and one under an id that was done before is not done again")
    func laterAndAgain() async throws {
        try await EngineFixture.with { engine in
            let workspace = engine.workspace
            let done = try await engine.producer.accept(Note(text: "once"), workspace: workspace)
            try await engine.withWorker { _ in
                try await engine.expect(done.id, .done)
                let later = try await engine.producer.transaction(workspace) { transaction in
                    try transaction.enqueue(Note(text: "again"), workspace: workspace, id: done.id)
                    return try transaction.enqueue(Note(text: "later"), workspace: workspace, notBefore: Date(timeIntervalSinceNow: 3600))
                }
                try await eventually {
                    let backlog = try await engine.queue().measure()
                    return backlog.later == 1 && backlog.total == 1 && backlog.running == 0
                }
                #expect(try await engine.status(later)?.state == .queued)
            }
            #expect(try await engine.notes() == ["once"])
        }
    }

    @Test("stream kinds, foreign transactions and other workspaces are refused")
    func refusals() async throws {
        try await EngineFixture.with { engine in
            let workspace = engine.workspace
            let job = try await engine.producer.transaction(workspace) { transaction in
                let stream = #expect(throws: JobError.self) { try transaction.enqueue(StreamNote(text: "x"), workspace: workspace) }
                #expect(stream?.code == .notTransactional && stream?.message.contains("stream kind") == true)
                // Nothing was enqueued by it, and the transaction goes on.
                return try transaction.enqueue(Note(text: "after"), workspace: workspace)
            }
            let kept = Mutex<PostgresTransaction?>(nil)
            try await engine.pool.transaction(.workspaces([workspace])) { transaction in
                let foreign = #expect(throws: JobError.self) { try transaction.enqueue(Note(text: "x"), workspace: workspace) }
                #expect(foreign?.code == .notTransactional)
                try await transaction.enqueueing(engine.configuration) { kept.withLock { $0 = transaction } }
            }
            let ended = try #require(kept.withLock { $0 })
            let late = #expect(throws: JobError.self) { try ended.enqueue(Note(text: "x"), workspace: workspace) }
            #expect(late?.code == .notTransactional)
            let error = await #expect(throws: PostgresError.self) {
                try await engine.producer.transaction(workspace) { try $0.enqueue(Note(text: "x"), workspace: .version7()) }
            }
            #expect(error?.sqlState == "42501")
            try await engine.withWorker { _ in try await engine.expect(job, .done) }
            #expect(try await engine.acceptances() == 1)
        }
    }
}
