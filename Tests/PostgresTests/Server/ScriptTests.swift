import Postgres
import Testing

@Suite(.timeLimit(.minutes(2))) struct ScriptTests {
    @Test func `a text of several statements belongs to the transaction`() async throws {
        try await Database.make().withPool { pool in
            try await pool.transaction(.unscoped) { transaction in
                try await transaction.runScript("create table a (id int8); create table b (id int8); insert into a values (1), (2);")
                try await transaction.execute("insert into b select id from a")
            }
            let count = try await pool.count("select count(*) from b")
            #expect(count == 2)
        }
    }

    @Test func `an error in a script rolls all of it back`() async throws {
        try await Database.make().withPool { pool in
            let process = try await pool.serverProcess()
            let error = await failure {
                try await pool.transaction(.unscoped) { try await $0.runScript("-- half a migration\ncreate table a (id int8); select 1/0;") }
            }
            #expect(error?.sqlState == "22012")
            #expect(error?.statement == "half a migration")
            let count = try await pool.count("select count(*) from pg_tables where tablename = 'a'")
            #expect(count == 0)
            try await #expect(pool.serverProcess() == process)
        }
    }

    @Test func `a script that commits by itself is refused`() async throws {
        try await Database.make().withPool { pool in
            let error = await failure { try await pool.transaction(.unscoped) { try await $0.runScript("create table a (id int8); commit;") } }
            #expect(error?.code == .usage)
            let count = try await pool.count("select 1::int8")
            #expect(count == 1)
        }
    }

    @Test func `what cannot be in a transaction runs outside of one`() async throws {
        try await Database.make().withPool { pool in
            try await pool.runOutsideTransaction("vacuum")
            let error = await failure { try await pool.runOutsideTransaction("vacuum nothing_here") }
            #expect(error?.sqlState == "42P01")
            let open = await failure { try await pool.runOutsideTransaction("begin") }
            #expect(open?.code == .usage)
            let cut = await failure { try await pool.runOutsideTransaction(.trusted(file: "select 1;\0 select 2")) }
            #expect(cut?.code == .usage)
            let count = try await pool.count("select 1::int8")
            #expect(count == 1)
        }
    }
}
