import Postgres
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(2))) struct TransactionTests {
    private static let table: SQL = "create table items (id int8 primary key, note text)"

    private func withTable(size: Int = 1, _ body: @Sendable (PostgresPool) async throws -> Void) async throws {
        try await Database.make().withPool(size: size) { pool in
            try await pool.execute(.unscoped, Self.table)
            try await body(pool)
        }
    }

    @Test func `a body's writes are committed together`() async throws {
        try await withTable { pool in
            let value = try await pool.transaction(.unscoped) { transaction in
                transaction.submit("insert into items values ($1, $2)", 1, "one")
                try await #expect(transaction.execute("insert into items values ($1, $2), ($3, null)", 2, "two", 3) == 2)
                let seen = try await transaction.query("select id from items order by id").map { try $0.decode("id", as: Int.self) }
                #expect(seen == [1, 2, 3])
                transaction.submit("delete from items where id = $1", 3)
                return "done"
            }
            #expect(value == "done")
            let count = try await pool.count("select count(*) from items")
            #expect(count == 2)
        }
    }

    @Test func `a body that throws leaves nothing and the connection is used on`() async throws {
        try await withTable { pool in
            let process = try await pool.serverProcess()
            struct Stop: Error {}
            await #expect(throws: Stop.self) {
                try await pool.transaction(.unscoped) { transaction in
                    try await transaction.execute("insert into items values (1)")
                    throw Stop()
                }
            }
            let count = try await pool.count("select count(*) from items")
            #expect(count == 0)
            try await #expect(pool.serverProcess() == process)
        }
    }

    @Test func `an error in the middle of a pipeline belongs to its statement, writes nothing and leaves the connection usable`() async throws {
        try await withTable { pool in
            let process = try await pool.serverProcess()
            let reached = Mutex<[String]>([])
            let line = #line + 3
            let error = await failure {
                try await pool.transaction(.unscoped) { transaction in
                    transaction.submit("insert into items values (1)", check: { _ in reached.withLock { $0.append("first") } })
                    transaction.submit("-- the culprit\ninsert into items values ($1), ($1)", 2)
                    transaction.submit("insert into items values (3)", check: { _ in reached.withLock { $0.append("third") } })
                }
            }
            #expect(error?.code == .server)
            #expect(error?.sqlState == "23505")
            #expect(error?.constraint == "items_pkey")
            #expect(error?.table == "items")
            #expect(error?.statement == "the culprit")
            #expect(error?.file?.hasSuffix("TransactionTests.swift") == true)
            #expect(error?.line == line + 1)
            #expect(error?.commitUnknown == false)
            #expect(error?.isRetryable == false)
            #expect(error?.detail?.contains("(2)") == true)
            #expect(reached.withLock { $0 } == [])
            let count = try await pool.count("select count(*) from items")
            #expect(count == 0)
            try await #expect(pool.serverProcess() == process)
        }
    }

    @Test func `a syntax error names its statement too`() async throws {
        try await withTable { pool in
            let error = await failure {
                try await pool.transaction(.unscoped) { transaction in
                    transaction.submit("insert into items values (1)")
                    _ = try await transaction.query("selekt 1")
                }
            }
            #expect(error?.sqlState == "42601")
            #expect(error?.statement == "selekt 1")
            let count = try await pool.count("select count(*) from items")
            #expect(count == 0)
        }
    }

    @Test func `a caught error still fails the transaction, and later calls throw it again`() async throws {
        try await withTable { pool in
            let second = Mutex<PostgresError?>(nil)
            let error = await failure {
                try await pool.transaction(.unscoped) { transaction in
                    try await transaction.execute("insert into items values (1)")
                    _ = await failure { try await transaction.execute("select 1/0") }
                    let again = await failure { try await transaction.execute("insert into items values (2)") }
                    second.withLock { $0 = again }
                }
            }
            #expect(error?.sqlState == "22012")
            #expect(second.withLock { $0 }?.sqlState == "22012")
            let count = try await pool.count("select count(*) from items")
            #expect(count == 0)
        }
    }

    @Test func `a check that throws with an awaited statement rolls back`() async throws {
        struct TooFew: Error {}
        try await withTable { pool in
            await #expect(throws: TooFew.self) {
                try await pool.transaction(.unscoped) { transaction in
                    transaction.submit("insert into items values (1)", check: { result in if result.affected < 2 { throw TooFew() } })
                    _ = try await transaction.query("select 1")
                }
            }
            let count = try await pool.count("select count(*) from items")
            #expect(count == 0)
        }
    }

    @Test func `a check that throws with COMMIT comes too late, as documented`() async throws {
        struct TooFew: Error {}
        try await withTable { pool in
            await #expect(throws: TooFew.self) {
                try await pool.transaction(.unscoped) { transaction in
                    transaction.submit("insert into items values (1)", check: { _ in throw TooFew() })
                }
            }
            let count = try await pool.count("select count(*) from items")
            #expect(count == 1)
        }
    }

    @Test func `a fence that raises stops the commit in the same trip`() async throws {
        try await withTable { pool in
            let error = await failure {
                try await pool.transaction(.unscoped) { transaction in
                    transaction.submit("insert into items values (1)")
                    transaction.submit("-- fence\nselect 1 / count(*) from (select 1 from items where id = $1 for share) owned", 99)
                }
            }
            #expect(error?.sqlState == "22012")
            #expect(error?.statement == "fence")
            let count = try await pool.count("select count(*) from items")
            #expect(count == 0)
        }
    }

    @Test func `a constraint that is checked at COMMIT rolls back, and that is known`() async throws {
        try await withTable { pool in
            try await pool.execute(.unscoped, "create table parts (item int8 references items (id) deferrable initially deferred)")
            let error = await failure { try await pool.execute(.unscoped, "insert into parts values (7)") }
            #expect(error?.sqlState == "23503")
            #expect(error?.statement == "commit")
            #expect(error?.commitUnknown == false)
            let count = try await pool.count("select count(*) from parts")
            #expect(count == 0)
        }
    }

    @Test func `a serialization failure is retryable`() async throws {
        try await withTable(size: 2) { pool in
            try await pool.execute(.unscoped, "insert into items values (1, 'a')")
            let error = await failure {
                try await pool.transaction(.unscoped) { transaction in
                    _ = try await transaction.query("set transaction isolation level repeatable read")
                    _ = try await transaction.query("select note from items")
                    // Another task, for a transaction inside a transaction is refused.
                    let other = Task.detached { try await pool.execute(.unscoped, "update items set note = 'b'") }
                    _ = try await other.value
                    _ = try await transaction.execute("update items set note = 'c'")
                }
            }
            #expect(error?.sqlState == "40001")
            #expect(error?.isRetryable == true)
        }
    }

    @Test func `a transaction inside a transaction of the same pool is refused`() async throws {
        try await withTable { pool in
            let errors = Mutex<[PostgresError?]>([])
            try await pool.transaction(.unscoped) { transaction in
                try await transaction.execute("insert into items values (1)")
                let nested = await failure { try await pool.transaction(.unscoped) { _ in } }
                let single = await failure { try await pool.query(.unscoped, "select 1") }
                errors.withLock { $0 = [nested, single] }
            }
            #expect(errors.withLock { $0.map { $0?.code } } == [.usage, .usage])
            let count = try await pool.count("select count(*) from items")
            #expect(count == 1)
        }
    }

    @Test func `a transaction that left its body is of no use`() async throws {
        try await withTable { pool in
            let kept = try await pool.transaction(.unscoped) { transaction in
                try await transaction.execute("insert into items values (1)")
                return transaction
            }
            let error = await failure { try await kept.query("select 1") }
            #expect(error?.code == .usage)
            kept.submit("insert into items values (2)")
            let count = try await pool.count("select count(*) from items")
            #expect(count == 1)
        }
    }

    @Test func `a statement that ends the transaction by itself is refused and its connection closed`() async throws {
        try await withTable { pool in
            let process = try await pool.serverProcess()
            let error = await failure {
                try await pool.transaction(.unscoped) { transaction in
                    try await transaction.execute("insert into items values (1)")
                    _ = try await transaction.query("rollback")
                }
            }
            #expect(error?.code == .usage)
            try await #expect(pool.serverProcess() != process)
        }
    }

    @Test func `a parameter that cannot be sent fails a submitted statement's transaction`() async throws {
        try await withTable { pool in
            let error = await failure {
                try await pool.transaction(.unscoped) { transaction in
                    try await transaction.execute("insert into items values (1)")
                    transaction.submit("insert into items values (2, $1)", "\0")
                }
            }
            #expect(error?.code == .usage)
            let count = try await pool.count("select count(*) from items")
            #expect(count == 0)
        }
    }

    @Test func `concurrent statements of one body are sent one after another`() async throws {
        try await withTable { pool in
            try await pool.transaction(.unscoped) { transaction in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for id in 0..<50 {
                        group.addTask {
                            if id.isMultiple(of: 2) {
                                transaction.submit("insert into items values ($1)", id)
                            } else {
                                try await transaction.execute("insert into items values ($1)", id)
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
            let count = try await pool.count("select count(*) from items")
            #expect(count == 50)
        }
    }

    @Test func `statements report what they touched`() async throws {
        try await withTable { pool in
            try await #expect(pool.execute(.unscoped, "insert into items select n from generate_series(1, 7) n") == 7)
            try await #expect(pool.execute(.unscoped, "update items set note = 'x' where id > $1", 4) == 3)
            try await #expect(pool.execute(.unscoped, "delete from items where id = $1", 100) == 0)
            let empty = try await pool.query(.unscoped, "select id, note from items where false")
            #expect(empty.isEmpty)
        }
    }
}
