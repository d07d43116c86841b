import Foundation
import Postgres
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import Jobs

/// Schedules with real servers. Time is the database's, and the tests move it.
@Suite(.timeLimit(.minutes(2))) struct TickerTests {
    private struct Away: Error {}
    /// Where a tick more must not matter that comes when the true clock passes a minute.
    private static let all = MissedTicks.runAll(most: 100)

    // MARK: Once

    @Test("eight workers make one job of each tick, and one entry", .timeLimit(.minutes(3)))
    func fleet() async throws {
        try await ScheduleFixture.with { schedules in
            let engine = schedules.engine
            let job = try schedules.periodic("test.quarter", "*/15 * * * *", Self.all)
            try await schedules.withProducers(8) { producers in
                let tickers = producers.map { schedules.ticker([job], producer: $0) }
                @Sendable func look() async throws {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for ticker in tickers { group.addTask { try await ticker.run() } }
                        try await group.waitForAll()
                    }
                }
                try await look()
                let began = try await schedules.record(of: job).lastTick
                // Some looks find one tick, some find several, some find none.
                for minutes in [15, 30, 75, 76, 90, 150, 165, 180] {
                    try await schedules.moveTime(by: minutes * 60)
                    try await look()
                }
                try await tickers[0].run()

                let ticks = try await schedules.ticks(of: job, after: began)
                #expect(ticks.count >= 12)
                #expect(try await schedules.record(of: job).lastTick == ticks.last)
                #expect(try await schedules.accepted().map(\.id) == ticks.map(job.id(of:)))
                try await engine.eventuallyAppended { try await engine.queue().measure().ready >= ticks.count }
                #expect(try await engine.queue().measure().ready == ticks.count, "a repeated acceptance appends nothing")

                try await engine.withWorker { _ in
                    for tick in ticks { try await engine.expect(job.id(of: tick), .done) }
                    try await eventually { try await engine.isEmpty() }
                }
                #expect(try await engine.notes() == ticks.map { ScheduleFixture.text(job.name, $0) })
            }
        }
    }

    @Test("a worker that dies after the acceptance is healed by the next, without a second job", arguments: [true, false])
    func death(isLedger: Bool) async throws {
        try await ScheduleFixture.with { schedules in
            let engine = schedules.engine
            let job =
                isLedger
                ? try schedules.periodic("test.minutely", "* * * * *", Self.all)
                : try schedules.streaming("test.minutely", "* * * * *", Self.all)
            let dying = Ticker([job], pool: engine.pool, logger: engine.logger) { job, tick in
                try await job.accept(tick, by: engine.producer)
                throw Away()
            }
            try await dying.run()
            let began = try await schedules.record(of: job).lastTick
            try await schedules.moveTime(by: 60)
            try await dying.run()
            try await dying.run()
            #expect(try await schedules.record(of: job).lastTick == began, "nobody has said that the tick is settled")

            try await schedules.ticker([job]).run()
            let ticks = try await schedules.ticks(of: job, after: began)
            #expect(try await schedules.record(of: job).lastTick == ticks.last)
            if isLedger { #expect(try await schedules.accepted().map(\.id) == ticks.map(job.id(of:))) }
            let queue = engine.queue(job.kind.queue)
            try await engine.eventuallyAppended { try await queue.measure().ready >= ticks.count }
            #expect(try await queue.measure().ready == ticks.count)
        }
    }

    @Test("one that wakes up late changes nothing")
    func sleeper() async throws {
        try await ScheduleFixture.with { schedules in
            let job = try schedules.periodic("test.minutely", "* * * * *")
            try await schedules.ticker([job]).run()
            let store = schedules.store
            let seen = try await schedules.record(of: job)
            let (one, two) = (seen.lastTick.addingTimeInterval(60), seen.lastTick.addingTimeInterval(120))
            #expect(try await store.settle(seen, upTo: two))
            #expect(try await !store.settle(seen, upTo: one))
            #expect(try await !store.change(seen, to: .init(name: job.name, expression: "@yearly", zone: "GMT"), from: one))
            let record = try await schedules.record(of: job)
            #expect(record.lastTick == two && record.expression == "* * * * *")
        }
    }

    @Test("a job that cannot be accepted is tried again at each look, and holds no other schedule up")
    func retried() async throws {
        try await ScheduleFixture.with { schedules in
            let engine = schedules.engine
            let (refused, other) = (
                try schedules.periodic("test.a", "* * * * *", Self.all), try schedules.periodic("test.b", "* * * * *", Self.all)
            )
            let looks = Mutex(0)
            let ticker = Ticker([refused, other], pool: engine.pool, logger: engine.logger) { job, tick in
                if job.name == refused.name, looks.withLock({ $0 }) < 3 { throw Away() }
                try await job.accept(tick, by: engine.producer)
            }
            try await ticker.run()
            let began = try await schedules.record(of: refused).lastTick
            try await schedules.moveTime(by: 60)
            for look in 1...2 {
                looks.withLock { $0 = look }
                try await ticker.run()
                #expect(try await schedules.record(of: refused).lastTick == began)
                #expect(try await schedules.accepted().allSatisfy { $0.text.hasPrefix("test.b ") })
            }
            #expect(try await schedules.record(of: other).lastTick > began)
            looks.withLock { $0 = 3 }
            try await ticker.run()
            let ticks = try await schedules.ticks(of: refused, after: began)
            #expect(!ticks.isEmpty)
            #expect(try await schedules.accepted().map(\.id).filter(Set(ticks.map(refused.id(of:))).contains).count == ticks.count)
        }
    }

    @Test("a worker carries out what its schedules bring, of stream kinds too")
    func worker() async throws {
        try await ScheduleFixture.with { schedules in
            let engine = schedules.engine
            let job = try schedules.streaming("test.stream", "* * * * *", Self.all)
            var registry = HandlerRegistry()
            registry.register(effect: StreamNoteHandler())
            let worker = Worker(
                name: "test", registry: registry, pool: engine.pool, redis: engine.redis, configuration: engine.configuration,
                periodic: [schedules.ticker([job])], logger: engine.logger)
            try await engine.run(worker) { _ in
                try await eventually("the schedule has begun") { try await schedules.records([job])[job.name] != nil }
                let began = try await schedules.record(of: job).lastTick
                try await schedules.moveTime(by: 60)
                try await eventually { try await schedules.record(of: job).lastTick > began }
                for tick in try await schedules.ticks(of: job, after: began) { try await engine.expect(job.id(of: tick), .done) }
            }
        }
    }

    // MARK: What was missed

    @Test("a schedule begins when it is first seen, and each policy makes of missed ticks what it promises")
    func missed() async throws {
        try await ScheduleFixture.with { schedules in
            // Half an hour away from now, so that the latest tick is half an hour old three hours later.
            let minute = (Int(Date().timeIntervalSince1970) / 60 + 30) % 60
            let policies: [(String, MissedTicks, Int)] = [
                ("test.all", .runAll(most: 100), 3), ("test.two", .runAll(most: 2), 2), ("test.once", .runOnce, 1),
                ("test.lenient", .skip(grace: .seconds(3600)), 1), ("test.strict", .skip(grace: .seconds(60)), 0),
            ]
            let jobs = try policies.map { try schedules.periodic($0.0, "\(minute) * * * *", $0.1) }
            let ticker = schedules.ticker(jobs)
            try await ticker.run()
            let began = try await schedules.record(of: jobs[0]).lastTick
            try await ticker.run()
            #expect(try await schedules.accepted().isEmpty, "the past is not run")

            try await schedules.moveTime(by: 3 * 3600)
            for _ in 0..<2 { try await ticker.run() }
            let ticks = try await schedules.ticks(of: jobs[0], after: began)
            #expect(ticks.count == 3)
            let expected = zip(jobs, policies).flatMap { job, policy in ticks.suffix(policy.2).map { ScheduleFixture.text(job.name, $0) } }
            #expect(try await schedules.accepted().map(\.text).sorted() == expected.sorted())
            #expect(try await schedules.records(jobs).values.allSatisfy { $0.lastTick == ticks.last })
        }
    }

    @Test("what passed while a schedule was stopped was not missed")
    func stopped() async throws {
        try await ScheduleFixture.with { schedules in
            let job = try schedules.periodic("test.minutely", "* * * * *", .runAll(most: 100))
            let (ticker, store) = (schedules.ticker([job]), schedules.store)
            try await ticker.run()
            #expect(try await store.enable(job.name, false))
            try await schedules.moveTime(by: 3600)
            try await ticker.run()
            #expect(try await store.enable(job.name, true))
            try await ticker.run()
            #expect(try await schedules.accepted().isEmpty)
            let began = try await schedules.record(of: job).lastTick
            try await schedules.moveTime(by: 3660)
            try await ticker.run()
            #expect(try await schedules.accepted().map(\.id) == schedules.ticks(of: job, after: began).map(job.id(of:)))
            #expect(try await !store.enable("test.unknown", true))
        }
    }

    // MARK: What changes

    @Test("a changed expression is in force after the first looks of whoever brings it, and the older release follows")
    func changed() async throws {
        try await ScheduleFixture.with { schedules in
            let (old, new) = (try schedules.periodic("test.s", "* * * * *"), try schedules.periodic("test.s", "0 0 1 1 *"))
            let older = schedules.ticker([old])
            try await older.run()
            let began = try await schedules.record(of: old).lastTick
            try await schedules.moveTime(by: 60)

            let newer = schedules.ticker([new])
            try await newer.run()
            let settled = try await schedules.record(of: old)
            #expect(settled.expression == "* * * * *" && settled.lastTick > began, "the former expression's ticks come first")
            // At the turn of a minute the former expression may have one more.
            try await eventually {
                try await newer.run()
                return try await schedules.record(of: new).expression == "0 0 1 1 *"
            }
            let count = try await schedules.accepted().count
            #expect(count >= 1)

            try await schedules.moveTime(by: 3600)
            for ticker in [older, newer] { try await ticker.run() }
            #expect(try await schedules.record(of: new).expression == "0 0 1 1 *")
            #expect(try await schedules.accepted().count == count, "nobody runs the former one any more")
        }
    }

    @Test("what an operator writes into the row is followed; what cannot be read runs nothing until a worker starts")
    func edited() async throws {
        try await ScheduleFixture.with { schedules in
            let job = try schedules.periodic("test.s", "0 0 1 1 *")
            let ticker = schedules.ticker([job])
            for _ in 0..<2 { try await ticker.run() }
            _ = try await schedules.psql("update schedules set expression = '* * * * *', zone = 'Europe/Berlin'")
            try await schedules.moveTime(by: 60)
            try await ticker.run()
            #expect(try await schedules.accepted().count >= 1)

            let count = try await schedules.accepted().count
            _ = try await schedules.psql("update schedules set expression = 'whenever'")
            try await schedules.moveTime(by: 7200)
            try await ticker.run()
            #expect(try await schedules.accepted().count == count)
            try await schedules.ticker([job]).run()
            #expect(try await schedules.record(of: job).expression == "0 0 1 1 *")
            #expect(try await schedules.accepted().count == count)
        }
    }

    @Test("schedules belong to no tenant: only upkeep sees them")
    func grants() async throws {
        try await ScheduleFixture.with { schedules in
            let engine = schedules.engine
            for scope in [PostgresScope.unscoped, .workspaces([engine.workspace]), .role(.auth)] {
                await #expect(throws: PostgresError.self) { _ = try await engine.pool.query(scope, "select name from schedules") }
            }
        }
    }
}
