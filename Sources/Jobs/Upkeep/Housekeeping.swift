import Foundation
import Logging
import Postgres

/// What must be done now and then: days of partitions ahead, and away what nobody needs any more, which is bodies of
/// finished jobs, days that are over, closed groups, old idempotency keys and worker rows, which end first where nobody ended them.
struct Housekeeping: Sendable {
    let pool: PostgresPool
    let idempotencyWindow: Duration
    /// How long days are kept that are over; `.zero` for ever.
    var retention: Duration = .zero
    /// Nil where nobody looks for them.
    var silent: SilentWorkers?
    let draining: Signal
    let clock: any Clock<Duration>
    let logger: Logger

    /// Bodies that one statement deletes: they are large, and so is their deletion.
    static let bodies = 500
    /// Statements of a round.
    static let pages = 40

    /// Rounds of a quarter of an hour between two looks for days that are over: six hours, for a look goes through a day of
    /// jobs, and days go by the day.
    static let roundsBetweenDays = 24

    func run() async {
        var round = 0
        var generator = SystemRandomNumberGenerator()
        repeat {
            await partitions()
            await step("idempotency keys") { _ = try await forgetKeys() }
            await step("workers") { try await forgetWorkers() }
            await step("cancellations") { _ = try await ControlStore(pool: pool).forgetSettled(DeletionPages(clock: clock)) }
            await step("bodies") { _ = try await forgetBodies() }
            if retention > .zero { await step("groups") { _ = try await JobGroupStore(pool: pool).forgetClosed(after: retention) } }
            if round.isMultiple(of: Self.roundsBetweenDays) {
                await step("days") { _ = try await forgetDays() }
                await step("undone jobs") { _ = try await forgetUndone() }
            }
            // Last, for it waits where there are any.
            if let silent { await step("silent workers") { _ = try await silent.declareDead() } }
            round += 1
        } while await draining.isQuiet(for: Self.pause(using: &generator), clock: clock)
    }

    /// Between two rounds: a quarter of an hour, a fifth more or less, so that workers that were started together do not meet in each.
    static func pause(using generator: inout some RandomNumberGenerator) -> Duration {
        .milliseconds(Int64.random(in: 720_000...1_080_000, using: &generator))
    }

    /// A step is given up when the worker is asked to leave: its statement is rolled back, and the next worker does it.
    private func step(_ what: String, _ operation: @escaping @Sendable () async throws -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await operation()
                } catch {
                    guard !draining.isRaised else { return }
                    logger.warning("housekeeping could not be done", metadata: ["of": "\(what)", "error": "\(error)"])
                }
            }
            group.addTask { await draining.wait() }
            await group.next()
            group.cancelAll()
        }
    }

    /// Days ahead. Each table by itself: what stands in the way of one keeps none of the others.
    func partitions() async {
        for table in DayTable.allCases { await step("days of \(table.rawValue)") { try await table.makeDays(in: pool) } }
    }

    /// Keys whose window is over.
    /// - Returns: how many were deleted; what is over the bound of a round waits for the next.
    func forgetKeys() async throws -> Int {
        try await DeletionPages(clock: clock).delete { rows in
            try await pool.execute(
                .role(.upkeep),
                """
                -- forget idempotency keys
                delete from idempotency_keys where ctid in (
                  select ctid from idempotency_keys
                  -- Not the clock, which goes on from row to row: no index can be asked for it.
                  where created_at < now() - $1 * interval '1 second'
                  order by created_at limit $2 for update skip locked)
                """, idempotencyWindow.inSeconds, rows, timeout: .seconds(60))
        }
    }

    private func forgetWorkers() async throws {
        _ = try await pool.execute(
            .role(.upkeep), "delete from workers where coalesce(stopped_at, dead_at) < clock_timestamp() - interval '7 days'")
    }

    /// Bodies of jobs that are finished. Not those of the last hour: whoever read such a job before it was finished may
    /// still fetch its body.
    /// - Returns: how many were deleted; what is over the bound of a round waits for the next.
    func forgetBodies() async throws -> Int {
        var total = 0
        for _ in 0..<Self.pages {
            let deleted = try await pool.execute(
                .role(.upkeep),
                """
                -- delete bodies of finished jobs
                delete from job_bodies b using (
                  select j.workspace_id, j.id from job_bodies j
                  where j.id < uuid_v7_floor(mainstay_now() - interval '1 hour')
                    -- Row by row, for which `exists` is no promise: bodies are few, and the finished jobs are all there ever were.
                    and (select true from finished_jobs f where f.workspace_id = j.workspace_id and f.id = j.id limit 1)
                  limit $1
                ) as finished
                where b.workspace_id = finished.workspace_id and b.id = finished.id
                """, Self.bodies, timeout: .seconds(60))
            total += deleted
            guard deleted == Self.bodies else { break }
        }
        return total
    }

    /// Days that are over for longer than the retention, acceptances first: an outcome stays as long as its acceptance.
    /// - Returns: how many partitions were dropped, and rows deleted that lay in none of the days.
    func forgetDays() async throws -> Int {
        guard retention > .zero else { return 0 }
        let days = Int32(min(100_000, (retention.inSeconds / 86_400).rounded(.up)))
        var total = 0
        for table in DayTable.allCases {
            while !draining.isRaised {
                let dropped = try await table.dropSome(keptDays: days, in: pool)
                guard dropped > 0 else { break }
                total += dropped
            }
        }
        if total > 0 { logger.info("days that are over went", metadata: ["days_and_stray_rows": "\(total)", "kept_days": "\(days)"]) }
        return total
    }

    /// What is left of jobs that were dead or cancelled, and whose outcomes went with their day.
    /// - Returns: how many were deleted.
    func forgetUndone() async throws -> Int {
        try await pool.execute(
            .role(.upkeep),
            """
            -- forget undone jobs
            delete from undone_jobs u
            where u.id < uuid_v7_floor(mainstay_now() - interval '1 day')
              and (select true from outcomes o where o.workspace_id = u.workspace_id and o.id = u.id limit 1) is null
            """, timeout: .seconds(60))
    }
}
