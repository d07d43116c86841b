import Foundation
import Postgres
import Redis
import ServiceLifecycle
import TestSupport
import Testing

@testable import Jobs

/// How a worker leaves: what it had waits for nothing else of it, and for no lease.
@Suite(.timeLimit(.minutes(1))) struct LeavingTests {
    /// Does not listen when it is asked to stop.
    private struct DeafTask: PeriodicTask {
        let name = "deaf"
        let interval = Duration.seconds(3600)
        let begun: Signal
        let goOn: Signal

        func run() async throws {
            begun.raise()
            // No child, which would hear of the cancellation.
            await Task { [goOn] in await goOn.wait() }.value
        }
    }

    @Test("what a worker had is handed back while it still beats; its name goes when the beats have ended")
    func order() async throws {
        try await EngineFixture.with { engine in
            let queue = engine.queue()
            _ = try await engine.acceptNotes(5)
            let worker = try await engine.dieReading(5, from: queue).id
            #expect(try await queue.measure().running == 5)
            let leaving = Signal()
            let farewell = self.farewell(of: worker, [queue], engine, leaving: leaving)
            let goodbye = Task { await farewell.run() }
            farewell.drained.ended()
            leaving.raise()
            #expect(try await queue.measure().running == 5, "a pool or a takeover is at work yet")
            farewell.drained.ended()
            await farewell.handedBack.wait()
            let returned = try await queue.measure()
            #expect(returned.running == 0 && returned.ready == 5 && returned.workers == 1)
            #expect(try await isStopped(worker, engine) == false)
            farewell.beating.ended()
            await goodbye.value
            #expect(try await queue.measure().workers == 0)
            #expect(try await isStopped(worker, engine) == true)
        }
    }

    @Test("a worker has left when all has drained, be a task of its upkeep deaf to that")
    func deaf() async throws {
        try await EngineFixture.with { engine in
            let (begun, goOn) = (Signal(), Signal())
            try await engine.run(worker(engine, [DeafTask(begun: begun, goOn: goOn)])) { group in
                defer { goOn.raise() }
                await begun.wait()
                await group.triggerGracefulShutdown()
                try await eventually("it has left") {
                    let records = try await WorkerStore(pool: engine.pool).list()
                    let beating = try await engine.queue().measure().workers
                    return records.count == 1 && records[0].stoppedAt != nil && beating == 0
                }
            }
        }
    }

    @Test("a worker that leaves while its relay waits for the ledger gives the relay up, and leaves no mark behind")
    func relay() async throws {
        try await EngineFixture.with { engine in
            try await engine.holdingLedger {
                try await engine.run(worker(engine)) { _ in
                    try await engine.untilItWaits()
                    let mark = try await engine.queue().epoch()
                    #expect(mark?.hasPrefix("pending:") == true)
                }
                let records = try await WorkerStore(pool: engine.pool).list()
                #expect(records.count == 1 && records.allSatisfy { $0.stoppedAt != nil && $0.deadAt == nil })
                #expect(try await engine.queue().epoch() == nil)
            }
        }
    }

    @Test("a sweep that is cancelled gives its turn back")
    func sweep() async throws {
        try await EngineFixture.with(configure: { $0.sweepAge = .zero }) { engine in
            try await engine.holdingLedger {
                let sweep = Task { try await engine.relay().sweep(as: .version7()) }
                try await engine.untilItWaits("sweep a page of the ledger")
                sweep.cancel()
                await #expect(throws: (any Error).self) { _ = try await sweep.value }
                let soon = try await engine.pool.query(
                    .role(.upkeep), "select turn_at < clock_timestamp() + interval '1 minute' as soon from ledger_sweep")
                #expect(try soon.map { try $0.decode("soon", as: Bool.self) } == [true])
            }
        }
    }

    @Test("a worker that leaves while Redis is away has stopped all the same, and is asked to leave once")
    func withoutRedis() async throws {
        try await EngineFixture.with { engine in
            let worker = try await engine.registered()
            var configuration = try RedisConfiguration(url: "redis://127.0.0.1:1/0")
            configuration.commandTimeout = .milliseconds(50)
            // Nobody runs this client, so it never connects: what is asked of it waits in vain.
            let absent = RedisClient(configuration: configuration, logger: engine.logger)
            let queues = (0..<2).map { engine.configuration.queue(QueuePartition(queue: "notes", index: $0), on: absent) }
            let farewell = self.farewell(of: worker, queues, engine, leaving: Signal())
            for _ in queues { farewell.beating.ended() }
            await farewell.leave()
            let first = try await WorkerStore(pool: engine.pool).list().first { $0.id == worker }?.stoppedAt
            #expect(first != nil)
            await farewell.leave()
            let second = try await WorkerStore(pool: engine.pool).list().first { $0.id == worker }?.stoppedAt
            #expect(first == second)
        }
    }

    /// Of one queue, so that its relay is at work in the one partition.
    private func worker(_ engine: EngineFixture, _ periodic: [any PeriodicTask] = []) -> Worker {
        var registry = HandlerRegistry()
        registry.register(batch: NoteHandler())
        return Worker(
            name: "test", registry: registry, pool: engine.pool, redis: engine.redis, configuration: engine.configuration, periodic: periodic,
            logger: engine.logger)
    }

    private func farewell(of worker: UUID, _ queues: [Queue], _ engine: EngineFixture, leaving: Signal) -> Farewell {
        Farewell(worker: worker, queues: queues, workers: WorkerStore(pool: engine.pool), leaving: leaving, logger: engine.logger)
    }

    private func isStopped(_ worker: UUID, _ engine: EngineFixture) async throws -> Bool? {
        try await WorkerStore(pool: engine.pool).list().first { $0.id == worker }.map { $0.stoppedAt != nil }
    }
}
