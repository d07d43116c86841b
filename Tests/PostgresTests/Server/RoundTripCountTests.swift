import Postgres
import Testing

/// How often the client waits for the server, counted on the wire.
@Suite(.timeLimit(.minutes(2))) struct RoundTripCountTests {
    private func trips(_ proxy: TestProxy, _ body: () async throws -> Void) async throws -> Int {
        let before = proxy.roundTrips
        try await body()
        return proxy.roundTrips - before
    }

    @Test func `trips are as few as documented`() async throws {
        try await Database.make().withProxy { proxy, url in
            try await withPool(url) { pool in
                try await pool.execute(.unscoped, "create table items (id int8 primary key)")
                try await #expect(trips(proxy) { _ = try await pool.query(.workspaces([]), "select $1", 1) } == 1)
                #expect(
                    try await trips(proxy) {
                        try await pool.transaction(.workspaces([])) { transaction in
                            transaction.submit("insert into items values (1)")
                            transaction.submit("insert into items values (2)")
                            transaction.submit("insert into items select * from unnest($1)", Array(3...500))
                        }
                    } == 1)
                #expect(
                    try await trips(proxy) {
                        try await pool.transaction(.workspaces([])) { transaction in
                            transaction.submit("delete from items where id = 1")
                            _ = try await transaction.query("select 1")
                            transaction.submit("delete from items where id = 2")
                        }
                    } == 2)
                try await #expect(trips(proxy) { try await pool.transaction(.workspaces([])) { _ in } } == 0)
                // The failed trip and the rollback.
                try await #expect(trips(proxy) { _ = await failure { try await pool.query(.unscoped, "select 1/0") } } == 2)
            }
        }
    }

    private func withPool(_ url: String, _ body: @Sendable (PostgresPool) async throws -> Void) async throws {
        try await Database.make().withPool(url: url, body)
    }
}
