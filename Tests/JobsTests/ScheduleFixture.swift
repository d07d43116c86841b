import Foundation
import LocalStack
import Postgres
import TestSupport
import Testing

@testable import Jobs

/// The engine's fixture with schedules in it, whose time it moves.
struct ScheduleFixture: Sendable {
    let engine: EngineFixture

    /// A job of the ledger.
    struct Accepted: Sendable {
        let id: UUID
        let text: String
    }

    static func with(_ body: @escaping @Sendable (ScheduleFixture) async throws -> Void) async throws {
        try await EngineFixture.with { try await body(ScheduleFixture(engine: $0)) }
    }

    var store: ScheduleStore { ScheduleStore(pool: engine.pool) }

    func ticker(_ jobs: [PeriodicJob], producer: JobProducer? = nil) -> Ticker {
        Ticker(jobs, pool: engine.pool, producer: producer ?? engine.producer, logger: engine.logger)
    }

    func periodic(_ name: String, _ cron: String, _ missed: MissedTicks = .runOnce) throws -> PeriodicJob {
        try PeriodicJob(name: name, cron: cron, workspace: engine.workspace, missed: missed) { tick in
            Note(text: Self.text(name, tick))
        }
    }

    func streaming(_ name: String, _ cron: String, _ missed: MissedTicks = .runOnce) throws -> PeriodicJob {
        try PeriodicJob(name: name, cron: cron, workspace: engine.workspace, missed: missed) { tick in
            StreamNote(text: Self.text(name, tick))
        }
    }

    static func text(_ name: String, _ tick: Date) -> String { "\(name) \(Int(tick.timeIntervalSince1970))" }

    /// The ledger's jobs in the order of their ticks.
    func accepted() async throws -> [Accepted] {
        try await engine.pool.query(
            .workspaces([engine.workspace]), "select id, convert_from(body, 'UTF8')::jsonb ->> 'text' as text from acceptances order by id"
        ).map { Accepted(id: try $0.decode("id"), text: try $0.decode("text")) }
    }

    func records(_ jobs: [PeriodicJob]) async throws -> [String: ScheduleStore.Record] {
        try await store.look(at: jobs.map(\.name)).records
    }

    func record(of job: PeriodicJob) async throws -> ScheduleStore.Record { try #require(await records([job])[job.name]) }

    /// What the schedule should have brought up to what is settled.
    func ticks(of job: PeriodicJob, after began: Date) async throws -> [Date] {
        let settled = try await record(of: job).lastTick
        var ticks: [Date] = []
        var last = began
        while let tick = job.calendar.next(after: last), tick <= settled {
            ticks.append(tick)
            last = tick
        }
        return ticks
    }

    /// Producers as that many workers have them, for the length of `body`.
    func withProducers(_ count: Int, _ body: @Sendable ([JobProducer]) async throws -> Void) async throws {
        let producers = (0..<count).map { _ in
            JobProducer(
                pool: engine.pool, redis: engine.redis, configuration: engine.configuration, queues: ["notes", "streams"], logger: engine.logger)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for producer in producers { group.addTask { try await producer.run() } }
            try await body(producers)
            group.cancelAll()
        }
    }

    /// Moves the database's time to so long after the true one.
    func moveTime(by seconds: Int) async throws {
        _ = try await psql("update time_offset set amount = interval '\(seconds) seconds'")
    }

    /// Runs a script as superuser.
    func psql(_ script: String) async throws -> String {
        let row = try #require(await engine.pool.query(.unscoped, "select current_database()::text as name").first)
        return try await TestStack.shared().servers.psql(script, database: try row.decode("name"))
    }
}
