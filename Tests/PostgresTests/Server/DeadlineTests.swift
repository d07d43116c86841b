import Postgres
import TestSupport
import Testing

/// Calls end when they said they would, whatever the server and the network do.
@Suite(.timeLimit(.minutes(2))) struct DeadlineTests {
    private func timed<R>(_ body: () async throws -> R) async -> (error: PostgresError?, elapsed: Duration) {
        let start = ContinuousClock.now
        let error = await failure(body)
        return (error, .now - start)
    }

    @Test func `a statement past its deadline ends, is stopped on the server, and its connection is replaced`() async throws {
        let database = try await Database.make()
        try await database.withPool { pool in
            let process = try await pool.serverProcess()
            let (error, elapsed) = await timed { try await pool.query(.unscoped, "select pg_sleep(60)", timeout: .milliseconds(200)) }
            #expect(error?.code == .timeout)
            #expect(error?.statement == "select pg_sleep(60)")
            #expect(error?.isRetryable == true)
            #expect(elapsed >= .milliseconds(200) && elapsed < .seconds(5))
            try await eventually("the server stopped the statement") { try await busyCount(in: database) == 0 }
            try await #expect(pool.serverProcess() != process)
        }
    }

    @Test func `the deadline is for the transaction as a whole`() async throws {
        try await Database.make().withPool { pool in
            let (error, elapsed) = await timed {
                try await pool.transaction(.unscoped, timeout: .milliseconds(300)) { transaction in
                    for _ in 0..<100 { _ = try await transaction.query("select pg_sleep(0.05)") }
                }
            }
            #expect(error?.code == .timeout)
            #expect(elapsed < .seconds(3))
            #expect(error?.commitUnknown == false)
        }
    }

    @Test func `a deadline that passes during COMMIT leaves it unknown`() async throws {
        try await Database.make().withPool { pool in
            // The deadline is for connecting too, and before COMMIT was sent nothing is unknown: connect first.
            _ = try await pool.serverProcess()
            let (error, _) = await timed { try await pool.query(.unscoped, "select pg_sleep(60)", timeout: .seconds(1)) }
            #expect(error?.code == .timeout)
            #expect(error?.commitUnknown == true)
        }
    }

    @Test func `a network that swallows everything does not hold a call beyond its deadline`() async throws {
        let database = try await Database.make()
        try await database.withProxy { proxy, url in
            try await database.withPool(url: url) { pool in
                _ = try await pool.serverProcess()
                proxy.freeze()
                let (error, elapsed) = await timed { try await pool.query(.unscoped, "select 1", timeout: .milliseconds(300)) }
                #expect(error?.code == .timeout)
                #expect(elapsed < .seconds(3))
                // A new connection is accepted by the proxy and never answered.
                let (second, another) = await timed { try await pool.query(.unscoped, "select 1", timeout: .milliseconds(300)) }
                #expect(second?.code == .timeout)
                #expect(another < .seconds(3))
                proxy.thaw()
                try await #expect(pool.count("select 1::int8") == 1)
            }
        }
    }

    @Test func `a large batch into a network that swallows everything ends as well`() async throws {
        let database = try await Database.make()
        try await database.withProxy { proxy, url in
            try await database.withPool(url: url) { pool in
                _ = try await pool.serverProcess()
                proxy.freeze()
                let large = [UInt8](repeating: 1, count: 50_000_000)
                let (error, elapsed) = await timed { try await pool.query(.unscoped, "select length($1)", large, timeout: .milliseconds(500)) }
                #expect(error?.code == .timeout)
                #expect(elapsed < .seconds(5))
            }
        }
    }

    @Test func `a stopped backend does not hold a call beyond its deadline`() async throws {
        let database = try await Database.make()
        try await database.withPool { pool in
            let process = try await pool.serverProcess()
            try suspend(process)
            defer { resume(process) }
            let (error, elapsed) = await timed { try await pool.query(.unscoped, "select 1", timeout: .milliseconds(300)) }
            #expect(error?.code == .timeout)
            #expect(elapsed < .seconds(3))
            try await #expect(pool.serverProcess() != process)
        }
    }

    @Test func `a statement and its answer may be larger than any buffer`() async throws {
        try await Database.make().withPool { pool in
            let large = [UInt8](repeating: 7, count: 40_000_000)
            let back: [UInt8] = try await pool.query(.unscoped, "select $1", large)[0].decode(0)
            #expect(back == large)
        }
    }

    @Test func `waiting for a connection has the same deadline`() async throws {
        try await Database.make().withPool { pool in
            try await pool.transaction(.unscoped) { _ in
                // Detached: a child would be inside of the transaction.
                let waiting = Task.detached { await failure { try await pool.query(.unscoped, "select 1", timeout: .milliseconds(100)) } }
                let error = await waiting.value
                #expect(error?.code == .timeout)
                #expect(error?.message.contains("1 open, 0 idle") == true)
                #expect(pool.statistics.waiting == 0)
            }
        }
    }

    @Test func `a deadline that passed while nothing was under way costs no connection`() async throws {
        try await Database.make().withPool { pool in
            let process = try await pool.serverProcess()
            let error = await failure {
                try await pool.transaction(.unscoped, timeout: .seconds(2)) { transaction in
                    _ = try await transaction.query("select 1")
                    let late = ContinuousClock.now + .seconds(2)
                    try await eventually("the deadline has passed") { .now >= late }
                }
            }
            #expect(error?.code == .timeout)
            #expect(error?.commitUnknown == false)
            try await #expect(pool.serverProcess() == process)
        }
    }
}
