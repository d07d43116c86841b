package import Foundation
package import Postgres

/// What PostgreSQL knows of a worker process.
package struct WorkerRecord: Sendable {
    package let id: UUID
    package let name: String
    package let host: String
    package let pid: Int
    package let queues: [String]
    package let version: String
    package let startedAt: Date
    package let stoppedAt: Date?
    package let deadAt: Date?
}

/// Worker rows: the fence that every batch asks for is one of them.
package struct WorkerStore: Sendable {
    let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    func register(id: UUID, name: String, host: String, pid: Int, queues: [String], version: String) async throws {
        _ = try await pool.execute(
            .unscoped,
            // Tried again when the answer was lost.
            "insert into workers (id, name, host, pid, queues, version) values ($1, $2, $3, $4, $5, $6) on conflict (id) do nothing", id, name, host,
            Int32(pid), queues, version)
    }

    /// From here on nothing of this worker commits. Waits for its transactions that are under way: the trigger `workers_fenced` takes the
    /// lock that each of them shares.
    /// - Returns: false when it had stopped in good order or was never registered.
    func markDead(_ id: UUID) async throws -> Bool {
        try await pool.execute(
            .role(.upkeep), "update workers set dead_at = coalesce(dead_at, clock_timestamp()) where id = $1 and stopped_at is null", id) == 1
    }

    func stopped(_ id: UUID) async throws {
        _ = try await pool.execute(.unscoped, "update workers set stopped_at = clock_timestamp() where id = $1 and dead_at is null", id)
    }

    /// A worker that has neither stopped nor was declared dead.
    struct Living: Sendable, Hashable {
        let id: UUID
        let queues: [String]
    }

    /// Those that registered longer than `age` ago, by PostgreSQL's time, a page in the order of their ids.
    func living(for age: Duration, after last: UUID, most: Int) async throws -> [Living] {
        let rows = try await pool.query(
            .role(.upkeep),
            """
            select id, queues from workers
            where stopped_at is null and dead_at is null and started_at < clock_timestamp() - $1 * interval '1 second' and id > $2
            order by id limit $3
            """, age.inSeconds, last, most)
        return try rows.map { Living(id: try $0.decode("id"), queues: try $0.decode("queues")) }
    }

    /// Workers that run, and those that ended within the last hour; at most 200, for whose sake none that runs is left out.
    package func list() async throws -> [WorkerRecord] {
        let rows = try await pool.query(
            .role(.upkeep),
            """
            select id, name, host, pid, queues, version, started_at, stopped_at, dead_at from workers
            where coalesce(stopped_at, dead_at, 'infinity') > clock_timestamp() - interval '1 hour'
            order by (stopped_at is null and dead_at is null) desc, started_at desc limit 200
            """)
        return try rows.map { row in
            WorkerRecord(
                id: try row.decode("id"), name: try row.decode("name"), host: try row.decode("host"), pid: Int(try row.decode("pid", as: Int32.self)),
                queues: try row.decode("queues"), version: try row.decode("version"), startedAt: try row.decode("started_at"),
                stoppedAt: try row.decode("stopped_at", as: Date?.self),
                deadAt: try row.decode("dead_at", as: Date?.self))
        }
    }
}
