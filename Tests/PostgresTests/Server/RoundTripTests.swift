import Foundation
import Postgres
import Testing

/// Every type there and back through a real server, with its extremes; the server's own text says what it understood.
@Suite(.timeLimit(.minutes(2))) struct RoundTripTests {
    private func check<T: PostgresEncodable & PostgresDecodable & Equatable>(_ pool: PostgresPool, _ sql: SQL, _ values: [T]) async throws {
        for value in values {
            let back = try await pool.query(.unscoped, sql, value)[0].decode(0, as: T.self)
            #expect(back == value)
        }
    }

    @Test func `scalars come back as they went`() async throws {
        try await Database.make().withPool { pool in
            try await check(pool, "select $1", [true, false])
            try await check(pool, "select $1", [Int16.min, -1, 0, .max])
            try await check(pool, "select $1", [Int32.min, -1, 0, .max])
            try await check(pool, "select $1", [Int64.min, -1, 0, .max])
            try await check(pool, "select $1", [Int.min, -1, 0, .max])
            try await check(pool, "select $1", [0, -0.0, 1.5, .greatestFiniteMagnitude, .leastNonzeroMagnitude, .infinity, -.infinity])
            try await check(pool, "select $1", ["", "plain", "zażółć gęślą jaźń 🦉", String(repeating: "x", count: 1_000_000)])
            try await check(pool, "select $1", [UUID(), UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))])
            try await check(pool, "select $1", [[UInt8](), [0], Array(0...255), [UInt8](repeating: 7, count: 1_000_000)])
            let nan: Double = try await pool.query(.unscoped, "select $1", Double.nan)[0].decode(0)
            #expect(nan.isNaN)
        }
    }

    @Test func `times keep their microseconds`() async throws {
        let stamps = [
            "2000-01-01 00:00:00+00", "1999-12-31 23:59:59.999999+00", "2024-02-29 12:34:56.789012+00", "0001-01-01 00:00:00+00",
            "9999-12-31 23:59:59.999999+00",
        ]
        try await Database.make().withPool { pool in
            for stamp in stamps {
                let date: Date = try await pool.query(.unscoped, "select $1::text::timestamptz", stamp)[0].decode(0)
                let same: Bool = try await pool.query(.unscoped, "select $1 = $2::text::timestamptz", date, stamp)[0].decode(0)
                // The far ends have more digits than a double of seconds can hold; a microsecond of 1800 to 2200 is exact.
                if stamp.hasPrefix("2") || stamp.hasPrefix("199") { #expect(same, "\(stamp)") }
                let off: Double = try await pool.query(.unscoped, "select abs(extract(epoch from $1 - $2::text::timestamptz))::float8", date, stamp)[
                    0
                ].decode(0)
                #expect(off < 0.000_05, "\(stamp)")
            }
            let error = await failure { try await pool.query(.unscoped, "select 'infinity'::timestamptz as ends")[0].decode("ends", as: Date.self) }
            #expect(error?.message.contains("infinity") == true)
        }
    }

    @Test func `arrays come back with their nulls`() async throws {
        try await Database.make().withPool { pool in
            try await check(pool, "select $1", [[Bool](), [true, false]])
            try await check(pool, "select $1", [[Int16.min, .max]])
            try await check(pool, "select $1", [[Int32](), [Int32.min, 0, .max]])
            try await check(pool, "select $1", [[Int64.min, .max]])
            try await check(pool, "select $1", [Array(0..<10_000)])
            try await check(pool, "select $1", [[1.5, -.infinity]])
            try await check(pool, "select $1", [["", "a,b", "\"quoted\"", "{}", "NULL", "back\\slash"]])
            try await check(pool, "select $1", [(0..<500).map { _ in UUID() }])
            try await check(pool, "select $1", [[[UInt8](), [0, 1], [255]]])
            try await check(pool, "select $1", [[nil, "x", nil] as [String?], [nil]])
            try await check(pool, "select $1", [[nil, 1, Int32.min] as [Int32?]])
            try await check(pool, "select $1", [[nil, [1, 2]] as [[UInt8]?]])
            try await check(pool, "select $1", [String?.none, "x"])
            try await check(pool, "select $1", [[UUID]?.none, []])
            let date = try #require(ISO8601DateFormatter().date(from: "2024-01-02T03:04:05Z"))
            try await check(pool, "select $1", [[date, nil] as [Date?]])
        }
    }

    @Test func `the server sees what was meant`() async throws {
        try await Database.make().withPool { pool in
            let row = try await pool.query(
                .unscoped, "select $1::text, $2::text, $3::text, $4::text, $5::text, pg_typeof($6)::text, $7::text",
                [Int32(1), nil] as [Int32?], ["a b", ""], PostgresJSON(bytes: Array(#"{"a": [1]}"#.utf8)), [UInt8]([0xDE, 0xAD]),
                [PostgresJSON(bytes: Array("1".utf8))], Int16(1), [true])[0]
            let texts = try (0..<7).map { try row.decode($0, as: String.self) }
            #expect(texts == ["{1,NULL}", "{\"a b\",\"\"}", #"{"a": [1]}"#, "\\xdead", "{1}", "smallint", "{t}"])
        }
    }

    @Test func `unnest makes rows of columns`() async throws {
        try await Database.make().withPool { pool in
            let ids = (0..<500).map { _ in UUID() }
            let bodies = ids.indices.map { $0 % 7 == 0 ? nil : Array("body \($0)".utf8) }
            let rows = try await pool.query(
                .unscoped, "select * from unnest($1, $2, $3) with ordinality as t (id, body, number, position) order by position", ids, bodies,
                ids.indices.map { Int32($0) })
            #expect(rows.count == 500)
            for (index, row) in rows.enumerated() {
                #expect(try row.decode("id") == ids[index])
                #expect(try row.decode("body", as: [UInt8]?.self) == bodies[index])
                #expect(try row.decode("number", as: Int.self) == index)
                #expect(try row.decode("position", as: Int.self) == index + 1)
            }
        }
    }

    @Test func `json is encoded and decoded`() async throws {
        struct Profile: Codable, Equatable { var name: String; var tags: [String] }
        try await Database.make().withPool { pool in
            let profile = Profile(name: "é\"\\", tags: ["a", "b"])
            let row = try await pool.query(
                .unscoped, "select $1 as jsonb, $1::text::json as json, $1 ->> 'name' as name", PostgresJSON(encoding: profile))[0]
            #expect(try row.decode("jsonb", as: PostgresJSON.self).decode(Profile.self) == profile)
            #expect(try row.decode("json", as: PostgresJSON.self).decode(Profile.self) == profile)
            #expect(try row.decode("name") == profile.name)
            let broken = await failure { try await pool.query(.unscoped, "select $1", PostgresJSON(bytes: Array("{".utf8))) }
            #expect(broken?.sqlState == "22P02")
        }
    }

    @Test func `columns of other types are read where that is sensible`() async throws {
        try await Database.make().withPool { pool in
            let row = try await pool.query(
                .unscoped,
                """
                select 'relname'::name as name, 'c'::"char"::text as c, 'pad'::char(5) as padded, 1.5::float4 as real, sum(n) as sum,
                    avg(n) as avg, count(*) as count, '-12345678901234567890.0012300'::numeric as exact, 10000000000::numeric as round, 0::numeric as zero
                from generate_series(1, 4) n
                """)[0]
            #expect(try row.decode("name") == "relname")
            #expect(try row.decode("padded") == "pad  ")
            #expect(try row.decode("real") == 1.5)
            #expect(try row.decode("sum") == 10)
            #expect(try row.decode("avg") == 2.5)
            #expect(try row.decode("count") == 4)
            #expect(try row.decode("exact") == "-12345678901234567890.0012300")
            #expect(try row.decode("round") == 10_000_000_000)
            #expect(try row.decode("zero") == "0")
            let error = await failure { try await pool.query(.unscoped, "select interval '1 day' as age")[0].decode("age", as: Double.self) }
            #expect(error?.code == .decoding)
            #expect(error?.hint?.contains("extract(epoch from column)::float8") == true)
        }
    }

    /// Numbers of every magnitude, compared with the server's own text.
    @Test func `numeric digits are those of the server`() async throws {
        try await Database.make().withPool { pool in
            let rows = try await pool.query(
                .unscoped,
                """
                select n, n::text as text from (
                    select (random() - 0.5)::numeric * (10::numeric ^ (i % 40 - 20)) as n from generate_series(1, 400) i
                    union all select round((random() * 1e12)::numeric, i % 9) from generate_series(1, 100) i
                ) numbers
                """)
            #expect(rows.count == 500)
            for row in rows { #expect(try row.decode("n", as: String.self) == row.decode("text", as: String.self)) }
        }
    }

    @Test func `enums and domains are read as text and written with a cast`() async throws {
        try await Database.make().withPool { pool in
            try await pool.execute(.unscoped, "create type mood as enum ('sad', 'happy')")
            let row = try await pool.query(.unscoped, "select $1::text::mood as mood", "happy")[0]
            #expect(try row.decode("mood") == "happy")
        }
    }

    @Test func `text with NUL fails before it is sent`() async throws {
        try await Database.make().withPool { pool in
            let error = await failure { try await pool.query(.unscoped, "select $1", "a\0b") }
            #expect(error?.code == .usage)
            #expect(error?.message.hasPrefix("parameter $1: ") == true)
            #expect(pool.statistics.open == 0)
        }
    }
}
