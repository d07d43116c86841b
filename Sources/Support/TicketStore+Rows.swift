import Foundation
import Postgres

/// A column holds a word that this release does not know: a newer one wrote it.
struct UnknownStoredWord: Error, CustomStringConvertible {
    let type: String
    let found: String

    var description: String { "the database holds \"\(found)\", which is no \(type) that this release knows; was it written by a newer one?" }
}

extension RawRepresentable where RawValue == String {
    /// Reads a word as the tables store it.
    init(stored text: String) throws {
        guard let value = Self(rawValue: text) else { throw UnknownStoredWord(type: "\(Self.self)", found: text) }
        self = value
    }
}

extension Ticket {
    init(row: PostgresRow) throws {
        self.init(
            id: try row.decode("id"),
            state: try TicketState(stored: row.decode("state")),
            priority: try TicketPriority(stored: row.decode("priority")),
            subject: try row.decode("subject"),
            body: try row.decode("body"),
            category: try row.decode("category", as: String?.self).map(TicketCategory.init(stored:)),
            wallet: try row.decode("wallet"),
            requester: try row.decode("requester"),
            acceptedAt: try row.decode("accepted_at"),
            createdAt: try row.decode("created_at"),
            answeredAt: try row.decode("answered_at"),
            closedAt: try row.decode("closed_at"))
    }
}

extension StoredClock {
    init(row: PostgresRow) throws {
        self.init(
            workspace: try row.decode("workspace_id"),
            id: try row.decode("id"),
            ticket: try row.decode("ticket_id"),
            clock: SLAClock(
                metric: try SLAMetric(stored: row.decode("metric")),
                startedAt: try row.decode("started_at"),
                dueAt: try row.decode("due_at"),
                state: try SLAClock.State(stored: row.decode("state")),
                stoppedAt: try row.decode("stopped_at"),
                breachedAt: try row.decode("breached_at")),
            readAt: try row.decode("read_at"))
    }
}

extension Escalation {
    init(row: PostgresRow) throws {
        let step = Int(try row.decode("step", as: Int16.self))
        guard let known = EscalationStep(rawValue: step) else { throw UnknownStoredWord(type: "EscalationStep", found: "\(step)") }
        self.init(
            id: try row.decode("id"),
            clock: try row.decode("clock_id"),
            metric: try SLAMetric(stored: row.decode("metric")),
            step: known,
            dueAt: try row.decode("due_at"),
            createdAt: try row.decode("created_at"))
    }
}

extension TicketReply {
    init(row: PostgresRow) throws {
        self.init(
            id: try row.decode("id"),
            author: try ReplyAuthor(stored: row.decode("author")),
            body: try row.decode("body"),
            createdAt: try row.decode("created_at"))
    }
}
