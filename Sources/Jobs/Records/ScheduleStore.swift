import Foundation
package import Postgres

/// How far each schedule has come. It belongs to no tenant and acts as upkeep.
package struct ScheduleStore: Sendable {
    let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    /// A schedule as the fleet has agreed on it.
    struct Record: Sendable, Equatable {
        let name: String
        let expression: String
        let zone: String
        let isEnabled: Bool
        /// Every tick up to here is settled: accepted as a job, or skipped as its policy says.
        let lastTick: Date
    }

    /// What is to be recorded of a schedule.
    struct Words: Sendable, Equatable {
        let name: String
        let expression: String
        let zone: String
    }

    /// The rows of these schedules, and what time it is for all workers.
    func look(at names: [String]) async throws -> (now: Date, records: [String: Record]) {
        let rows = try await pool.query(
            .role(.upkeep),
            """
            -- look at schedules
            select clock.now, s.name, s.expression, s.zone, s.enabled, s.last_tick
            from (select mainstay_now() as now) as clock left join schedules s on s.name = any($1)
            """, names)
        guard let first = rows.first else { return (.distantPast, [:]) }
        var records: [String: Record] = [:]
        for row in rows {
            // One row without a name: none of them is known.
            guard let name = try row.decode("name", as: String?.self) else { continue }
            records[name] = Record(
                name: name, expression: try row.decode("expression"), zone: try row.decode("zone"), isEnabled: try row.decode("enabled"),
                lastTick: try row.decode("last_tick"))
        }
        return (try first.decode("now"), records)
    }

    /// Schedules that nobody has seen before begin now: their past is not run.
    /// - Returns: the names of those that began by this call.
    func begin(_ schedules: [Words]) async throws -> [String] {
        try await pool.query(
            .role(.upkeep),
            """
            -- begin schedules
            insert into schedules (name, expression, zone, last_tick)
            select name, expression, zone, mainstay_now() from unnest($1::text[], $2::text[], $3::text[]) as given (name, expression, zone)
            order by name
            on conflict (name) do nothing
            returning name
            """, schedules.map(\.name), schedules.map(\.expression), schedules.map(\.zone)
        ).map { try $0.decode("name") }
    }

    /// Ticks up to `tick` are settled.
    /// - Returns: false when another worker was faster, and nothing was changed.
    func settle(_ record: Record, upTo tick: Date) async throws -> Bool {
        try await pool.execute(
            .role(.upkeep),
            """
            -- settle ticks
            update schedules set last_tick = $3 where name = $1 and last_tick = $2
            """, record.name, record.lastTick, tick) == 1
    }

    /// Gives a schedule another expression or place, from `now` on.
    /// - Returns: false when another worker was faster, and nothing was changed.
    func change(_ record: Record, to words: Words, from now: Date) async throws -> Bool {
        try await pool.execute(
            .role(.upkeep),
            """
            -- change a schedule
            update schedules set expression = $3, zone = $4, last_tick = greatest(last_tick, $5) where name = $1 and last_tick = $2
            """, record.name, record.lastTick, words.expression, words.zone, now) == 1
    }

    /// Stops a schedule or lets it go on, for the whole fleet from its next look. What passed while it was stopped was not
    /// missed: it goes on from now.
    /// - Returns: false when there is no such schedule.
    package func enable(_ name: String, _ isEnabled: Bool) async throws -> Bool {
        try await pool.execute(
            .role(.upkeep),
            """
            -- enable or stop a schedule
            update schedules
            set enabled = $2, last_tick = case when $2 and not enabled then greatest(last_tick, mainstay_now()) else last_tick end
            where name = $1
            """, name, isEnabled) == 1
    }
}
