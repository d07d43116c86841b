import Logging
import Postgres
import TestSupport
import Testing

@testable import Schema

@Suite(.timeLimit(.minutes(1)))
struct ReportTests {
    @Test func `The comment on top is title and description`() {
        let report = Report(file: "a-b.sql", text: "-- Fork activity\n--\n-- One line.\n-- Another.\nselect 1; \n\n")
        #expect(report.name == "a-b")
        #expect(report.title == "Fork activity")
        #expect(report.about == "One line.\nAnother.")
        #expect(report.select == "select 1")
    }

    @Test func `Values come as text, with their kinds, in the report's order`() async throws {
        let database = try await TestDatabase.makeEmpty()
        let report = Report(
            file: "x.sql",
            text: """
                -- x
                select n as "a number", n::numeric / 4 as share, case n when 2 then 'two; "2"' end as word, n > 1 as large,
                  timestamptz '2026-01-02 03:04:05+00' as at, jsonb_build_object('n', n) as doc, array[n] as list, null::integer as nothing
                from generate_series(1, 3) n order by n desc;
                """)
        let table = try await withPool(database.reportingURL) { try await report.run(in: $0) }
        #expect(table.columns.map(\.name) == ["a number", "share", "word", "large", "at", "doc", "list", "nothing"])
        #expect(table.columns.map(\.kind) == [.number, .number, .text, .boolean, .text, .json, .text, .number])
        #expect(
            table.rows[1] == [
                "2", "0.50000000000000000000", "two; \"2\"", "true", "2026-01-02 03:04:05+00", "{\"n\": 2}", "{2}", nil,
            ])
        #expect(table.rows.map { $0[0] } == ["3", "2", "1"])
    }

    @Test func `A report cannot write`() async throws {
        let database = try await TestDatabase.makeEmpty()
        _ = try await database.psql(
            "create table a (n integer); create function f() returns integer language sql as 'insert into a values (1) returning n'; grant insert on a to public; grant select on a to public"
        )
        let error = await #expect(throws: PostgresError.self) {
            try await withPool(database.superuserURL) { try await Report(file: "w.sql", text: "select f()").run(in: $0) }
        }
        #expect(error?.sqlState == "25006")
    }

    @Test(arguments: Report.all.map(\.name))
    func `Every report that ships runs for the reporting role and has a title and a description`(name: String) async throws {
        let report = try #require(Report.named(name))
        #expect(report.title != report.name)
        #expect(!report.about.isEmpty)
        let database = try await TestDatabase.make()
        let table = try await withPool(database.reportingURL) { try await report.run(in: $0) }
        #expect(!table.columns.isEmpty)
    }
}
