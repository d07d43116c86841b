import Foundation
import InMemoryLogging
import Logging
import Postgres
import TestSupport
import Testing

@testable import Jobs

/// Days that are made after their first rows came.
@Suite(.timeLimit(.minutes(1))) struct DayTableTests {
    private static func recorded(by log: InMemoryLogHandler) -> Logger { Logger(label: "test.days") { _ in log } }

    @Test("a day takes its rows from the default, those of today and those of a clock that is days ahead, and the days after it are made")
    func rowsBeforeTheirDay() async throws {
        try await Ledger.with { ledger in
            try await ledger.standStill()
            let (present, early) = (ledger.id(hoursAgo: -30 * 24), ledger.id(hoursAgo: -33 * 24))
            try await ledger.accept(present, early)
            try await ledger.finish(present, early)
            try await ledger.keepBody(of: present, early)
            var days: [DayTable: Int] = [:]
            for table in DayTable.allCases {
                #expect(try await ledger.ids(in: "\(table.rawValue)_default") == [present, early])
                days[table] = try await ledger.days(of: table)
            }
            let log = InMemoryLogHandler()
            await ledger.housekeeping(logger: Self.recorded(by: log)).partitions()
            #expect(log.entries.isEmpty)
            for table in DayTable.allCases {
                #expect(try await ledger.ids(in: "\(table.rawValue)_default").isEmpty)
                #expect(try await ledger.ids(in: table.rawValue) == [present, early])
                #expect(try await ledger.days(of: table) >= (days[table] ?? 0) + 9)
            }
        }
    }

    @Test(
        "a day that is made so is as those are that were made as partitions: owner, rights, columns, constraints and indexes",
        arguments: DayTable.allCases)
    func shape(table: DayTable) async throws {
        try await Ledger.with { ledger in
            try await ledger.standStill()
            try await table.makeDays(in: ledger.pool)
            // The default partition, which the first migrations made, is among them.
            let shapes = try await ledger.database.psql(
                """
                select count(*) > 20, count(distinct (
                  c.relowner, c.relacl::text, c.relrowsecurity, c.relforcerowsecurity, c.reloptions::text,
                  array(
                    select h.inhparent::regclass::text from pg_index x join pg_inherits h on h.inhrelid = x.indexrelid
                    where x.indrelid = c.oid and x.indisvalid order by 1),
                  array(
                    select concat_ws(' ', pg_get_constraintdef(o.oid), o.conislocal, o.coninhcount) from pg_constraint o
                    where o.conrelid = c.oid order by 1),
                  array(
                    select concat_ws(' ', a.attnum, a.attname, a.atttypid, a.attnotnull, a.attstorage, a.attislocal, a.attinhcount,
                      pg_get_expr(d.adbin, d.adrelid))
                    from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
                    where a.attrelid = c.oid and a.attnum > 0 order by 1)))
                from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = '\(table.rawValue)'::regclass
                """)
            #expect(shapes == "t|1\n")
        }
    }

    @Test("an insert that comes while its day is made waits for it, and is not refused")
    func insertMeanwhile() async throws {
        try await Ledger.with { ledger in
            try await ledger.standStill()
            let (first, second) = (ledger.id(hoursAgo: -30 * 24), ledger.id(hoursAgo: -30 * 24))
            // A busy machine may need longer to look than the function waits for a lock.
            _ = try await ledger.database.psql("alter function ensure_day_partitions(regclass, integer) set lock_timeout = '60s'")
            let insert: SQL = "insert into job_bodies (workspace_id, id, body) values ($1, $2, '')"
            @Sendable func waiting() async throws -> Int? {
                try await ledger.count("pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")
            }
            let (making, inserting) = try await ledger.pool.transaction(.workspaces([ledger.workspace])) { holder in
                try await holder.execute(insert, ledger.workspace, first)
                // Detached: they are other processes', and know nothing of this transaction. Both days in one call, so that the insert waits for
                // its own.
                let making = Task.detached {
                    _ = try await ledger.pool.query(.role(.upkeep), "select ensure_day_partitions('job_bodies', 0)")
                }
                try await eventually("the days wait for the first insert") { try await waiting() == 1 }
                let inserting = Task.detached {
                    _ = try await ledger.pool.execute(.workspaces([ledger.workspace]), insert, ledger.workspace, second)
                }
                try await eventually("the second insert waits for the days") { try await waiting() == 2 }
                return (making, inserting)
            }
            try await making.value
            try await inserting.value
            #expect(try await ledger.ids(in: "job_bodies") == [first, second])
            #expect(try await ledger.ids(in: "job_bodies_default").isEmpty)
        }
    }

    @Test("what stands in the way of one table's days is told, and keeps none of the other tables'")
    func eachTableByItself() async throws {
        try await Ledger.with { ledger in
            try await ledger.standStill()
            // No day can be made around it.
            _ = try await ledger.database.psql(
                """
                create table in_the_way partition of acceptances
                for values from (uuid_v7_floor(mainstay_now())) to (uuid_v7_floor(mainstay_now() + interval '1 minute'))
                """)
            let (outcomes, bodies) = (try await ledger.days(of: .outcomes), try await ledger.days(of: .bodies))
            let log = InMemoryLogHandler()
            await ledger.housekeeping(logger: Self.recorded(by: log)).partitions()
            #expect(log.entries.map(\.level) == [.warning])
            #expect(log.entries.compactMap { $0.metadata["of"]?.description } == ["days of acceptances"])
            #expect(try await ledger.days(of: .outcomes) >= outcomes + 9)
            #expect(try await ledger.days(of: .bodies) >= bodies + 9)
        }
    }

    @Test("a day of which the default holds too much to be moved while everybody waits stays there, and the days after it are made")
    func tooMuchToMove() async throws {
        try await Ledger.with { ledger in
            try await ledger.standStill()
            try await ledger.keepBodies(100_001, at: "mainstay_now()")
            let days = try await ledger.days(of: .bodies)
            try await DayTable.bodies.makeDays(in: ledger.pool)
            #expect(try await ledger.days(of: .bodies) >= days + 8)
            #expect(try await ledger.count("job_bodies_default") == 100_001)
        }
    }

    @Test("whoever migrates makes the days as well, as the owner of the tables")
    func asOwner() async throws {
        try await Ledger.with { ledger in
            try await ledger.standStill()
            let present = ledger.id(hoursAgo: -30 * 24)
            try await ledger.accept(present)
            let log = InMemoryLogHandler()
            try await withPool(ledger.database.ownerURL, size: 1) { owner in
                await DayTable.makeAllDays(in: owner, as: .unscoped, logger: Self.recorded(by: log))
            }
            #expect(log.entries.isEmpty)
            #expect(try await ledger.ids(in: "acceptances_default").isEmpty)
            #expect(try await ledger.ids(in: "acceptances") == [present])
        }
    }
}
