import Foundation
import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct CopyTests {
    private func withTable(_ body: @Sendable (PostgresPool) async throws -> Void) async throws {
        try await Database.make().withPool { pool in
            try await pool.execute(.unscoped, "create table items (id uuid, number int8, note text, body bytea, at timestamptz)")
            try await body(pool)
        }
    }

    @Test func `ten thousand rows in binary`() async throws {
        try await withTable { pool in
            let now = Date(timeIntervalSinceReferenceDate: 750_000_000)
            let copied = try await pool.transaction(.unscoped) { transaction in
                transaction.submit("insert into items (number) values (-1)")
                let count = try await transaction.copy(into: "copy items from stdin (format binary)", count: 10_000) { number in
                    let note = number.isMultiple(of: 3) ? nil : "note \(number)"
                    return [UUID(), number, note, [UInt8](repeating: 1, count: number % 100), now]
                }
                // The transaction goes on as before.
                try await #expect(transaction.query("select count(*) from items")[0].decode(0) == 10_001)
                return count
            }
            #expect(copied == 10_000)
            let row = try await pool.query(
                .unscoped,
                "select count(note) as notes, sum(number) as sum, sum(length(body)) as bytes, count(distinct id) as ids, max(at) as at from items")[0]
            #expect(try row.decode("notes") == 6_666)
            #expect(try row.decode("sum") == 49_994_999)
            #expect(try row.decode("bytes") == 495_000)
            #expect(try row.decode("ids") == 10_000)
            #expect(try row.decode("at") == now)
        }
    }

    @Test func `text in chunks that split lines`() async throws {
        try await withTable { pool in
            let text = Array((0..<1_000).map { "\($0)\tnote \($0)\n" }.joined().utf8)
            let chunks = stride(from: 0, to: text.count, by: 777).map { Array(text[$0..<min($0 + 777, text.count)]) }
            let count = try await pool.transaction(.unscoped) { try await $0.copy(into: "copy items (number, note) from stdin", text: chunks) }
            #expect(count == 1_000)
            try await #expect(pool.count("select count(*) from items where note = 'note ' || number") == 1_000)
        }
    }

    @Test func `a row that the server refuses fails the transaction, and the connection is used on`() async throws {
        try await withTable { pool in
            let process = try await pool.serverProcess()
            let error = await failure {
                try await pool.transaction(.unscoped) { transaction in
                    try await transaction.execute("insert into items (number) values (1)")
                    try await transaction.copy(into: "copy items (number) from stdin", text: [Array("1\n".utf8), Array("no number\n".utf8)])
                }
            }
            #expect(error?.sqlState == "22P02")
            #expect(error?.statement == "copy items (number) from stdin")
            try await #expect(pool.count("select count(*) from items") == 0)
            try await #expect(pool.serverProcess() == process)
        }
    }

    @Test func `a value that cannot be sent names its row, and nothing is written`() async throws {
        try await withTable { pool in
            let process = try await pool.serverProcess()
            let error = await failure {
                try await pool.transaction(.unscoped) { transaction in
                    try await transaction.copy(into: "copy items (note) from stdin (format binary)", rows: [["fine"], ["a\0"]])
                }
            }
            #expect(error?.code == .usage)
            #expect(error?.message.hasPrefix("row 1: column 1: ") == true)
            #expect(error?.file?.hasSuffix("CopyTests.swift") == true)
            try await #expect(pool.count("select count(*) from items") == 0)
            try await #expect(pool.serverProcess() == process)
        }
    }

    @Test func `a format that the statement does not say is a usage error`() async throws {
        try await withTable { pool in
            let process = try await pool.serverProcess()
            let binary = await failure {
                try await pool.transaction(.unscoped) { try await $0.copy(into: "copy items (note) from stdin", rows: [["x"]]) }
            }
            #expect(binary?.code == .usage)
            #expect(binary?.message.contains("format binary") == true)
            let text = await failure {
                try await pool.transaction(.unscoped) { try await $0.copy(into: "copy items (note) from stdin (format binary)", text: [[0x78]]) }
            }
            #expect(text?.code == .usage)
            let select = await failure { try await pool.transaction(.unscoped) { try await $0.copy(into: "select 1", rows: [["x"]]) } }
            #expect(select?.code == .usage)
            let missing = await failure {
                try await pool.transaction(.unscoped) { try await $0.copy(into: "copy nothing from stdin (format binary)", rows: [["x"]]) }
            }
            #expect(missing?.sqlState == "42P01")
            try await #expect(pool.serverProcess() == process)
        }
    }

    @Test func `COPY as an ordinary statement is refused`() async throws {
        try await withTable { pool in
            let error = await failure { try await pool.execute(.unscoped, "copy items from stdin") }
            #expect(error?.code == .usage)
            let count = try await pool.count("select count(*) from items")
            #expect(count == 0)
        }
    }

    @Test func `a copy into a network that swallows everything ends at its deadline`() async throws {
        let database = try await Database.make()
        try await database.withProxy { proxy, url in
            try await database.withPool(url: url) { pool in
                try await pool.execute(.unscoped, "create table blobs (body bytea)")
                proxy.freeze()
                let start = ContinuousClock.now
                let error = await failure {
                    try await pool.transaction(.unscoped, timeout: .milliseconds(500)) { transaction in
                        try await transaction.copy(into: "copy blobs from stdin (format binary)", count: 1_000) { _ in
                            [[UInt8](repeating: 1, count: 100_000)]
                        }
                    }
                }
                #expect(error?.code == .timeout)
                #expect(.now - start < .seconds(5))
            }
        }
    }

    @Test func `a copy without end stops at its deadline and when it is cancelled`() async throws {
        try await withTable { pool in
            let endless: @Sendable () async -> PostgresError? = {
                await failure {
                    try await pool.transaction(.unscoped, timeout: .milliseconds(300)) { transaction in
                        try await transaction.copy(into: "copy items (number) from stdin (format binary)", count: .max) { [$0] }
                    }
                }
            }
            #expect(await endless()?.code == .timeout)
            let copying = Task {
                await failure {
                    try await pool.transaction(.unscoped) { transaction in
                        try await transaction.copy(into: "copy items (number) from stdin (format binary)", count: .max) { [$0] }
                    }
                }
            }
            try await eventually("the copy runs") { pool.statistics.open - pool.statistics.idle == 1 }
            copying.cancel()
            #expect(await copying.value?.code == .cancelled)
            let count = try await pool.count("select count(*) from items")
            #expect(count == 0)
        }
    }
}
