import Foundation
import Postgres
import TestSupport
import Testing

@testable import Jobs

/// Worth something for a minute.
private struct Brief: JobPayload {
    static let kind = JobKind(name: "test.brief", queue: "fresh", acceptance: .stream, expiry: .seconds(60))
}

private struct BriefHandler: EffectHandler {
    func handle(_ job: Job<Brief>, in transaction: PostgresTransaction) async throws -> JobResult? { nil }
}

@Suite(.timeLimit(.minutes(1))) struct ReplayedExpiryTests {
    @Test(
        "a job that died because it was too old is done after a replay; one that waited too long after it is dead again",
        arguments: [(10, JobStatus.State.done), (61, .dead)])
    func replayed(secondsAgo: Int, state: JobStatus.State) async throws {
        try await EngineFixture.with { engine in
            let worker = UUID.version7()
            try await WorkerStore(pool: engine.pool).register(id: worker, name: "t", host: "h", pid: 1, queues: ["fresh"], version: "t")
            let envelope = Envelope(
                id: .version7(), workspace: engine.workspace, kind: Brief.kind.name, version: 1,
                acceptedAt: Int64(Date().timeIntervalSince1970 * 1000) - 3_600_000, body: Array(try JSONEncoder().encode(Brief())))
            let letters = DeadLetterStore(pool: engine.pool)
            let isBuried = try await letters.bury(
                envelope, queue: "fresh", code: "expired", error: "e", history: Array("[]".utf8), worker: worker)
            #expect(isBuried)
            let letter = try #require(await letters.find(envelope.id))
            let replay = try #require(await letters.replay(letter, partition: 0))
            #expect(replay.envelope.acceptedAt == envelope.acceptedAt, "when it was accepted is nobody's to change")
            try await engine.pool.execute(
                .workspaces([engine.workspace]), "update dead_letters set replayed_at = replayed_at - $1 * interval '1 second' where id = $2",
                Double(secondsAgo), envelope.id)
            try await engine.queue("fresh").append([replay.envelope])
            var registry = HandlerRegistry()
            registry.register(effect: BriefHandler())
            let service = Worker(
                name: "brief", registry: registry, pool: engine.pool, redis: engine.redis, configuration: engine.configuration, logger: engine.logger)
            try await engine.run(service) { _ in try await engine.expect(envelope.id, state) }
        }
    }
}
