import Foundation
import Postgres
import Redis
import Synchronization
import TestSupport
import Testing

@testable import Jobs

/// Workers that died and left nothing in Redis by which others would find them dead.
@Suite(.timeLimit(.minutes(1))) struct SilentWorkersTests {
    @Test("who registered long ago and of whom Redis knows nothing is declared dead, and nobody else")
    func verdict() async throws {
        try await EngineFixture.with { engine in
            let (silent, reporting, beating) = (try await engine.old(), try await engine.old(), try await engine.old())
            let (young, gone) = (try await engine.registered(), try await engine.old())
            try await WorkerStore(pool: engine.pool).stopped(gone)
            try await engine.report(reporting)
            _ = try await engine.queue().beat(worker: beating)
            #expect(try await engine.silentWorkers().declareDead() == [silent])
            #expect(try await engine.dead() == [silent])
            #expect(try await engine.silentWorkers().declareDead() == [])
            #expect(try await Set(WorkerStore(pool: engine.pool).list().map(\.id)) == [silent, reporting, beating, young, gone])
        }
    }

    @Test("a beat counts in whatever partition of its queues, however old it is")
    func partitions() async throws {
        try await EngineFixture.with(configure: { $0.partitions = 3 }) { engine in
            let worker = try await engine.old()
            let last = try #require(engine.queues().last)
            _ = try await engine.redis.send(RedisCommand("ZADD", .string(last.keys.beats), 1, .string(worker.lowercased)))
            #expect(try await engine.silentWorkers().declareDead() == [])
        }
    }

    @Test("right after a flush nobody is dead who tells something again", arguments: [true, false])
    func flushedBefore(reports: Bool) async throws {
        try await EngineFixture.with { engine in
            let worker = try await engine.old()
            let silent = engine.silentWorkers {
                if reports { try await engine.report(worker) } else { _ = try await engine.queue().beat(worker: worker) }
            }
            #expect(try await silent.declareDead() == [])
            #expect(try await engine.dead() == [])
        }
    }

    @Test("a flush while it is watched says nothing of anybody; the next look does")
    func flushedUnderway() async throws {
        try await EngineFixture.with { engine in
            let worker = try await engine.old()
            let flushed = engine.silentWorkers { try await engine.flush() }
            #expect(try await flushed.declareDead() == [])
            #expect(try await engine.dead() == [])
            #expect(try await engine.silentWorkers().declareDead() == [worker])
        }
    }

    @Test("while Redis is away nobody is declared dead")
    func away() async throws {
        try await EngineFixture.with { engine in
            _ = try await engine.old()
            var configuration = try RedisConfiguration(url: "redis://127.0.0.1:1/0")
            configuration.commandTimeout = .milliseconds(50)
            // Nobody runs this client, so it never connects: what is asked of it waits in vain.
            let absent = RedisClient(configuration: configuration, logger: engine.logger)
            await #expect(throws: RedisError.self) { _ = try await engine.silentWorkers(on: absent).declareDead() }
            #expect(try await engine.dead() == [])
        }
    }

    @Test("a round of housekeeping declares them dead")
    func housekeeping() async throws {
        try await EngineFixture.with { engine in
            let worker = try await engine.old()
            let draining = Signal()
            let slept = Mutex(0)
            // The silence is over at once; the pause between two rounds ends with the test.
            let clock = Meanwhile {
                let count = slept.withLock { count in
                    count += 1
                    return count
                }
                if count > 1 { await draining.wait() }
            }
            let housekeeping = Housekeeping(
                pool: engine.pool, idempotencyWindow: .seconds(60),
                silent: SilentWorkers(
                    workers: WorkerStore(pool: engine.pool), redis: engine.redis, configuration: engine.configuration, clock: clock,
                    logger: engine.logger),
                draining: draining, clock: clock, logger: engine.logger)
            let round = Task { await housekeeping.run() }
            defer { draining.raise() }
            try await eventually("it is declared dead") { try await engine.dead() == [worker] }
            draining.raise()
            await round.value
        }
    }
}

extension EngineFixture {
    /// A worker that registered two hours ago.
    fileprivate func old() async throws -> UUID {
        let id = try await registered()
        try await pool.execute(
            .role(.upkeep), "update workers set started_at = clock_timestamp() - interval '2 hours' where id = $1", id)
        return id
    }

    fileprivate func report(_ worker: UUID) async throws {
        let key = FleetKeys(prefix: configuration.prefix).report(worker)
        _ = try await redis.send(RedisCommand("SET", .string(key), "{}", "PX", 60_000))
    }

    fileprivate func silentWorkers(
        on given: RedisClient? = nil, meanwhile: @escaping @Sendable () async throws -> Void = {}
    ) -> SilentWorkers {
        SilentWorkers(
            workers: WorkerStore(pool: pool), redis: given ?? redis, configuration: configuration, clock: Meanwhile(act: meanwhile), logger: logger)
    }

    fileprivate func dead() async throws -> [UUID] {
        try await WorkerStore(pool: pool).list().filter { $0.deadAt != nil }.map(\.id)
    }
}
