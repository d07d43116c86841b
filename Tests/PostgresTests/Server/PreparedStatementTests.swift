import Postgres
import Testing

@Suite(.timeLimit(.minutes(2))) struct PreparedStatementTests {
    private static let mine: SQL = "select $1 + 1"

    private func prepared(_ pool: PostgresPool) async throws -> [String] {
        try await pool.query(.unscoped, "select statement from pg_prepared_statements order by statement").map { try $0.decode(0) }
    }

    @Test func `a statement is prepared once for a connection`() async throws {
        try await Database.make().withPool { pool in
            for number in 0..<10 { try await #expect(pool.query(.unscoped, Self.mine, number)[0].decode(0) == number + 1) }
            try await #expect(prepared(pool).filter { $0 == "select $1 + 1" }.count == 1)
        }
    }

    @Test func `other parameter types are another statement`() async throws {
        try await Database.make().withPool { pool in
            try await #expect(pool.query(.unscoped, Self.mine, Int32(1))[0].decode(0, as: Int32.self) == 2)
            try await #expect(pool.query(.unscoped, Self.mine, 1.5)[0].decode(0) == 2.5)
            try await #expect(prepared(pool).filter { $0 == "select $1 + 1" }.count == 2)
        }
    }

    @Test func `the number of prepared statements is bounded`() async throws {
        try await Database.make().withPool(configure: { $0.statementCacheSize = 8 }) { pool in
            for number in 0..<40 {
                let sql = SQL.trusted(file: "select \(number)")
                try await #expect(pool.query(.unscoped, sql)[0].decode(0) == number)
            }
            try await #expect(prepared(pool).count <= 8)
        }
    }

    @Test func `a failed pipeline does not leave the cache wrong`() async throws {
        try await Database.make().withPool(configure: { $0.statementCacheSize = 8 }) { pool in
            for number in 0..<40 {
                // The second statement is skipped by the server, so it is not prepared although it was sent.
                let later = SQL.trusted(file: "select \(number % 13)")
                _ = await failure {
                    try await pool.transaction(.unscoped) { transaction in
                        transaction.submit("select 1/0")
                        _ = try await transaction.query(later)
                    }
                }
                try await #expect(pool.query(.unscoped, later)[0].decode(0) == number % 13)
            }
            try await #expect(prepared(pool).count <= 8)
        }
    }

    @Test func `a result that changed under a prepared statement is retryable and heals`() async throws {
        try await Database.make().withPool { pool in
            let all: SQL = "select * from items"
            try await pool.execute(.unscoped, "create table items (id int8)")
            try await #expect(pool.query(.unscoped, all).isEmpty)
            try await pool.execute(.unscoped, "alter table items add column note text")
            let error = await failure { try await pool.query(.unscoped, all) }
            #expect(error?.sqlState == "0A000")
            #expect(error?.isRetryable == true)
            try await #expect(pool.query(.unscoped, all).isEmpty)
        }
    }

    @Test func `a statement that the server forgot is retryable and heals`() async throws {
        try await Database.make().withPool { pool in
            _ = try await pool.query(.unscoped, Self.mine, 1)
            try await pool.runOutsideTransaction("deallocate all")
            let error = await failure { try await pool.query(.unscoped, Self.mine, 1) }
            #expect(error?.sqlState == "26000")
            #expect(error?.isRetryable == true)
            try await #expect(pool.query(.unscoped, Self.mine, 1)[0].decode(0) == 2)
        }
    }
}
