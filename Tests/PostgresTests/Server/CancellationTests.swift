import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct CancellationTests {
    @Test func `a cancelled task's statement is stopped on the server and the connection is used on`() async throws {
        let database = try await Database.make()
        try await database.withPool { pool in
            let process = try await pool.serverProcess()
            for _ in 0..<20 {
                let sleeping = Task { await failure { try await pool.query(.unscoped, "select pg_sleep(60)") } }
                try await waitUntilBusy(process, in: database)
                sleeping.cancel()
                let error = await sleeping.value
                #expect(error?.code == .cancelled)
                #expect(error?.isRetryable == false)
                // Would fail if the request had hit this statement instead, or if the transaction were still open.
                try await #expect(pool.serverProcess() == process)
            }
        }
    }

    @Test func `cancelling in the middle of a transaction leaves nothing`() async throws {
        let database = try await Database.make()
        try await database.withPool { pool in
            try await pool.execute(.unscoped, "create table items (id int8)")
            let process = try await pool.serverProcess()
            let working = Task {
                await failure {
                    try await pool.transaction(.unscoped) { transaction in
                        try await transaction.execute("insert into items values (1)")
                        _ = try await transaction.query("select pg_sleep(60)")
                    }
                }
            }
            try await waitUntilBusy(process, in: database)
            working.cancel()
            #expect(await working.value?.code == .cancelled)
            try await #expect(pool.count("select count(*) from items") == 0)
        }
    }

    @Test func `a task that is cancelled already sends nothing, and COMMIT is not sent either`() async throws {
        try await Database.make().withPool { pool in
            try await pool.execute(.unscoped, "create table items (id int8)")
            let early = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return await failure { try await pool.execute(.unscoped, "insert into items values (1)") }
            }
            #expect(await early.value?.code == .cancelled)
            let late = Task {
                await failure {
                    try await pool.transaction(.unscoped) { transaction in
                        try await transaction.execute("insert into items values (2)")
                        withUnsafeCurrentTask { $0?.cancel() }
                    }
                }
            }
            #expect(await late.value?.code == .cancelled)
            try await #expect(pool.count("select count(*) from items") == 0)
            #expect(pool.statistics.open == 1)
        }
    }

    @Test func `cancelling a statement that the server cannot stop ends the call within the grace`() async throws {
        let database = try await Database.make()
        try await database.withPool { pool in
            let process = try await pool.serverProcess()
            let port = try await clientPort(of: process, in: database)
            try suspend(process)
            defer { resume(process) }
            let waiting = Task { await failure { try await pool.query(.unscoped, "select 1") } }
            // A suspended process does not report its state, so ask the kernel whether it has unread input.
            try await eventually("the statement was sent") { try unreadBytes(serverPort: database.port, clientPort: port) > 0 }
            let start = ContinuousClock.now
            waiting.cancel()
            #expect(await waiting.value?.code == .cancelled)
            #expect(.now - start < .seconds(10))
            try await #expect(pool.serverProcess() != process)
        }
    }

    @Test func `a cancelled caller leaves the line`() async throws {
        try await Database.make().withPool { pool in
            try await pool.transaction(.unscoped) { _ in
                let waiting = Task.detached { await failure { try await pool.query(.unscoped, "select 1") } }
                try await eventually("somebody waits") { pool.statistics.waiting == 1 }
                waiting.cancel()
                #expect(await waiting.value?.code == .cancelled)
                #expect(pool.statistics.waiting == 0)
            }
            try await #expect(pool.count("select 1::int8") == 1)
        }
    }

    /// Cancellations and grants cross in every way; no connection and no caller may get lost.
    @Test func `cancelling at random moments loses no connection`() async throws {
        try await Database.make().withPool(size: 2) { pool in
            var random = SplitMix64(seed: .random(in: .min ... .max))
            for _ in 0..<50 {
                let tasks = (0..<12).map { _ in Task { await failure { try await pool.query(.unscoped, "select pg_sleep(0.001)") } } }
                for _ in 0..<Int.random(in: 0..<200, using: &random) { await Task.yield() }
                for task in tasks.shuffled(using: &random).prefix(8) { task.cancel() }
                for task in tasks {
                    let error = await task.value
                    #expect(error == nil || error?.code == .cancelled, "\(String(describing: error))")
                }
            }
            #expect(pool.statistics.waiting == 0)
            #expect(pool.statistics.idle == pool.statistics.open)
            try await #expect(pool.count("select 1::int8") == 1)
        }
    }

    private func clientPort(of process: Int, in database: Database) async throws -> Int {
        try await database.withPool(url: database.test.superuserURL) { pool in
            try await pool.query(.unscoped, "select client_port from pg_stat_activity where pid = $1", Int32(process))[0].decode(0)
        }
    }
}
