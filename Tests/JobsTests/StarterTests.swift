import Foundation
import Redis
import Synchronization
import TestSupport
import Testing

@testable import Jobs

/// A long run that waits until it is let go.
private struct Tale: JobPayload {
    static let kind = JobKind(name: "test.tale", queue: "long", acceptance: .stream)
}

private struct TaleHandler: RunHandler {
    let onBegin: @Sendable () -> Void
    let release: Signal

    func run(_ job: Job<Tale>, context: RunContext) async throws {
        onBegin()
        await release.wait()
        try await context.finish()
    }
}

/// Who began a job, and what of that counts against it.
@Suite(.timeLimit(.minutes(1))) struct StarterTests {
    @Test("deaths count and no starts: not those of one worker again, not those of workers that live")
    func deaths() async throws {
        try await EngineFixture.with { engine in
            let queue = engine.queue()
            let envelope = try engine.tale(Note.kind.name)
            try await queue.append([envelope, envelope])
            let (first, second, third) = (UUID.version7(), UUID.version7(), UUID.version7())
            let one = try #require(await engine.read(by: first, from: queue))
            let other = try #require(await engine.read(by: second, from: queue))
            for _ in 0..<3 {
                let beginning = try await queue.beginAlone(one, by: first)
                #expect(beginning == .begun(deaths: 0), "the answer to the call before may have been lost")
            }
            let beside = try await queue.beginAlone(other, by: second)
            #expect(beside == .begun(deaths: 0), "the first worker lives")
            let stranger = try await queue.beginAlone(one, by: third)
            #expect(stranger == .notOurs)

            _ = try await queue.claim(from: first, to: third)
            let late = try await queue.beginAlone(one, by: first)
            #expect(late == .notOurs, "it was taken over")
            let afterDeath = try await queue.beginAlone(one, by: third)
            #expect(afterDeath == .begun(deaths: 1))
        }
    }

    @Test("a worker that leaves takes its own start back and no death of others; an acknowledgement ends the account")
    func handedBack() async throws {
        try await EngineFixture.with { engine in
            let queue = engine.queue()
            let envelope = try engine.tale(Note.kind.name)
            try await queue.append([envelope])
            let workers = (0..<4).map { _ in UUID.version7() }
            let entry = try #require(await engine.read(by: workers[0], from: queue))
            _ = try await queue.beginAlone(entry, by: workers[0])
            _ = try await queue.claim(from: workers[0], to: workers[1])
            _ = try await queue.beginAlone(entry, by: workers[1])
            #expect(try await queue.handBack(worker: workers[1]) == 1)
            let again = try #require(await engine.read(by: workers[2], from: queue))
            #expect(again.envelope.id == envelope.id && again.key != entry.key)
            let beginning = try await queue.beginAlone(again, by: workers[2])
            #expect(beginning == .begun(deaths: 1))

            try await queue.acknowledge([again.finished], clearing: [envelope.id])
            try await queue.append([envelope])
            let fresh = try #require(await engine.read(by: workers[3], from: queue))
            let afresh = try await queue.beginAlone(fresh, by: workers[3])
            #expect(afresh == .begun(deaths: 0))
        }
    }

    @Test("a second entry of a run that is under way is left to it, whoever reads it; the run is begun once and ends as its own")
    func secondEntry() async throws {
        try await EngineFixture.with { engine in
            let (begun, release) = (Signal(), Signal())
            let begins = Mutex(0)
            let envelope = try engine.tale(Tale.kind.name)
            let queue = engine.queue(Tale.kind.queue)
            // As a replay makes it, or a relay: nobody knows whether it is the only one.
            try await queue.append([envelope])
            @Sendable func worker() -> Worker {
                var registry = HandlerRegistry()
                registry.register(
                    run: TaleHandler(
                        onBegin: {
                            begins.withLock { $0 += 1 }
                            begun.raise()
                        }, release: release))
                return Worker(
                    name: "tales", registry: registry, pool: engine.pool, redis: engine.redis, configuration: engine.configuration,
                    logger: engine.logger)
            }
            try await engine.run(worker()) { _ in
                try await engine.run(worker()) { _ in
                    await begun.wait()
                    try await queue.append([envelope])
                    try await eventually("the second entry is gone") { try await queue.measure().ready == 1 }
                    release.raise()
                    try await eventually("nothing is left") { try await engine.isEmpty(Tale.kind.queue) }
                }
            }
            #expect(begins.withLock { $0 } == 1)
            #expect(try await engine.status(envelope.id)?.state == .done)
        }
    }
}

extension EngineFixture {
    fileprivate func tale(_ kind: String) throws -> Envelope {
        Envelope(
            id: .version7(), workspace: workspace, kind: kind, version: 1, acceptedAt: Int64(Date().timeIntervalSince1970 * 1000), marks: .seen,
            body: Array(try JSONEncoder().encode(Tale())))
    }

    /// The next entry, in the hands of a worker that has beaten.
    fileprivate func read(by worker: UUID, from queue: Queue) async throws -> Entry? {
        _ = try await queue.beat(worker: worker)
        let connection = redis.blockingConnection()
        let found = try await queue.healingGroup {
            try await queue.perform(.together(count: 1), worker: worker.lowercased, block: .seconds(2), on: connection)
        }
        await connection.close()
        return found.entries.first
    }
}
