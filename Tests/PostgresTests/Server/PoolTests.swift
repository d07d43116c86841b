import Logging
import Postgres
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct PoolTests {
    @Test func `a hundred tasks share four connections and all finish`() async throws {
        try await Database.make().withPool(size: 4) { pool in
            try await pool.execute(.unscoped, "create table items (id int8)")
            let processes = try await withThrowingTaskGroup(of: Int.self) { group in
                for id in 0..<100 {
                    group.addTask {
                        try await pool.transaction(.unscoped) { transaction in
                            transaction.submit("insert into items values ($1)", id)
                            return try await transaction.query("select pg_backend_pid() from pg_sleep(0.002)")[0].decode(0)
                        }
                    }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(processes.count <= 4)
            try await #expect(pool.count("select count(*) from items") == 100)
            let statistics = pool.statistics
            #expect(statistics.open <= 4 && statistics.idle == statistics.open && statistics.waiting == 0)
        }
    }

    @Test func `who waits first is served first`() async throws {
        try await Database.make().withPool { pool in
            let order = Order()
            try await withThrowingTaskGroup(of: Void.self) { group in
                let (gate, opener) = AsyncStream.makeStream(of: Void.self)
                group.addTask { try await pool.transaction(.unscoped) { _ in for await _ in gate {} } }
                try await eventually("the connection is taken") { pool.statistics.open - pool.statistics.idle == 1 }
                for number in 0..<30 {
                    group.addTask {
                        try await pool.transaction(.unscoped) { transaction in
                            order.append(number)
                            _ = try await transaction.query("select 1")
                        }
                    }
                    try await eventually("caller \(number) is in line") { pool.statistics.waiting == number + 1 }
                }
                opener.finish()
                try await group.waitForAll()
            }
            #expect(order.numbers == Array(0..<30))
        }
    }

    @Test func `one more than may wait is refused at once`() async throws {
        try await Database.make().withPool(configure: { $0.maximumWaiting = 1 }) { pool in
            try await pool.transaction(.unscoped) { _ in
                let first = Task.detached { await failure { try await pool.query(.unscoped, "select 1") } }
                try await eventually("one waits") { pool.statistics.waiting == 1 }
                let second = await Task.detached { await failure { try await pool.query(.unscoped, "select 1") } }.value
                #expect(second?.code == .overloaded)
                #expect(second?.isRetryable == true)
                first.cancel()
                #expect(await first.value?.code == .cancelled)
            }
        }
    }

    @Test func `a body that only submits is one trip, an awaited statement one more, and what is rolled back commits nothing`() async throws {
        try await Database.make().withPool(size: 1) { pool in
            _ = try await pool.query(.unscoped, "select 1")
            #expect(pool.traffic == (1, 1))
            try await pool.transaction(.unscoped) { transaction in
                transaction.submit("select 1")
                transaction.submit("select 2")
            }
            #expect(pool.traffic == (2, 2))
            try await pool.transaction(.unscoped) { transaction in
                _ = try await transaction.query("select 3")
                transaction.submit("select 4")
            }
            #expect(pool.traffic == (4, 3))
            await #expect(throws: ChangedItsMind.self) {
                try await pool.transaction(.unscoped) { (transaction) -> Void in
                    _ = try await transaction.query("select 5")
                    throw ChangedItsMind()
                }
            }
            // The statement, and the rollback.
            #expect(pool.traffic == (6, 3))
        }
    }

    @Test func `connections are opened when needed and closed with the pool`() async throws {
        let database = try await Database.make()
        let pool = PostgresPool(configuration: try PostgresConfiguration(url: database.url), size: 3, logger: Logger(label: "test"))
        #expect(pool.statistics == (0, 0, 0))
        let process = try await pool.serverProcess()
        #expect(pool.statistics == (1, 1, 0))
        await pool.close()
        #expect(pool.statistics == (0, 0, 0))
        let error = await failure { try await pool.query(.unscoped, "select 1") }
        #expect(error?.code == .connection)
        try await database.withPool(url: database.test.superuserURL) { other in
            try await eventually("the server process ended") {
                try await other.query(.unscoped, "select 1 from pg_stat_activity where pid = $1", Int32(process)).isEmpty
            }
        }
        await pool.close()
    }

    @Test func `closing waits for who is at work and refuses who waits`() async throws {
        let database = try await Database.make()
        let pool = PostgresPool(configuration: try PostgresConfiguration(url: database.url), size: 1, logger: Logger(label: "test"))
        try await pool.execute(.unscoped, "create table items (id int8)")
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let working = Task {
            try await pool.transaction(.unscoped) { transaction in
                try await transaction.execute("insert into items values (1)")
                for await _ in gate {}
            }
        }
        try await eventually("the connection is taken") { pool.statistics.open == 1 && pool.statistics.idle == 0 }
        let waiting = Task { await failure { try await pool.query(.unscoped, "select 1") } }
        try await eventually("somebody waits") { pool.statistics.waiting == 1 }
        let closing = Task { await pool.close() }
        #expect(await waiting.value?.code == .connection)
        opener.finish()
        try await working.value
        await closing.value
        let count = try await database.withPool { try await $0.count("select count(*) from items") }
        #expect(count == 1)
    }

    @Test func `as a service it works at once and is closed by a graceful shutdown`() async throws {
        let database = try await Database.make()
        let pool = PostgresPool(configuration: try PostgresConfiguration(url: database.url), size: 1, logger: Logger(label: "test"))
        _ = try await pool.serverProcess()
        let group = ServiceGroup(configuration: .init(services: [.init(service: pool)], logger: Logger(label: "test")))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await #expect(pool.count("select 1::int8") == 1)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(await failure { try await pool.query(.unscoped, "select 1") }?.code == .connection)
    }

    @Test func `notices go to the log at debug`() async throws {
        let database = try await Database.make()
        let log = LogRecorder()
        let pool = PostgresPool(configuration: try PostgresConfiguration(url: database.url), size: 1, logger: log.logger)
        try await pool.execute(.unscoped, "do $$ begin raise notice 'look here'; end $$")
        await pool.close()
        let notice = log.entries.first { $0.metadata["message"] == "look here" }
        #expect(notice?.level == .debug)
        #expect(notice?.metadata["severity"] == "NOTICE")
    }

    @Test func `the program's name is shown on the server`() async throws {
        try await Database.make().withPool(configure: { $0.applicationName = "worker 7" }) { pool in
            let name: String = try await pool.query(.unscoped, "select current_setting('application_name')")[0].decode(0)
            #expect(name == "worker 7")
        }
    }
}

private final class Order: Sendable {
    private let recorded = Mutex<[Int]>([])

    var numbers: [Int] { recorded.withLock { $0 } }

    func append(_ number: Int) { recorded.withLock { $0.append(number) } }
}

private struct ChangedItsMind: Error {}
