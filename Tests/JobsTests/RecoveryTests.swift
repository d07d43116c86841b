import Foundation
import LocalStack
import Postgres
import Redis
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import Jobs

/// What happens when somebody dies or forgets.
@Suite(.serialized, .timeLimit(.minutes(2))) struct RecoveryTests {
    /// Reads jobs as a worker that then dies: registered, beaten once, never heard of again.
    private func deadWorker(reading count: Int, _ engine: EngineFixture) async throws -> (id: UUID, entries: [Entry]) {
        let id = UUID.version7()
        try await WorkerStore(pool: engine.pool).register(id: id, name: "victim", host: "h", pid: 1, queues: ["notes"], version: "t")
        let queue = engine.queue()
        _ = try await queue.beat(worker: id)
        let connection = queue.client.blockingConnection()
        let found = try await queue.healingGroup {
            try await queue.perform(.together(count: count), worker: id.lowercased, block: .seconds(2), on: connection)
        }
        await connection.close()
        return (id, found.entries)
    }

    @Test("jobs of a dead worker are taken over, done once, and its consumer is removed")
    func takeover() async throws {
        try await EngineFixture.with { engine in
            var ids: [UUID] = []
            for number in 0..<20 { ids.append(try await engine.producer.accept(Note(text: "t\(number)"), workspace: engine.workspace).id) }
            try await engine.eventuallyAppended { try await engine.queue().measure().ready == 20 }
            let victim = try await deadWorker(reading: 20, engine)
            #expect(victim.entries.count == 20)
            try await engine.withWorker { [ids] _ in
                for id in ids { try await engine.expect(id, .done) }
                try await eventually { try await engine.isEmpty() }
                try await eventually { try await engine.queue().measure().workers == 1 }
            }
            #expect(try await engine.notes().count == 20)
        }
    }

    @Test("a worker that was declared dead cannot commit when it wakes up")
    func zombie() async throws {
        try await EngineFixture.with { engine in
            let accepted = try await engine.producer.accept(Note(text: "mine"), workspace: engine.workspace)
            try await engine.eventuallyAppended { try await engine.queue().measure().ready == 1 }
            let victim = try await deadWorker(reading: 1, engine)
            try await engine.withWorker { _ in _ = try await engine.finished(accepted.id) }
            var registry = HandlerRegistry()
            registry.register(batch: NoteHandler())
            let record = try #require(await WorkerStore(pool: engine.pool).list().first { $0.id == victim.id })
            #expect(record.deadAt != nil)
            let zombie = Executor(
                registry: registry, worker: victim.id, outcomes: OutcomeStore(pool: engine.pool), letters: DeadLetterStore(pool: engine.pool),
                ledger: engine.ledger, controls: Controls(),
                draining: Signal(), clock: ContinuousClock(), logger: engine.logger)
            await #expect(throws: PostgresError.self) { try await zombie.execute(victim.entries, in: engine.queue()) }
            #expect(try await engine.notes() == ["mine"])
        }
    }

    @Test("declaring a worker dead waits for its batches that are under way, and lets none begin after", arguments: [true, false])
    func fence(hasOwnRows: Bool) async throws {
        try await EngineFixture.with { engine in
            let worker = try await engine.registered()
            let outcomes = OutcomeStore(pool: engine.pool)
            let rows = hasOwnRows ? OwnRows(of: "test.own", jobs: [.version7()]) : nil
            let (begun, release) = (Signal(), Signal())
            let batch = Task {
                try await outcomes.fenced(worker: worker, workspaces: [engine.workspace], writing: rows) { transaction in
                    // What was submitted before goes out with it: the fence.
                    try await transaction.execute("select 1")
                    begun.raise()
                    await release.wait()
                }
            }
            await begun.wait()
            let death = Task { try await WorkerStore(pool: engine.pool).markDead(worker) }
            try await engine.untilSomebodyWaits()
            let late = Task {
                try await outcomes.fenced(worker: worker, workspaces: [engine.workspace], writing: rows) { transaction in
                    _ = try await transaction.execute("select 1")
                }
            }
            release.raise()
            try await batch.value
            let isDead = try await death.value
            #expect(isDead)
            let refusal = await #expect(throws: PostgresError.self) { try await late.value }
            #expect(refusal?.sqlState == "MS001")
        }
    }

    @Test("a job that was committed but not acknowledged is acknowledged, not repeated")
    func commitWithoutAcknowledgement() async throws {
        try await EngineFixture.with { engine in
            let runs = Mutex(0)
            let accepted = try await engine.producer.accept(Note(text: "once"), workspace: engine.workspace)
            try await engine.eventuallyAppended { try await engine.queue().measure().ready == 1 }
            let victim = try await deadWorker(reading: 1, engine)
            try await OutcomeStore(pool: engine.pool).fenced(worker: victim.id, workspaces: [engine.workspace]) { transaction in
                OutcomeStore(pool: engine.pool).submitOutcomes(
                    [(victim.entries[0].envelope, .done, nil, nil)], worker: victim.id, in: transaction)
            }
            try await engine.withWorker(onBatch: { _ in runs.withLock { $0 += 1 } }) { _ in
                try await eventually { try await engine.isEmpty() }
            }
            #expect(runs.withLock { $0 } == 0)
            #expect(try await engine.status(accepted.id)?.state == .done)
        }
    }

    @Test("a job that kills whoever runs it alone is a dead letter after two lonely starts; its neighbours are done")
    func poison() async throws {
        try await EngineFixture.with { engine in
            let poison = try await engine.producer.accept(Note(text: "poison"), workspace: engine.workspace)
            let good = try await engine.producer.accept(Note(text: "good"), workspace: engine.workspace)
            try await engine.eventuallyAppended { try await engine.queue().measure().ready == 2 }
            let (queue, store) = (engine.queue(), WorkerStore(pool: engine.pool))
            var owner = try await deadWorker(reading: 2, engine).id
            // Two workers took it over, began it alone, and died of it.
            for _ in 0..<Takeover.lonelyStarts {
                let next = UUID.version7()
                try await store.register(id: next, name: "victim", host: "h", pid: 1, queues: ["notes"], version: "t")
                _ = try await queue.beat(worker: next)
                let found = try await queue.claim(from: owner, to: next).found
                let entry = try #require(found.entries.first { $0.envelope.id == poison.id })
                _ = try await queue.beginAlone(entry, by: next)
                owner = next
            }
            try await engine.withWorker { _ in
                try await engine.expect(good.id, .done)
                try await engine.expect(poison.id, .dead)
            }
            #expect(try await DeadLetterStore(pool: engine.pool).find(poison.id)?.code == "worker_crashed")
            #expect(try await engine.notes() == ["good"])
        }
    }

    @Test("jobs that were delivered to a living worker and never reached it are done all the same")
    func lostDelivery() async throws {
        try await EngineFixture.with { engine in
            try await engine.withWorker { _ in
                try await eventually { try await WorkerStore(pool: engine.pool).list().count == 1 }
                let worker = try #require(await WorkerStore(pool: engine.pool).list().first)
                let envelope = Envelope(
                    id: .version7(), workspace: engine.workspace, kind: Note.kind.name, version: 1, acceptedAt: 1,
                    body: Array(try JSONEncoder().encode(Note(text: "lost on the way"))))
                try await engine.queue().ensureGroup()
                // Appended and read in one step under the worker's own name: its own read never sees it.
                _ = try await engine.redis.evaluate(
                    RedisScript(
                        name: "steal",
                        source: """
                            redis.call('XADD', KEYS[1], '*', 'h', ARGV[2], 'b', ARGV[3])
                            return redis.call('XREADGROUP', 'GROUP', 'workers', ARGV[1], 'COUNT', 1, 'STREAMS', KEYS[1], '>')
                            """),
                    keys: [engine.queue().keys.ready], arguments: [.string(worker.id.lowercased), .bytes(envelope.header), .bytes(envelope.body)])
                try await eventually { try await engine.notes() == ["lost on the way"] }
                try await eventually { try await engine.isEmpty() }
            }
        }
    }

    @Test("entries of a consumer that never beat are taken over as well")
    func unheardConsumer() async throws {
        try await EngineFixture.with { engine in
            let accepted = try await engine.producer.accept(Note(text: "unheard"), workspace: engine.workspace)
            try await engine.eventuallyAppended { try await engine.queue().measure().ready == 1 }
            let connection = engine.redis.blockingConnection()
            _ = try await engine.queue().healingGroup {
                try await engine.queue().perform(
                    .together(count: 1), worker: UUID.version7().lowercased, block: .seconds(2), on: connection)
            }
            await connection.close()
            try await engine.withWorker { _ in try await engine.expect(accepted.id, .done) }
        }
    }

    @Test("a consumer that never beat and holds nothing is removed")
    func forgottenConsumer() async throws {
        try await EngineFixture.with { engine in
            let queue = engine.queue()
            try await queue.ensureGroup()
            let name = UUID.version7().lowercased
            _ = try await engine.redis.send(
                RedisCommand("XGROUP", "CREATECONSUMER", .string(queue.keys.ready), .string(QueueKeys.group), .string(name)))
            try await engine.withWorker { _ in
                try await eventually("it is gone") {
                    let consumers = try await engine.redis.send(
                        RedisCommand("XINFO", "CONSUMERS", .string(queue.keys.ready), .string(QueueKeys.group)))
                    return !(consumers.array ?? []).contains { $0.array?.contains { $0.string == name } ?? false }
                }
            }
        }
    }

    @Test("while one job of a dead worker takes long, its new owner goes on beating")
    func longTakeover() async throws {
        try await EngineFixture.with { engine in
            let accepted = try await engine.producer.accept(Note(text: "slow"), workspace: engine.workspace)
            try await engine.eventuallyAppended { try await engine.queue().measure().ready == 1 }
            _ = try await deadWorker(reading: 1, engine)
            let begun = Signal()
            let release = Signal()
            try await engine.withWorker(onBatch: { _ in
                begun.raise()
                await release.wait()
            }) { _ in
                await begun.wait()
                // Longer than a lease: whoever stopped beating would be dead for everybody else.
                let observer = UUID.version7()
                var lease = Lease(length: engine.configuration.lease)
                var silent: [UUID] = []
                let end = ContinuousClock.now + engine.configuration.lease * 3
                try await eventually(every: .milliseconds(100)) {
                    let beats = try await engine.queue().beat(worker: observer)
                    silent += lease.observed(now: beats.now, beats: beats.workers)
                    return ContinuousClock.now > end
                }
                let living = try await WorkerStore(pool: engine.pool).list().filter { $0.name == "test" }.map(\.id)
                #expect(!living.isEmpty && silent.allSatisfy { !living.contains($0) })
                release.raise()
                try await engine.expect(accepted.id, .done)
            }
        }
    }

    @Test("a doubled entry is done once")
    func doubled() async throws {
        try await EngineFixture.with { engine in
            let accepted = try await engine.producer.accept(Note(text: "twin"), workspace: engine.workspace)
            try await engine.eventuallyAppended { try await engine.queue().measure().ready == 1 }
            let envelope = Envelope(
                id: accepted.id, workspace: engine.workspace, kind: Note.kind.name, version: 1, acceptedAt: 1, marks: .seen,
                body: Array(try JSONEncoder().encode(Note(text: "twin"))))
            for _ in 0..<5 { try await engine.queue().append([envelope]) }
            try await engine.withWorker { _ in
                _ = try await engine.finished(accepted.id)
                try await eventually { try await engine.isEmpty() }
            }
            #expect(try await engine.notes() == ["twin"])
        }
    }

    @Test("what was accepted and never appended is appended by the relay")
    func relayed() async throws {
        try await EngineFixture.with(configure: { $0.relayAge = .zero }) { engine in
            // As an ingress that died between commit and append leaves it.
            let envelope = Envelope(
                id: .version7(), workspace: engine.workspace, kind: Note.kind.name, version: 1,
                acceptedAt: Int64(Date().timeIntervalSince1970 * 1000),
                body: Array(try JSONEncoder().encode(Note(text: "promised"))))
            let answers = try await AcceptanceStore(pool: engine.pool).commit(
                [.init(envelope: envelope, queue: "notes", partition: 0, idempotency: nil)], group: .version7(), confirmed: [])
            #expect(answers == [.accepted])
            try await engine.withWorker { _ in try await engine.expect(envelope.id, .done) }
            #expect(try await engine.notes() == ["promised"])
        }
    }

    @Test("a worker that others have declared dead begins anew under another id, and does what waits")
    func comesBack() async throws {
        try await EngineFixture.with { engine in
            try await engine.withWorker { _ in
                let store = WorkerStore(pool: engine.pool)
                let first = try await engine.producer.accept(Note(text: "before"), workspace: engine.workspace)
                try await engine.expect(first.id, .done)
                let old = try #require(await store.list().first?.id)
                #expect(try await store.markDead(old))
                // Its next commit is refused, and nobody else is there.
                let second = try await engine.producer.accept(Note(text: "after"), workspace: engine.workspace)
                try await engine.expect(second.id, .done)
                let workers = try await store.list()
                #expect(workers.count == 2 && workers.contains { $0.id != old && $0.deadAt == nil })
                try await eventually("its old heartbeat goes") {
                    let key = engine.queue().keys.base + ":beats"
                    return try await engine.redis.send(RedisCommand("ZSCORE", .string(key), .string(old.lowercased))).isNull
                }
            }
            #expect(try await engine.notes() == ["after", "before"])
        }
    }

    @Test("a Redis that lost everything is filled again from the ledger; nothing is lost, nothing is done twice")
    func flushed() async throws {
        try await TestStack.withOwnStack { stack in
            try await EngineFixture.with(stack: stack) { engine in
                let first = Mutex<UUID?>(nil)
                try await engine.withWorker { _ in
                    // The relay has seen Redis whole once.
                    try await eventually { try await engine.queue().epoch().map { !$0.hasPrefix("pending") } ?? false }
                    let before = try await engine.producer.accept(Note(text: "before"), workspace: engine.workspace).id
                    _ = try await engine.finished(before)
                    first.withLock { $0 = before }
                }
                var ids = [try #require(first.withLock { $0 })]
                for number in 0..<40 { ids.append(try await engine.producer.accept(Note(text: "f\(number)"), workspace: engine.workspace).id) }
                try await engine.eventuallyAppended { try await engine.queue().measure().ready == 40 }
                _ = try await engine.redis.send(RedisCommand("FLUSHALL"))
                #expect(try await engine.queue().measure().total == 0)
                try await engine.withWorker { [ids] _ in
                    for id in ids { try await engine.expect(id, .done) }
                    try await eventually { try await engine.isEmpty() }
                }
                #expect(try await engine.notes().count == 41)
            }
        }
    }

    @Test("a flush under a running worker makes no loop of errors: the group comes back")
    func flushedUnderway() async throws {
        try await TestStack.withOwnStack { stack in
            try await EngineFixture.with(stack: stack) { engine in
                try await engine.withWorker { _ in
                    let first = try await engine.producer.accept(Note(text: "a"), workspace: engine.workspace)
                    _ = try await engine.finished(first.id)
                    _ = try await engine.redis.send(RedisCommand("FLUSHALL"))
                    let second = try await engine.producer.accept(Note(text: "b"), workspace: engine.workspace)
                    try await engine.expect(second.id, .done)
                }
                #expect(try await engine.notes() == ["a", "b"])
            }
        }
    }

    @Test("while Redis is away ledger kinds are accepted and stream kinds are refused with 503; afterwards all is done")
    func redisAway() async throws {
        try await TestStack.withOwnStack { stack in
            try await EngineFixture.with(stack: stack, configure: { $0.relayAge = .seconds(1) }) { engine in
                try await stack.servers.kill(.redis)
                let accepted = try await engine.producer.accept(Note(text: "kept"), workspace: engine.workspace)
                let error = await #expect(throws: JobError.self) {
                    _ = try await engine.producer.accept(StreamNote(text: "refused"), workspace: engine.workspace)
                }
                #expect(error?.code == .unavailable)
                _ = try await stack.servers.start(.redis)
                try await engine.withWorker { _ in try await engine.expect(accepted.id, .done) }
                #expect(try await engine.notes() == ["kept"])
            }
        }
    }

    @Test("a worker that leaves finishes what it began, hands the rest back, and is gone from Redis")
    func drain() async throws {
        try await EngineFixture.with(configure: {
            $0.batchSize = 2
            $0.batchConcurrency = 1
        }) { engine in
            for number in 0..<10 { _ = try await engine.producer.accept(Note(text: "d\(number)"), workspace: engine.workspace) }
            try await engine.eventuallyAppended { try await engine.queue().measure().ready == 10 }
            let begun = Signal()
            let release = Signal()
            try await engine.withWorker(onBatch: { _ in
                begun.raise()
                await release.wait()
            }) { group in
                await begun.wait()
                await group.triggerGracefulShutdown()
                release.raise()
            }
            let backlog = try await engine.queue().measure()
            #expect(backlog.running == 0 && backlog.workers == 0)
            let done = try await engine.notes().count
            #expect(done + backlog.ready == 10, "\(done) done, \(backlog)")
            #expect(done >= 2)
        }
    }

    @Test("a killed Redis loses no acknowledged job of a stream kind, and the worker goes on by itself")
    func redisKilled() async throws {
        try await TestStack.withOwnStack { stack in
            try await EngineFixture.with(stack: stack) { engine in
                try await engine.withWorker { _ in
                    var ids: [UUID] = []
                    for number in 0..<50 {
                        ids.append(try await engine.producer.accept(StreamNote(text: "k\(number)"), workspace: engine.workspace).id)
                    }
                    try await stack.servers.kill(.redis)
                    _ = try await stack.servers.start(.redis)
                    for id in ids { try await engine.expect(id, .done) }
                    try await eventually { try await engine.isEmpty("streams") }
                }
                #expect(try await engine.notes().count == 50)
            }
        }
    }
}
