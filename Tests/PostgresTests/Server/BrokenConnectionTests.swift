import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct BrokenConnectionTests {
    @Test func `a backend that was terminated while idle is replaced without an error`() async throws {
        let database = try await Database.make()
        try await database.withPool { pool in
            let process = try await pool.serverProcess()
            try await terminate(process, in: database)
            try await #expect(pool.serverProcess() != process)
            #expect(pool.statistics.open == 1)
        }
    }

    @Test func `a backend that is terminated during a statement fails it, retryably, and is replaced`() async throws {
        let database = try await Database.make()
        try await database.withPool { pool in
            let process = try await pool.serverProcess()
            async let sleeping = failure { try await pool.query(.unscoped, "select pg_sleep(60)") }
            try await waitUntilBusy(process, in: database)
            try await terminate(process, in: database)
            let error = await sleeping
            #expect(error?.code == .connection)
            #expect(error?.sqlState == "57P01")
            #expect(error?.isRetryable == true)
            #expect(error?.commitUnknown == false)
            try await #expect(pool.serverProcess() != process)
        }
    }

    @Test func `a backend that is terminated in the middle of a transaction fails the rest of it`() async throws {
        let database = try await Database.make()
        try await database.withPool { pool in
            try await pool.execute(.unscoped, "create table items (id int8)")
            let error = await failure {
                try await pool.transaction(.unscoped) { transaction in
                    let process: Int = try await transaction.query("select pg_backend_pid()")[0].decode(0)
                    transaction.submit("insert into items values (1)")
                    try await terminate(process, in: database)
                }
            }
            #expect(error?.code == .connection)
            #expect(error?.isRetryable == true)
            try await #expect(pool.count("select count(*) from items") == 0)
        }
    }

    @Test func `a connection that is cut while COMMIT is under way leaves it unknown`() async throws {
        let database = try await Database.make()
        try await database.withProxy { proxy, url in
            try await database.withPool(url: url) { pool in
                try await pool.execute(.unscoped, "create table items (id int8)")
                async let committing = failure { try await pool.execute(.unscoped, "insert into items select 1 from pg_sleep(60)") }
                try await eventually("the statement runs") { try await busyCount(in: database) == 1 }
                proxy.cut()
                let error = await committing
                #expect(error?.code == .connection)
                #expect(error?.commitUnknown == true)
                #expect(error?.isRetryable == true)
            }
        }
    }

    @Test func `a connection that is cut before COMMIT is sent leaves nothing unknown`() async throws {
        let database = try await Database.make()
        try await database.withProxy { proxy, url in
            try await database.withPool(url: url) { pool in
                let error = await failure {
                    try await pool.transaction(.unscoped) { transaction in
                        async let sleeping = transaction.query("select pg_sleep(60)")
                        try await eventually("the statement runs") { try await busyCount(in: database) == 1 }
                        proxy.cut()
                        _ = try await sleeping
                    }
                }
                #expect(error?.code == .connection)
                #expect(error?.commitUnknown == false)
            }
        }
    }

    @Test func `a server that is away is an error after the connect timeout, and found again when it is back`() async throws {
        let database = try await Database.make()
        try await database.withProxy { proxy, url in
            try await database.withPool(size: 2, url: url, configure: { $0.connectTimeout = .seconds(2) }) { pool in
                _ = try await pool.serverProcess()
                proxy.goDown()
                try await eventually("the connection is gone") { await failure { try await pool.query(.unscoped, "select 1") } != nil }
                let start = ContinuousClock.now
                let error = await failure { try await pool.query(.unscoped, "select 1") }
                #expect(error?.code == .connection)
                #expect(error?.isRetryable == true)
                #expect(.now - start < .seconds(5))
                #expect(pool.statistics.open == 0)
                proxy.comeBack()
                try await eventually("the server is found again") { await failure { try await pool.query(.unscoped, "select 1") } == nil }
            }
        }
    }

    @Test func `a short absence of the server is ridden out`() async throws {
        let database = try await Database.make()
        try await database.withProxy { proxy, url in
            try await database.withPool(url: url) { pool in
                _ = try await pool.serverProcess()
                proxy.goDown()
                let waiting = Task { await failure { try await pool.query(.unscoped, "select 1") } }
                // Opening has begun and failed at least once when the pool has neither an open nor an idle connection.
                try await eventually("the connection is gone") { pool.statistics.open == 0 }
                proxy.comeBack()
                let error = await waiting.value
                // The first statement may have met the end of the old connection; from then on there is no error.
                #expect(error == nil || error?.code == .connection)
                try await #expect(pool.query(.unscoped, "select 1::int8")[0].decode(0) == 1)
            }
        }
    }

    @Test func `a wrong password is told at once and without the password`() async throws {
        let database = try await Database.make()
        let password = try #require(database.url.split(separator: ":")[2].split(separator: "@").first)
        let wrong = database.url.replacing(password, with: "topsecret")
        try await database.withPool(url: wrong) { pool in
            let error = await failure { try await pool.query(.unscoped, "select 1") }
            #expect(error?.code == .connection)
            #expect(error?.sqlState == "28P01")
            #expect(error?.isRetryable == false)
            #expect(error.map { "\($0)" }?.contains("topsecret") == false)
        }
    }
}

/// Statements under way in a database, seen from outside.
func busyCount(in database: Database) async throws -> Int {
    try await database.withPool(url: database.test.superuserURL) { pool in
        try await pool.count(
            "select count(*) from pg_stat_activity where datname = current_database() and query like '%pg_sleep%' and state = 'active' and pid <> pg_backend_pid()"
        )
    }
}

func waitUntilBusy(_ process: Int, in database: Database) async throws {
    try await database.withPool(url: database.test.superuserURL) { pool in
        try await eventually("process \(process) runs a statement") {
            try await pool.query(
                .unscoped, "select state = 'active' and query like '%pg_sleep%' from pg_stat_activity where pid = $1", Int32(process)
            ).first?.decode(0) ?? false
        }
    }
}

/// Returns when the process is gone.
func terminate(_ process: Int, in database: Database) async throws {
    try await database.withPool(url: database.test.superuserURL) { pool in
        _ = try await pool.query(.unscoped, "select pg_terminate_backend($1, 10000)", Int32(process))
    }
}
