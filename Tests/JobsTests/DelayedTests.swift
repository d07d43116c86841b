import Foundation
import Postgres
import Redis
import TestSupport
import Testing

@testable import Jobs

/// Jobs that wait for their time.
@Suite(.timeLimit(.minutes(1))) struct DelayedTests {
    /// Moves what waits in a queue as far back as if so many seconds had passed.
    private func pass(_ seconds: Int, in queue: Queue) async throws {
        let jobs = try await queue.client.send(RedisCommand("ZRANGE", .string(queue.keys.later), 0, -1)).array ?? []
        for job in jobs {
            _ = try await queue.client.send(
                RedisCommand("ZINCRBY", .string(queue.keys.later), .integer(-1000 * seconds), .string(try #require(job.string))))
        }
    }

    @Test("a job is not begun before its time, and is done once when that has come", arguments: [true, false])
    func notBefore(isLedger: Bool) async throws {
        try await EngineFixture.with { engine in
            let time = Date(timeIntervalSinceNow: 3600)
            let job =
                isLedger
                ? try await engine.producer.accept(Note(text: "in an hour"), workspace: engine.workspace, notBefore: time)
                : try await engine.producer.accept(StreamNote(text: "in an hour"), workspace: engine.workspace, notBefore: time)
            let now = try await engine.producer.accept(Note(text: "now"), workspace: engine.workspace, notBefore: Date(timeIntervalSinceNow: -5))
            let queue = engine.queue(isLedger ? "notes" : "streams")
            try await engine.withWorker { _ in
                try await engine.expect(now.id, .done)
                try await engine.eventuallyAppended { try await queue.measure().later == 1 }
                #expect(try await engine.status(job.id)?.state == .queued)
                try await pass(3000, in: queue)
                #expect(try await queue.promote().moved == 0, "ten minutes before its time")
                try await pass(601, in: queue)
                try await engine.expect(job.id, .done)
            }
            #expect(try await engine.notes() == ["in an hour", "now"])
        }
    }

    @Test("Redis loses everything: a job of the ledger goes back to its time, and not to the front")
    func flush() async throws {
        try await EngineFixture.with { engine in
            let job = try await engine.producer.accept(
                Note(text: "tomorrow"), workspace: engine.workspace, notBefore: Date(timeIntervalSinceNow: 86_400))
            let queue = engine.queue()
            try await engine.eventuallyAppended { try await queue.measure().later == 1 }
            let relay = engine.relay()
            _ = try await relay.reconcile(queue.partition)
            for key in [queue.keys.later, queue.keys.laterJobs, queue.keys.epoch] {
                _ = try await engine.redis.send(RedisCommand("DEL", .string(key)))
            }
            #expect(try await relay.reconcile(queue.partition) == 1)
            let backlog = try await queue.measure()
            #expect(backlog.later == 1 && backlog.ready == 0)
            #expect(try await engine.status(job.id)?.state == .queued)
        }
    }
}
