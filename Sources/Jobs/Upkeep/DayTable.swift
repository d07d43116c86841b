package import Logging
package import Postgres

/// A table of the engine that is cut into days by its jobs' identifiers. In the order in which days go: an outcome stays as long as its
/// job's acceptance.
package enum DayTable: String, CaseIterable, Sendable {
    case acceptances, outcomes
    case bodies = "job_bodies"

    /// So long may an installation stand still before a row comes whose day is not there. Such rows lie outside of the days, and are
    /// moved when their day is made.
    static let daysAhead: Int32 = 7

    /// Makes the days that are missing, from yesterday on. Each in a transaction of its own: a new day needs the table alone, and who
    /// waited for the next one with that in hand would meet those who read two tables the other way round.
    /// - Parameter scope: of upkeep, or unscoped as the owner of the tables.
    func makeDays(in pool: PostgresPool, as scope: PostgresScope = .role(.upkeep)) async throws {
        for ahead in -1...Self.daysAhead { _ = try await pool.query(scope, Self.make, rawValue, ahead) }
    }

    /// The days of all tables, for whoever starts before the first worker does. What stands in the way is logged and keeps nobody from
    /// starting, for workers make the days again and again.
    package static func makeAllDays(in pool: PostgresPool, as scope: PostgresScope = .role(.upkeep), logger: Logger) async {
        for table in allCases {
            do {
                try await table.makeDays(in: pool, as: scope)
            } catch {
                logger.warning("days ahead could not be made", metadata: ["of": "\(table.rawValue)", "error": "\(error)"])
            }
        }
    }

    /// Drops a day that is over for longer than `keptDays`, or deletes old rows that lie outside of the days.
    /// - Returns: how much it was; the caller goes on until nothing is left.
    func dropSome(keptDays: Int32, in pool: PostgresPool) async throws -> Int {
        // Whether a day of millions holds a job that is still owed takes a while to see.
        let rows = try await pool.query(.role(.upkeep), Self.drop, rawValue, keptDays, timeout: .seconds(600))
        return try rows.first?.decode("dropped") ?? 0
    }

    private static let make: SQL = "-- make days ahead\nselect ensure_day_partitions($1::text::regclass, $2)"
    private static let drop: SQL = "-- drop days that are over\nselect drop_day_partitions($1::text::regclass, $2) as dropped"
}
