import Foundation
import Logging
import Postgres
import TestSupport

@testable import Jobs

/// A database with days of forty days ago, and jobs in them as the engine leaves them.
struct Ledger: Sendable {
    let database: TestDatabase
    let pool: PostgresPool
    let workspace = UUID.version7()

    static func with(_ body: @Sendable (Ledger) async throws -> Void) async throws {
        let database = try await TestDatabase.make()
        try await withPool(database.serverURL) { pool in
            let ledger = Ledger(database: database, pool: pool)
            _ = try await database.psql(
                """
                update time_offset set amount = interval '-40 days';
                select ensure_day_partitions('acceptances', 2), ensure_day_partitions('outcomes', 2), ensure_day_partitions('job_bodies', 2);
                update time_offset set amount = '0';
                """)
            try await body(ledger)
        }
    }

    func housekeeping(
        retention: Duration = .seconds(30 * 86_400), logger: Logger = Logger(label: "test.retention")
    ) -> Housekeeping {
        Housekeeping(
            pool: pool, idempotencyWindow: .seconds(86_400), retention: retention, draining: Signal(), clock: ContinuousClock(), logger: logger)
    }

    /// An identifier as it was made so many hours ago.
    func id(hoursAgo hours: Double) -> UUID {
        var generator = SystemRandomNumberGenerator()
        return .version7(milliseconds: Int64((Date().timeIntervalSince1970 - hours * 3600) * 1000), using: &generator)
    }

    func accept(_ ids: UUID...) async throws {
        for id in ids {
            _ = try await database.psql(
                """
                insert into acceptances (workspace_id, id, kind, version, queue, partition, append_group, body, accepted_at)
                values ('\(workspace)', '\(id)', 'test.note', 1, 'notes', 0, gen_random_uuid(), '{}', now())
                """)
        }
    }

    func finish(_ ids: UUID...) async throws {
        for id in ids {
            _ = try await database.psql(
                """
                insert into outcomes (workspace_id, id, kind, state, attempts, accepted_at)
                values ('\(workspace)', '\(id)', 'test.note', 'done', 1, now())
                """)
        }
    }

    func keepBody(of ids: UUID...) async throws {
        for id in ids { _ = try await database.psql("insert into job_bodies (workspace_id, id, body) values ('\(workspace)', '\(id)', 'x')") }
    }

    /// A month passes in which nobody makes days. What comes now is of ``id(hoursAgo:)`` with a month less than nothing.
    func standStill() async throws {
        _ = try await database.psql("update time_offset set amount = interval '30 days'")
    }

    /// A body for each number up to `count`, all of one instant.
    /// - Parameter instant: an expression in SQL.
    func keepBodies(_ count: Int, at instant: String) async throws {
        _ = try await database.psql(
            """
            insert into job_bodies (workspace_id, id, body)
            select '\(workspace)', (left(uuid_v7_floor(\(instant))::text, 24) || lpad(to_hex(n), 12, '0'))::uuid, '' from generate_series(1, \(count)) n
            """)
    }

    func count(_ query: String) async throws -> Int? {
        Int(try await database.psql("select count(*) from \(query)").trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// How many days a table has.
    func days(of table: DayTable) async throws -> Int {
        try await count("pg_inherits where inhparent = '\(table.rawValue)'::regclass and inhrelid::regclass::text ~ '_[0-9]{8}$'") ?? 0
    }

    /// The identifiers that a table holds, seen as superuser.
    func ids(in table: String) async throws -> Set<UUID> {
        let text = try await database.psql("select id from \(table)")
        return Set(text.split(separator: "\n").compactMap { UUID(uuidString: String($0)) })
    }
}
