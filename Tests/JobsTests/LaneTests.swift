import Foundation
import Postgres
import Redis
import Synchronization
import TestSupport
import Testing

@testable import Jobs

/// The way of jobs through a partition, on real scripts: classes, flows, limits.
@Suite(.timeLimit(.minutes(1))) struct LaneTests {
    private func envelopes(
        _ count: Int, in workspace: UUID, _ priority: JobPriority = .normal, key: JobKey? = nil
    ) throws -> [Envelope] {
        let body = Array(try JSONEncoder().encode(Note(text: "x")))
        return (0..<count).map { _ in
            var envelope = Envelope(id: .version7(), workspace: workspace, kind: Note.kind.name, version: 1, acceptedAt: 1, body: body)
            envelope.route = JobRoute(priority: priority, key: key)
            return envelope
        }
    }

    private func length(_ lane: Lane, _ queue: Queue) async throws -> Int {
        try await queue.client.send(RedisCommand("XLEN", .string(queue.keys.lane(lane)))).integer ?? -1
    }

    /// Reads what is there as `worker` would, by turns until nothing comes.
    private func readAll(_ queue: Queue, as worker: UUID, room: Int, _ plan: inout ReadPlan) async throws -> [Entry] {
        let connection = queue.client.blockingConnection()
        var all: [Entry] = []
        while true {
            let read = plan.next(room: room)
            let found = try await queue.perform(read, worker: worker.lowercased, block: .milliseconds(1), on: connection)
            plan.returned(found.counts, of: read)
            all += found.entries
            if found.isEmpty, case .together = read { break }
        }
        await connection.close()
        return all
    }

    @Test("who holds few jobs overtakes who floods: a hundred of theirs are read before the thousandth of the flood")
    func light() async throws {
        try await EngineFixture.with { engine in
            let queue = engine.queue()
            try await queue.ensureGroup()
            let (flood, few) = (UUID.version7(), UUID.version7())
            for _ in 0..<3 { try await queue.append(try envelopes(1000, in: flood)) }
            try await queue.append(try envelopes(100, in: few))
            #expect(try await length(.ready(.normal), queue) == 128 + 100)
            var bulk = 0
            for shard in 0..<Lane.shards { bulk += try await length(.bulk(.normal, shard: shard), queue) }
            #expect(bulk == 3000 - 128)
            var plan = ReadPlan()
            let order = try await readAll(queue, as: .version7(), room: 100, &plan).map(\.envelope.workspace)
            let last = try #require(order.lastIndex(of: few))
            #expect(order.count == 3100 && last < 400, "the hundredth was number \(last)")
        }
    }

    @Test("beyond the window jobs are parked by workspace, and those who flood are served by turns")
    func turns() async throws {
        try await EngineFixture.with(configure: { ($0.window, $0.burst) = (100, 10) }) { engine in
            let queue = engine.queue()
            try await queue.ensureGroup()
            let first = UUID.version7()
            var second = UUID.version7()
            // Of one lane, or they would be served alike as it is.
            while (second.words.low ^ first.words.low) & 3 != 0 { second = .version7() }
            try await queue.append(try envelopes(500, in: first))
            try await queue.append(try envelopes(500, in: second))
            let backlog = try await queue.measure()
            #expect(backlog.ready == 120 && backlog.parked == 880 && backlog.total == 1000)
            var plan = ReadPlan()
            let worker = UUID.version7()
            var order: [UUID] = []
            while true {
                let read = try await readAll(queue, as: worker, room: 60, &plan)
                guard !read.isEmpty else { break }
                order += read.map(\.envelope.workspace)
                try await queue.acknowledge(read.map(\.finished))
            }
            #expect(order.count == 1000)
            // Behind the window that the first one filled, both have the same share.
            let shared = order[200..<700]
            let share = shared.count { $0 != first }
            #expect((200...300).contains(share), "\(share) of 500 were the second's")
            #expect(try await engine.isEmpty())
            let held = try await queue.client.send(RedisCommand("HGETALL", .string(queue.keys.held))).array ?? []
            #expect(held.isEmpty, "\(held)")
        }
    }

    @Test("classes are weighted: the high one is most of what is read, and the low one has its share before the others end")
    func classes() async throws {
        try await EngineFixture.with(configure: { $0.window = 100 }) { engine in
            let queue = engine.queue()
            try await queue.ensureGroup()
            for priority in [JobPriority.low, .normal, .high] { try await queue.append(try envelopes(1300, in: .version7(), priority)) }
            var plan = ReadPlan()
            let worker = UUID.version7()
            var order: [JobPriority] = []
            while order.count < 3900 {
                let read = try await readAll(queue, as: worker, room: 26, &plan)
                order += read.map(\.envelope.route.priority)
                try await queue.acknowledge(read.map(\.finished))
                if read.isEmpty { break }
            }
            #expect(order.count == 3900)
            // The first reads find all lanes full: what each class has of them is near its weight.
            let early = order[700..<1700]
            let (high, low) = (early.count { $0 == .high }, early.count { $0 == .low })
            #expect(high > early.count { $0 == .normal } && low > 20 && high > 300, "\(high) high, \(low) low of 1000")
        }
    }

    @Test("jobs with a serial key run one at a time over all workers, others beside them; their order is that of their acceptance")
    func serial() async throws {
        try await EngineFixture.with { engine in
            let running = Mutex((now: [String: Int](), most: 0, order: [String: [Int]]()))
            var registry = HandlerRegistry()
            registry.register(
                effect: SerialHandler { job in
                    let order = running.withLock { state in
                        state.now[job.payload.name, default: 0] += 1
                        state.most = max(state.most, state.now[job.payload.name] ?? 0)
                        return state.now[job.payload.name]
                    }
                    #expect(order == 1)
                    for _ in 0..<50 { await Task.yield() }
                    running.withLock { state in
                        state.now[job.payload.name, default: 0] -= 1
                        state.order[job.payload.name, default: []].append(job.payload.number)
                    }
                })
            for number in 0..<30 {
                for name in ["a", "b/with spaces and more", "c"] {
                    _ = try await engine.producer.accept(SerialNote(name: name, number: number), workspace: engine.workspace)
                }
            }
            let (pool, redis, configuration, logger) = (engine.pool, engine.redis, engine.configuration, engine.logger)
            let workers = (0..<2).map { [registry] number in
                Worker(name: "w\(number)", registry: registry, pool: pool, redis: redis, configuration: configuration, logger: logger)
            }
            try await engine.run(workers[0]) { _ in
                try await engine.run(workers[1]) { _ in
                    try await eventually { running.withLock { $0.order.values.reduce(0) { $0 + $1.count } } == 90 }
                    try await eventually { try await engine.isEmpty() }
                }
            }
            #expect(running.withLock { $0.most } == 1)
            #expect(running.withLock { $0.order.values.allSatisfy { $0 == Array(0..<30) } })
            #expect(try await engine.slots().isEmpty)
        }
    }

    @Test("a workspace's limit holds over the fleet, is heard within seconds, and holds nobody else up")
    func running() async throws {
        try await EngineFixture.with { engine in
            let queue = engine.queue()
            try await queue.ensureGroup()
            let control = QueueControl(pool: engine.pool)
            try await control.limit(WorkspaceLimit(workspace: engine.workspace, queue: "notes", running: 3, perSecond: nil))
            #expect(try await control.workspaceLimits().map(\.running) == [3])
            try await LimitsKeeper(
                store: LimitStore(pool: engine.pool), queues: [queue], draining: Signal(), clock: ContinuousClock(), logger: engine.logger
            )
            .keep()
            try await queue.append(try envelopes(50, in: engine.workspace))
            let other = UUID.version7()
            try await queue.append(try envelopes(50, in: other))
            var plan = ReadPlan()
            let worker = UUID.version7()
            let first = try await readAll(queue, as: worker, room: 500, &plan)
            #expect(first.count { $0.envelope.workspace == engine.workspace } == 3 && first.count { $0.envelope.workspace == other } == 50)
            // One of them ends, and the next may go.
            let mine = first.filter { $0.envelope.workspace == engine.workspace }
            try await queue.acknowledge([mine[0].finished])
            let second = try await readAll(queue, as: worker, room: 500, &plan)
            #expect(second.count == 1)
            // One fails, and waits for its retry without its place.
            try await queue.postpone([.init(entry: mine[1].key, envelope: mine[1].envelope, delay: .seconds(600), failure: [])])
            _ = try await queue.promote()
            #expect(try await readAll(queue, as: worker, room: 500, &plan).count == 1)
            // An entry that goes by another hand holds nobody up.
            _ = try await queue.client.send(RedisCommand("XDEL", .string(queue.keys.lane(mine[2].key.lane)), .string(mine[2].key.id)))
            _ = try await queue.client.send(RedisCommand("ZADD", .string(queue.keys.blocked), "XX", 0, "normal \(engine.workspace.lowercased)"))
            _ = try await queue.promote()
            #expect(try await readAll(queue, as: worker, room: 500, &plan).count == 1)

            #expect(try await control.unlimit(workspace: engine.workspace, queue: "notes"))
            try await queue.keep([])
            _ = try await queue.promote()
            #expect(try await readAll(queue, as: worker, room: 500, &plan).count == 50 - 6)
        }
    }

    @Test("a rate lets a second's worth through at once, and then as many as time has passed for")
    func rate() async throws {
        try await EngineFixture.with { engine in
            let queue = engine.queue()
            try await queue.ensureGroup()
            try await queue.keep([WorkspaceLimit(workspace: nil, queue: "notes", running: nil, perSecond: 10)])
            try await queue.append(try envelopes(100, in: engine.workspace))
            var plan = ReadPlan()
            let first = try await readAll(queue, as: .version7(), room: 500, &plan).count
            #expect((10...12).contains(first), "\(first)")
            // Half a minute on, at the server's clock as tests move it.
            let later = Queue(partition: queue.partition, client: queue.client, prefix: engine.configuration.prefix, clockOffset: .seconds(30))
            _ = try await later.promote()
            let second = try await readAll(queue, as: .version7(), room: 500, &plan).count
            #expect((10...12).contains(second), "\(second)")
        }
    }

    @Test("a key's rate and a workspace's limit both hold; handing back keeps the places, and a takeover too")
    func handBack() async throws {
        try await EngineFixture.with { engine in
            let queue = engine.queue()
            try await queue.ensureGroup()
            try await queue.append(try envelopes(5, in: engine.workspace, key: JobKey("repo", running: 2)))
            var plan = ReadPlan()
            let (leaving, dead, next) = (UUID.version7(), UUID.version7(), UUID.version7())
            #expect(try await readAll(queue, as: leaving, room: 500, &plan).count == 2)
            #expect(try await queue.handBack(worker: leaving) == 2)
            let again = try await readAll(queue, as: dead, room: 500, &plan)
            #expect(again.count == 2 && again.allSatisfy { $0.envelope.marks.contains(.seen) })
            let (claimed, gone) = try await queue.claim(from: dead, to: next)
            #expect(gone && claimed.count == 2)
            #expect(try await engine.slots().count == 2)
            try await queue.acknowledge(claimed.entries.map(\.finished))
            #expect(try await readAll(queue, as: next, room: 500, &plan).count == 2)
        }
    }

    @Test("a job that failed and is due takes the next free place of its key, and does not wait for all that were parked behind it")
    func retryOfSerial() async throws {
        try await EngineFixture.with { engine in
            let queue = engine.queue()
            try await queue.ensureGroup()
            try await queue.append(try envelopes(10, in: engine.workspace, key: .serial("repo")))
            var plan = ReadPlan()
            let worker = UUID.version7()
            let failed = try #require(try await readAll(queue, as: worker, room: 50, &plan).first)
            try await queue.postpone([.init(entry: failed.key, envelope: failed.envelope, delay: .zero, failure: [])])
            _ = try await queue.promote()
            var order: [UUID] = []
            for _ in 0..<4 {
                let next = try await readAll(queue, as: worker, room: 50, &plan)
                #expect(next.count == 1)
                order += next.map(\.envelope.id)
                try await queue.acknowledge(next.map(\.finished))
            }
            #expect(order.contains(failed.envelope.id), "it came up among the first four of nine that waited")
        }
    }

    @Test("a limit of jobs a second does not set a flood free to stand before those who hold few")
    func rateAndFlood() async throws {
        try await EngineFixture.with { engine in
            let queue = engine.queue()
            try await queue.ensureGroup()
            try await queue.keep([WorkspaceLimit(workspace: nil, queue: "notes", running: nil, perSecond: 5000)])
            let (flood, few) = (UUID.version7(), UUID.version7())
            for _ in 0..<3 { try await queue.append(try envelopes(1000, in: flood)) }
            try await queue.append(try envelopes(50, in: few))
            var plan = ReadPlan()
            let order = try await readAll(queue, as: .version7(), room: 100, &plan).map(\.envelope.workspace)
            let last = try #require(order.lastIndex(of: few))
            #expect(last < 400, "the fiftieth was number \(last)")
        }
    }

    @Test("what the release before has parked is done")
    func parkedBefore() async throws {
        try await EngineFixture.with { engine in
            let queue = engine.queue()
            try await queue.ensureGroup()
            for envelope in try envelopes(20, in: engine.workspace) {
                _ = try await engine.redis.evaluate(
                    RedisScript(
                        name: "park",
                        source: """
                            redis.call('RPUSH', KEYS[1] .. ':parked:' .. ARGV[1], cmsgpack.pack(ARGV[2], ARGV[3]))
                            redis.call('HINCRBY', KEYS[1] .. ':totals', 'parked', 1)
                            return 1
                            """),
                    keys: [queue.keys.base], arguments: [.string(engine.workspace.lowercased), .bytes(envelope.header), .bytes(envelope.body)])
            }
            _ = try await engine.redis.send(RedisCommand("RPUSH", .string(queue.keys.base + ":parked"), .string(engine.workspace.lowercased)))
            try await engine.withWorker { _ in
                try await eventually { try await engine.notes().count == 20 }
                try await eventually { try await engine.isEmpty() }
            }
        }
    }

    @Test("one job of a key is accepted in a period, whoever asks; another key, kind or period is another job", arguments: [true, false])
    func unique(isLedger: Bool) async throws {
        try await EngineFixture.with { engine in
            @Sendable func accept(_ key: String, _ period: Duration = .seconds(3600)) async throws -> Acceptance {
                isLedger
                    ? try await engine.producer.accept(Note(text: key), workspace: engine.workspace, unique: Uniqueness(key, per: period))
                    : try await engine.producer.accept(StreamNote(text: key), workspace: engine.workspace, unique: Uniqueness(key, per: period))
            }
            let answers = try await withThrowingTaskGroup(of: Acceptance.self) { group in
                for _ in 0..<20 { group.addTask { try await accept("nightly") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            // At a turn of the hour there may be two.
            #expect(Set(answers.map(\.id)).count <= 2 && answers.count { !$0.replayed } <= 2)
            #expect(try await accept("weekly").replayed == false)
            #expect(try await accept("nightly", .seconds(7200)).replayed == false)
            await #expect(throws: JobError.self) { _ = try await accept("nightly", .seconds(30 * 86_400)) }
        }
    }
}

struct SerialNote: JobPayload {
    static let kind = JobKind(name: "test.serial", queue: "notes", acceptance: .ledger, retry: Note.quick)
    var name: String
    var number: Int
    var key: JobKey? { .serial(name) }
}

struct SerialHandler: EffectHandler {
    let body: @Sendable (Job<SerialNote>) async throws -> Void

    func handle(_ job: Job<SerialNote>, in transaction: PostgresTransaction) async throws -> JobResult? {
        try await body(job)
        return nil
    }
}

extension EngineFixture {
    /// Places that limited workspaces and keys have taken.
    fileprivate func slots() async throws -> [String] {
        let keys = try await redis.send(RedisCommand("KEYS", .string(configuration.prefix + ":{*:slots:*"))).array ?? []
        var members: [String] = []
        for key in keys.compactMap(\.string) {
            members += try await redis.send(RedisCommand("ZRANGE", .string(key), 0, -1)).array?.compactMap(\.string) ?? []
        }
        return members
    }
}
