import Foundation
import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct ScopeTests {
    private static let look: SQL = "select coalesce(current_setting('mainstay.workspaces', true), '') as workspaces, current_user::text as role"

    /// What the next transaction on the same connection sees.
    private func leftovers(_ pool: PostgresPool) async throws -> (workspaces: String, role: String, process: Int) {
        let row = try await pool.query(.unscoped, Self.look)[0]
        return (try row.decode("workspaces"), try row.decode("role"), try await pool.serverProcess())
    }

    private func withServerPool(_ body: @Sendable (PostgresPool) async throws -> Void) async throws {
        let database = try await Database.make()
        try await database.withPool(url: database.test.serverURL, body)
    }

    @Test func `the setting holds for the transaction and is gone after commit, error and rollback`() async throws {
        try await withServerPool { pool in
            let ids = [UUID(), UUID()]
            let list = ids.map { $0.uuidString.lowercased() }.joined(separator: ",")
            let process = try await pool.serverProcess()

            try await pool.transaction(.workspaces(ids)) { transaction in
                try await #expect(transaction.query(Self.look)[0].decode("workspaces") == list)
                try await #expect(transaction.query(Self.look)[0].decode("workspaces") == list)
            }
            try await #expect(leftovers(pool).workspaces == "")

            try await #expect(pool.query(.workspaces(ids), Self.look)[0].decode("workspaces") == list)
            try await #expect(leftovers(pool).workspaces == "")

            let error = await failure { try await pool.query(.workspaces(ids), "select 1/0") }
            #expect(error?.sqlState == "22012")
            try await #expect(leftovers(pool).workspaces == "")

            struct Stop: Error {}
            await #expect(throws: Stop.self) {
                try await pool.transaction(.workspaces(ids)) { transaction in
                    _ = try await transaction.query("select 1")
                    throw Stop()
                }
            }
            let left = try await leftovers(pool)
            #expect(left.workspaces == "")
            #expect(left.process == process, "all of it must have happened on one connection")
        }
    }

    @Test func `after the server stopped a statement the same connection has no scope left`() async throws {
        try await withServerPool { pool in
            let process = try await pool.serverProcess()
            let error = await failure {
                try await pool.transaction(.workspaces([UUID()])) { transaction in
                    _ = try await transaction.query("set local statement_timeout = '50ms'")
                    _ = try await transaction.query("select pg_sleep(30)")
                }
            }
            #expect(error?.sqlState == "57014")
            #expect(error?.code == .server)
            let left = try await leftovers(pool)
            #expect(left.workspaces == "")
            #expect(left.process == process)
        }
    }

    @Test func `a role is taken for the transaction only`() async throws {
        try await withServerPool { pool in
            try await #expect(pool.query(.role(.upkeep), Self.look)[0].decode("role") == "mainstay_upkeep")
            try await #expect(pool.query(.role(.auth), Self.look)[0].decode("role") == "mainstay_auth")
            _ = await failure { try await pool.query(.role(.upkeep), "select 1/0") }
            let left = try await leftovers(pool)
            #expect(left.role == "mainstay_server")
        }
    }

    @Test func `a role that the login may not take is an error of the scope's own statement`() async throws {
        try await Database.make().withPool { pool in
            let error = await failure { try await pool.query(.role(.upkeep), "select 1") }
            #expect(error?.sqlState == "42501")
            #expect(error?.statement == "set local role mainstay_upkeep")
        }
    }

    @Test func `policies see the scope in one trip with the statement`() async throws {
        let database = try await Database.make()
        let (mine, theirs) = (UUID(), UUID())
        try await database.withPool { owner in
            try await owner.transaction(.unscoped) { transaction in
                try await transaction.runScript(
                    """
                    create table notes (workspace_id uuid not null, id int8, primary key (workspace_id, id));
                    alter table notes enable row level security;
                    alter table notes force row level security;
                    create policy tenant on notes using (
                        workspace_id = any ((select string_to_array(nullif(current_setting('mainstay.workspaces', true), ''), ',')::uuid[])::uuid[]));
                    grant select, insert on notes to mainstay_server;
                    """)
            }
        }
        try await database.withPool(url: database.test.serverURL) { pool in
            for (workspace, id) in [(mine, 1), (theirs, 2)] {
                try await pool.execute(.workspaces([workspace]), "insert into notes values ($1, $2)", workspace, id)
            }
            let foreign = await failure { try await pool.execute(.workspaces([mine]), "insert into notes values ($1, 3)", theirs) }
            #expect(foreign?.sqlState == "42501")
            let all: SQL = "select id from notes order by id"
            try await #expect(pool.query(.workspaces([mine]), all).map { try $0.decode(0, as: Int.self) } == [1])
            try await #expect(pool.query(.workspaces([mine, theirs]), all).count == 2)
            try await #expect(pool.query(.workspaces([]), all).isEmpty)
            try await #expect(pool.query(.unscoped, all).isEmpty)
        }
    }
}
