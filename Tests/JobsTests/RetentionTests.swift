import Foundation
import InMemoryLogging
import Logging
import Postgres
import TestSupport
import Testing

@testable import Jobs

/// What goes when it is old, and what stays however old it is.
@Suite(.timeLimit(.minutes(1))) struct RetentionTests {
    @Test("days that are over go, but no day in which a job is owed, and no outcome before its acceptance")
    func days() async throws {
        try await Ledger.with { ledger in
            let (done, owed, beside, fresh) = (
                ledger.id(hoursAgo: 40 * 24), ledger.id(hoursAgo: 39 * 24), ledger.id(hoursAgo: 39 * 24), ledger.id(hoursAgo: 0)
            )
            try await ledger.accept(done, owed, beside, fresh)
            try await ledger.finish(done, beside, fresh)
            try await ledger.keepBody(of: done, fresh)

            #expect(try await ledger.housekeeping().forgetDays() > 0)
            #expect(try await ledger.ids(in: "acceptances") == [owed, beside, fresh])
            #expect(try await ledger.ids(in: "outcomes") == [beside, fresh], "the outcome of a job whose acceptance is there says that it is done")
            #expect(try await ledger.ids(in: "job_bodies") == [fresh])

            try await ledger.finish(owed)
            #expect(try await ledger.housekeeping().forgetDays() > 0)
            #expect(try await ledger.ids(in: "acceptances") == [fresh])
            #expect(try await ledger.ids(in: "outcomes") == [fresh])
            #expect(try await ledger.housekeeping().forgetDays() == 0)
        }
    }

    @Test("nothing goes before its time, and nothing at all where days are kept for ever", arguments: [Duration.zero, .seconds(60 * 86_400)])
    func kept(retention: Duration) async throws {
        try await Ledger.with { ledger in
            let done = ledger.id(hoursAgo: 40 * 24)
            try await ledger.accept(done)
            try await ledger.finish(done)
            #expect(try await ledger.housekeeping(retention: retention).forgetDays() == 0)
            #expect(try await ledger.ids(in: "acceptances") == [done])
            #expect(try await ledger.ids(in: "outcomes") == [done])
        }
    }

    @Test("what is accepted under an old identifier after its day is gone is kept while it is owed, and goes when it is done")
    func outsideOfDays() async throws {
        try await Ledger.with { ledger in
            _ = try await ledger.housekeeping().forgetDays()
            let (owed, done) = (ledger.id(hoursAgo: 40 * 24), ledger.id(hoursAgo: 40 * 24))
            try await ledger.accept(owed, done)
            try await ledger.finish(done)
            _ = try await ledger.housekeeping().forgetDays()
            #expect(try await ledger.ids(in: "acceptances") == [owed])
            #expect(try await ledger.ids(in: "outcomes").isEmpty)
        }
    }

    @Test("of what lies outside of the days all goes that is old, however much it is")
    func manyOutsideOfDays() async throws {
        try await Ledger.with { ledger in
            // Two pages and a bit.
            try await ledger.keepBodies(20_001, at: "mainstay_now() - interval '50 days'")
            let young = ledger.id(hoursAgo: -20 * 24)
            try await ledger.keepBody(of: young)
            #expect(try await ledger.ids(in: "job_bodies_default").count == 20_002)
            #expect(try await ledger.housekeeping().forgetDays() >= 20_001)
            #expect(try await ledger.ids(in: "job_bodies") == [young])
        }
    }

    @Test("a day that somebody reads is left for later, and the inserts behind it do not wait long")
    func busy() async throws {
        try await Ledger.with { ledger in
            let done = ledger.id(hoursAgo: 40 * 24)
            try await ledger.accept(done)
            try await ledger.finish(done)
            try await withPool(ledger.database.serverURL, size: 1) { other in
                try await other.transaction(.role(.upkeep)) { reader in
                    _ = try await reader.query("select id from acceptances limit 1")
                    _ = try await ledger.housekeeping().forgetDays()
                }
            }
            #expect(try await ledger.ids(in: "acceptances") == [done])
            #expect(try await ledger.ids(in: "outcomes") == [done])
            _ = try await ledger.housekeeping().forgetDays()
            #expect(try await ledger.ids(in: "acceptances").isEmpty)
            #expect(try await ledger.ids(in: "outcomes").isEmpty)
        }
    }

    @Test("only upkeep drops days, only of the tables that have them, and never the present one")
    func rights() async throws {
        try await Ledger.with { ledger in
            let refused = await #expect(throws: PostgresError.self) {
                _ = try await ledger.pool.query(.workspaces([ledger.workspace]), "select drop_day_partitions('acceptances', 30)")
            }
            #expect(refused?.sqlState == "42501")
            await #expect(throws: PostgresError.self) {
                _ = try await ledger.pool.query(.role(.upkeep), "select drop_day_partitions('dead_letters', 30)")
            }
            await #expect(throws: PostgresError.self) {
                _ = try await ledger.pool.query(.role(.upkeep), "select drop_day_partitions('acceptances', 0)")
            }
        }
    }

    @Test("bodies of finished jobs go after an hour; those that may be needed yet stay")
    func bodies() async throws {
        try await Ledger.with { ledger in
            let (finished, young, waiting) = (ledger.id(hoursAgo: 2), ledger.id(hoursAgo: 0.5), ledger.id(hoursAgo: 2))
            try await ledger.keepBody(of: finished, young, waiting)
            try await ledger.finish(finished, young)
            #expect(try await ledger.housekeeping().forgetBodies() == 1)
            #expect(try await ledger.ids(in: "job_bodies") == [young, waiting])
        }
    }

    @Test("new days are made table by table: who reads two tables while they are made is kept waiting, and not in a circle")
    func daysAhead() async throws {
        try await Ledger.with { ledger in
            _ = try await ledger.database.psql("update time_offset set amount = interval '30 days'")
            // A busy machine may need longer to look than the function waits for a lock.
            _ = try await ledger.database.psql("alter function ensure_day_partitions(regclass, integer) set lock_timeout = '60s'")
            let log = InMemoryLogHandler()
            let logger = Logger(label: "test.retention") { _ in log }
            let made = try await ledger.pool.transaction(.role(.upkeep)) { reader in
                _ = try await reader.query("select 1 from outcomes limit 1")
                // Detached: it is another process's, and knows nothing of this transaction.
                let made = Task.detached { await ledger.housekeeping(logger: logger).partitions() }
                try await eventually("the housekeeper waits for the reader") {
                    try await ledger.database.psql(
                        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") != "0\n"
                }
                _ = try await reader.query("select 1 from acceptances limit 1")
                return made
            }
            await made.value
            #expect(log.entries.isEmpty)
            let days = try await ledger.database.psql("select count(*) from pg_class where relname ~ '^(acceptances|outcomes|job_bodies)_2'")
            #expect(Int(days.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0 >= 3 * 9)
        }
    }
}
