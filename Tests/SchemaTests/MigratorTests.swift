import Logging
import Postgres
import TestSupport
import Testing

@testable import Schema

@Suite(.timeLimit(.minutes(1)))
struct MigratorTests {
    private let first = (
        name: "0001_a.sql", text: "create table a (n integer); insert into a values (1); -- a ; in a comment\ninsert into a values (2);"
    )
    private let second = (name: "0002_b.sql", text: "do $$ begin insert into a values (3); end $$;")

    private func migrator(_ pool: PostgresPool, _ files: [(name: String, text: String)]) throws -> Migrator {
        Migrator(pool: pool, migrations: try Migration.ordered(files), logger: Logger(label: "test.migrator"), limit: .seconds(30))
    }

    @Test func `Files are run once, in order`() async throws {
        let database = try await TestDatabase.makeEmpty()
        try await withPool(database.ownerURL) { pool in
            let ran = try await migrator(pool, [second, first]).run()
            let again = try await migrator(pool, [second, first]).run()
            #expect(ran.map(\.number) == [1, 2])
            #expect(again.isEmpty)
        }
        #expect(try await database.psql("select string_agg(n::text, ',' order by n) from a") == "1,2,3\n")
    }

    @Test func `Ten migrators at once on an empty database run each file once`() async throws {
        let database = try await TestDatabase.makeEmpty()
        let files = [first, second] + (3...9).map { (name: "000\($0)_more.sql", text: "create table t\($0) (); select pg_sleep(0.01);") }
        let ran = try await withThrowingTaskGroup(of: [Int].self) { group in
            for _ in 0..<10 {
                group.addTask {
                    try await withPool(database.ownerURL, size: 1) { pool in try await migrator(pool, files).run().map(\.number) }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(ran.sorted() == Array(1...9))
        #expect(try await database.psql("select count(*) from schema_migrations") == "9\n")
    }

    @Test func `A file that fails leaves nothing behind, and those before it stay`() async throws {
        let database = try await TestDatabase.makeEmpty()
        let broken = (name: "0002_b.sql", text: "create table half (); select 1/0; create table other ();")
        try await withPool(database.ownerURL) { pool in
            let error = await #expect(throws: PostgresError.self) { try await migrator(pool, [first, broken]).run() }
            #expect(error?.sqlState == "22012")
            #expect(error?.statement == "migration 0002_b.sql")
            let ran = try await migrator(pool, [first, second]).run()
            #expect(ran.map(\.number) == [2])
        }
        #expect(try await database.psql("select to_regclass('half') is null") == "t\n")
    }

    @Test func `A changed file stops everything`() async throws {
        let database = try await TestDatabase.makeEmpty()
        try await withPool(database.ownerURL) { pool in
            _ = try await migrator(pool, [first]).run()
            await #expect(throws: MigrationError.changed(file: "0001_a.sql")) {
                try await migrator(pool, [(name: first.name, text: first.text + "\n"), second]).run()
            }
        }
        #expect(try await database.psql("select count(*) from a") == "2\n")
    }

    @Test func `Status tells what is done and what is pending`() async throws {
        let database = try await TestDatabase.makeEmpty()
        try await withPool(database.ownerURL) { pool in
            #expect(try await migrator(pool, [first, second]).status().map { $0.appliedAt == nil } == [true, true])
            _ = try await migrator(pool, [first]).run()
            #expect(try await migrator(pool, [first, second]).status().map { $0.appliedAt == nil } == [false, true])
        }
    }

    @Test func `What ships runs on an empty database, and the server's role sees that it did`() async throws {
        let database = try await TestDatabase.makeEmpty()
        let shipped = try Schema.migrations()
        try await withPool(database.ownerURL) { pool in
            let ran = try await Migrator(pool: pool, logger: Logger(label: "test.migrator")).run()
            #expect(ran == shipped)
        }
        try await withPool(database.serverURL) { pool in
            let status = try await Migrator(pool: pool, logger: Logger(label: "test.migrator")).status()
            #expect(status.allSatisfy { $0.appliedAt != nil })
        }
    }
}
