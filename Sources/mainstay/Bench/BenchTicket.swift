import Foundation
import Jobs
import Postgres

/// The one-row durable job that engines are compared by: a 300-byte ticket that becomes one row, keyed by its id.
struct BenchTicket: JobPayload {
    static let kind = JobKind(name: "bench.ticket", queue: "bench", acceptance: .stream, outcome: .ownTable)

    let id: String
    let workspace: String
    let subject: String
    let body: String
    let priority: Int32
    let createdAt: String

    private enum CodingKeys: String, CodingKey {
        case id, workspace, subject, body, priority
        case createdAt = "created_at"
    }

    static let isFlat = true

    static func read(_ fields: FlatJSON) throws(FlatJSON.Unusual) -> BenchTicket {
        BenchTicket(
            id: try fields.text("id"), workspace: try fields.text("workspace"), subject: try fields.text("subject"), body: try fields.text("body"),
            priority: Int32(try fields.integer("priority")), createdAt: try fields.text("created_at"))
    }

    func write(to fields: inout FlatJSONWriter) {
        fields.text("id", id)
        fields.text("workspace", workspace)
        fields.text("subject", subject)
        fields.text("body", body)
        fields.integer("priority", Int(priority))
        fields.text("created_at", createdAt)
    }

    /// One of a hundred workspaces.
    static func workspace(_ number: Int) -> UUID {
        UUID(uuid: (0x01, 0x90, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, UInt8(truncatingIfNeeded: number % 100)))
    }

    /// The `number`-th ticket of a benchmark: its body as JSON, written by hand because the producer is measured too.
    static func body(id: String, number: Int) -> [UInt8] {
        Array(
            """
            {"id":"\(id)","workspace":"\(workspace(number).lowercased)","subject":"Cannot export invoices to CSV","body":"Since the update on Monday the \
            export button on the invoices page spins forever and then shows error 504. Two colleagues see the same.","priority":\(number % 4),\
            "created_at":"2026-11-22T12:00:00.000Z"}
            """.utf8)
    }
}

/// Writes the rows of a batch. The table is keyed by the ticket's id, so the row is the outcome.
struct BenchTicketHandler: BatchHandler {
    func handle(_ jobs: [Job<BenchTicket>], in transaction: PostgresTransaction) async throws {
        transaction.submit(
            """
            insert into tickets (id, workspace, subject, body, priority, created_at)
            select id, workspace, subject, body, priority, created_at::timestamptz
            from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int4[], $6::text[]) as given (id, workspace, subject, body, priority, created_at)
            order by id
            on conflict (id) do nothing
            """,
            jobs.map(\.payload.id), jobs.map(\.workspace.lowercased), jobs.map(\.payload.subject), jobs.map(\.payload.body),
            jobs.map(\.payload.priority), jobs.map(\.payload.createdAt))
    }
}
