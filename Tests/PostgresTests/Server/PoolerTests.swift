import Foundation
import Postgres
import TestSupport
import Testing

/// Behind a real pgbouncer in transaction mode: consecutive transactions of one client meet different server connections.
@Suite(.timeLimit(.minutes(2))) struct PoolerTests {
    private func withPooler(size: Int = 2, _ body: @Sendable (PostgresPool, PgBouncer) async throws -> Void) async throws {
        let database = try await Database.make()
        let pooler = try await PgBouncer.start(for: database, serverConnections: 2)
        defer { pooler.stop() }
        try await database.withPool(size: size, url: pooler.url, configure: { $0.pooler = true }) { try await body($0, pooler) }
    }

    @Test func `transactions, parameters and scopes work`() async throws {
        try await withPooler { pool, _ in
            let ids = [UUID(), UUID()]
            let scope: SQL = "select current_setting('mainstay.workspaces', true) as workspaces, cardinality($1) as count"
            for _ in 0..<20 {
                let row = try await pool.query(.workspaces(ids), scope, ids)[0]
                #expect(try row.decode("workspaces", as: String.self).count == 73)
                #expect(try row.decode("count") == 2)
                let left = try await pool.query(.unscoped, "select coalesce(current_setting('mainstay.workspaces', true), '')")[0]
                #expect(try left.decode(0) == "")
            }
        }
    }

    @Test func `nothing is left on the server for the next client`() async throws {
        try await withPooler { pool, _ in
            for number in 0..<10 { try await #expect(pool.query(.unscoped, "select $1", number)[0].decode(0) == number) }
            let prepared = try await pool.count("select count(*) from pg_prepared_statements")
            #expect(prepared == 0)
        }
    }

    @Test func `many clients on few server connections do not meet each other's state`() async throws {
        try await withPooler(size: 8) { pool, _ in
            try await pool.execute(.unscoped, "create table items (id int8 primary key, workspace uuid)")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for id in 0..<200 {
                    group.addTask {
                        let workspace = UUID()
                        try await pool.transaction(.workspaces([workspace])) { transaction in
                            transaction.submit("insert into items values ($1, $2)", id, workspace)
                            let row = try await transaction.query(
                                "select count(*) from items where id = $1 and workspace = current_setting('mainstay.workspaces')::uuid", id)[0]
                            #expect(try row.decode(0) == 1)
                        }
                    }
                }
                try await group.waitForAll()
            }
            try await #expect(pool.count("select count(*) from items") == 200)
        }
    }

    @Test func `an error in the middle of a pipeline leaves nothing and the connection usable`() async throws {
        try await withPooler(size: 1) { pool, pooler in
            try await pool.execute(.unscoped, "create table items (id int8 primary key)")
            for _ in 0..<10 {
                let error = await failure {
                    try await pool.transaction(.workspaces([UUID()])) { transaction in
                        transaction.submit("insert into items values (1)")
                        transaction.submit("-- culprit\nselect 1/0")
                        transaction.submit("insert into items values (2)")
                    }
                }
                #expect(error?.sqlState == "22012")
                #expect(error?.statement == "culprit")
                try await #expect(pool.count("select count(*) from items") == 0)
            }
            try await #expect(pooler.connectionsMade() == 1, "the client's connection was kept")
        }
    }

    @Test func `copy works`() async throws {
        try await withPooler(size: 1) { pool, _ in
            try await pool.execute(.unscoped, "create table items (id int8)")
            let rows = (0..<1_000).map { [$0] as [any PostgresEncodable] }
            let count = try await pool.transaction(.unscoped) { try await $0.copy(into: "copy items from stdin (format binary)", rows: rows) }
            #expect(count == 1_000)
            try await #expect(pool.count("select count(*) from items") == 1_000)
        }
    }

    @Test func `cancelling stops the statement and the pool works on`() async throws {
        let database = try await Database.make()
        let pooler = try await PgBouncer.start(for: database, serverConnections: 2)
        defer { pooler.stop() }
        try await database.withPool(url: pooler.url, configure: { $0.pooler = true }) { pool in
            for _ in 0..<5 {
                let sleeping = Task { await failure { try await pool.query(.unscoped, "select pg_sleep(60)") } }
                try await eventually("the statement runs") { try await busyCount(in: database) == 1 }
                sleeping.cancel()
                #expect(await sleeping.value?.code == .cancelled)
                try await #expect(pool.count("select 1::int8") == 1)
            }
        }
    }

    @Test func `a server connection that dies during a statement leaves its COMMIT unknown`() async throws {
        let database = try await Database.make()
        let pooler = try await PgBouncer.start(for: database, serverConnections: 1)
        defer { pooler.stop() }
        try await database.withPool(url: pooler.url, configure: { $0.pooler = true }) { pool in
            async let sleeping = failure { try await pool.query(.unscoped, "select pg_sleep(60)") }
            try await eventually("the statement runs") { try await busyCount(in: database) == 1 }
            try await database.withPool(url: database.test.superuserURL) { other in
                _ = try await other.query(
                    .unscoped,
                    "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep%' and datname = current_database() and pid <> pg_backend_pid()"
                )
            }
            let error = await sleeping
            #expect(error?.code == .connection)
            #expect(error?.isRetryable == true)
            #expect(error?.commitUnknown == true)
            try await #expect(pool.count("select 1::int8") == 1)
        }
    }
}
