import Foundation
import Jobs
import Logging
import Postgres
import Schema
import TestSupport
import Testing

@testable import Support

@Suite("Reports of support")
struct SupportReportTests {
    static func run(_ name: String, on fixture: SupportFixture) async throws -> [[String: String]] {
        let pool = PostgresPool(
            configuration: try PostgresConfiguration(url: fixture.database.reportingURL), size: 1, logger: Logger(label: "test.reporting"))
        let table = try await #require(Report.named(name)).run(in: pool)
        await pool.close()
        return table.rows.map { row in
            var cells: [String: String] = [:]
            for (column, value) in zip(table.columns, row) { cells[column.name] = value }
            return cells
        }
    }

    /// Writes histories as their rows would be when they had gone through the product, by our own rules.
    static func write(_ histories: [SupportHistory], to fixture: SupportFixture, lookedAt day: Date) async throws {
        let jobs = histories.map { fixture.job(acceptedAt: $0.openedAt, subject: $0.title) }
        for start in stride(from: 0, to: jobs.count, by: 500) { try await fixture.create(Array(jobs[start..<min(start + 500, jobs.count)])) }
        let rows = Array(zip(jobs, histories))
        // A transaction has a deadline, and a whole history many rows.
        for start in stride(from: 0, to: rows.count, by: 500) {
            try await write(rows[start..<min(start + 500, rows.count)], to: fixture, lookedAt: day)
        }
    }

    private static func write(
        _ rows: ArraySlice<(Job<CreateTicket>, SupportHistory)>, to fixture: SupportFixture, lookedAt day: Date
    ) async throws {
        let workspace = fixture.workspace
        try await fixture.pool.transaction(.workspaces([workspace])) { transaction in
            for (job, history) in rows {
                let (state, clocks) = history.replayed(until: day)
                let answered = clocks[0].state == .cancelled ? nil : clocks[0].stoppedAt
                let ticket = Ticket(
                    id: job.id, state: state, priority: .normal, subject: history.title, body: "", category: nil, wallet: nil, requester: nil,
                    acceptedAt: history.openedAt, createdAt: history.openedAt, answeredAt: answered, closedAt: history.closedAt)
                TicketStore.update(ticket, workspace: workspace, in: transaction)
                let stored = zip(SLAMetric.allCases, clocks).map { metric, clock in
                    StoredClock(workspace: workspace, id: metric.clockID(ofTicket: job.id), ticket: job.id, clock: clock, readAt: day)
                }
                TicketStore.update(stored, workspace: workspace, in: transaction)
            }
        }
    }

    @Test("SLA compliance counts what the rules say, and prints who was never answered", .timeLimit(.minutes(1)))
    func compliance() async throws {
        let fixture = try await SupportFixture.make()
        try await Self.write(SupportHistory.samples, to: fixture, lookedAt: .distantFuture)
        let rows = try await Self.run("sla-compliance", on: fixture)
        #expect(rows.count == 1)
        let row = try #require(rows.first)
        #expect(row["month"] == "2025-01")
        #expect(row["priority"] == "normal")
        #expect(row["opened"] == "7")
        // Samples 1 and 7 in time; 2 late, 4 never before its closing, 5 and 6 never; 3 was closed in time without a reply.
        #expect(row["in_time"] == "2")
        #expect(row["breached"] == "4")
        #expect(row["in_time_pct"] == "33.3")
        #expect(row["unanswered"] == "4")
        // Replies after 5, 30 and 24 hours.
        #expect(row["reply_p50_h"] == "24.0")
        #expect(row["reply_p90_h"] == "28.8")
        // Resolutions: 1, 3, 4 and 7 in time; 2, 5 and 6 not.
        #expect(row["resolved_pct"] == "57.1")
    }

    @Test("Over a whole history its numbers are those of the rules", .timeLimit(.minutes(1)))
    func wholeHistory() async throws {
        let fixture = try await SupportFixture.make()
        let histories = try SupportHistory.all()
        try await Self.write(histories, to: fixture, lookedAt: .distantFuture)
        let rows = try await Self.run("sla-compliance", on: fixture)
        func sum(_ column: String) -> Int { rows.compactMap { $0[column].flatMap { Int($0) } }.reduce(0, +) }

        let first = histories.map { $0.replayed(until: .distantFuture).clocks[0] }
        #expect(sum("opened") == histories.count)
        #expect(sum("in_time") == first.count { $0.state == .met })
        #expect(sum("breached") == first.count { $0.state == .breached })
        #expect(sum("unanswered") == first.count { $0.stoppedAt == nil || $0.state == .cancelled })
    }

    @Test("A deadline that has passed counts as breached before its escalation ran", .timeLimit(.minutes(1)))
    func unnoticedBreach() async throws {
        let fixture = try await SupportFixture.make()
        _ = try await fixture.ticket()
        #expect(try await Self.run("sla-compliance", on: fixture).first?["breached"] == "0")
        try await fixture.moveTime(by: 25 * 3600)
        #expect(try await Self.run("sla-compliance", on: fixture).first?["breached"] == "1")
    }

    @Test("Queue health tells accepted, done, dead and waiting apart", .timeLimit(.minutes(1)))
    func queueHealth() async throws {
        let fixture = try await SupportFixture.make()
        let jobs = (0..<6).map { _ in fixture.job() }
        try await fixture.create(Array(jobs.prefix(3)))
        let workspace = fixture.workspace
        for (index, job) in jobs.enumerated() {
            _ = try await fixture.database.psql(
                """
                insert into acceptances (workspace_id, id, kind, version, queue, partition, append_group, body, accepted_at)
                values ('\(workspace)', '\(job.id)', 'ticket.create', 1, 'tickets', 0, gen_random_uuid(), '', now() - interval '\(index * 10) seconds')
                """)
        }
        // The fourth is dead; the third was dead once, was replayed, and is done; a stream's job is known by its outcome only.
        for (id, kind, generation) in [(jobs[3].id, "ticket.create", 0), (jobs[2].id, "ticket.create", 0), (UUID.version7(), "inference.run", 0)] {
            _ = try await fixture.database.psql(
                """
                insert into outcomes (workspace_id, id, kind, state, generation, attempts, accepted_at, finished_at)
                values ('\(workspace)', '\(id)', '\(kind)', '\(kind == "ticket.create" ? "dead" : "done")', \(generation), 1, now() - interval '3602 seconds',
                  now() - interval '3600 seconds')
                """)
        }
        let rows = try await Self.run("queue-health", on: fixture)
        let tickets = try #require(rows.first { $0["kind"] == "ticket.create" })
        #expect(tickets["queue"] == "tickets")
        #expect(tickets["accepted"] == "6")
        #expect(tickets["done"] == "3")
        #expect(tickets["dead"] == "1")
        #expect(tickets["waiting"] == "2")
        #expect(try #require(tickets["oldest_s"].flatMap { Double($0) }) >= 50)
        let runs = try #require(rows.first { $0["kind"] == "inference.run" })
        #expect(runs["done"] == "1")
        #expect(runs["accepted"] == nil && runs["waiting"] == nil && runs["oldest_s"] == nil)
        #expect(runs["done_p50_s"] == "2.000")
    }

    @Test("The views show no body, and the reporting role sees nothing but views", .timeLimit(.minutes(1)))
    func secrecy() async throws {
        let fixture = try await SupportFixture.make()
        let hidden = try await fixture.database.psql(
            """
            select string_agg(c.relname || '.' || a.attname, ' ') from pg_attribute a join pg_class c on c.oid = a.attrelid
            where c.relnamespace = 'reporting'::regnamespace and a.attnum > 0
              and a.attname ~ '(body|secret|hash|token_id|password|wallet|requester|content|idempotency|events|refusal)'
            """)
        #expect(hidden.trimmingCharacters(in: .whitespacesAndNewlines).isEmpty, "\(hidden)")
        let readable = try await fixture.database.psql(
            """
            select string_agg(c.relname, ' ') from pg_class c
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'p') and has_table_privilege('mainstay_reporting', c.oid, 'select')
            """)
        #expect(readable.trimmingCharacters(in: .whitespacesAndNewlines).isEmpty, "\(readable)")
    }
}
