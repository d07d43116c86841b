import Foundation
import Jobs

/// A ticket as the wire shows it in lists (without its body) and after it was changed.
struct TicketAnswer: Encodable, Sendable {
    /// What pages are cut at; `id` is how it is written.
    let key: UUID
    let id: String
    let state: TicketState
    let priority: TicketPriority
    let category: TicketCategory?
    let subject: String
    let body: String?
    let wallet: String?
    let requester: String?
    let acceptedAt: Date
    let createdAt: Date
    let answeredAt: Date?
    let closedAt: Date?

    enum CodingKeys: String, CodingKey {
        case id, state, priority, category, subject, body, wallet, requester
        case acceptedAt = "accepted_at"
        case createdAt = "created_at"
        case answeredAt = "answered_at"
        case closedAt = "closed_at"
    }

    init(_ ticket: Ticket) {
        key = ticket.id
        id = ticket.id.lowercased
        state = ticket.state
        priority = ticket.priority
        category = ticket.category
        subject = ticket.subject
        body = ticket.body
        wallet = ticket.wallet
        requester = ticket.requester
        acceptedAt = ticket.acceptedAt
        createdAt = ticket.createdAt
        answeredAt = ticket.answeredAt
        closedAt = ticket.closedAt
    }
}

/// One ticket with all that hangs on it.
struct TicketDetailAnswer: Encodable, Sendable {
    struct Clock: Encodable, Sendable {
        let id: String
        let metric: SLAMetric
        let state: SLAClock.State
        let startedAt: Date
        let dueAt: Date
        let stoppedAt: Date?
        let breachedAt: Date?

        enum CodingKeys: String, CodingKey {
            case id, metric, state
            case startedAt = "started_at"
            case dueAt = "due_at"
            case stoppedAt = "stopped_at"
            case breachedAt = "breached_at"
        }
    }

    struct Step: Encodable, Sendable {
        let id: String
        let clock: String
        let metric: SLAMetric
        let step: Int
        let dueAt: Date
        let createdAt: Date

        enum CodingKeys: String, CodingKey {
            case id, clock, metric, step
            case dueAt = "due_at"
            case createdAt = "created_at"
        }
    }

    let ticket: TicketAnswer
    let clocks: [Clock]
    let escalations: [Step]
    let replies: [ReplyAnswer]

    init(_ detail: TicketDesk.Detail) {
        ticket = TicketAnswer(detail.ticket)
        clocks = detail.clocks.map { stored in
            Clock(
                id: stored.id.lowercased, metric: stored.clock.metric, state: stored.clock.state, startedAt: stored.clock.startedAt,
                dueAt: stored.clock.dueAt, stoppedAt: stored.clock.stoppedAt, breachedAt: stored.clock.breachedAt)
        }
        escalations = detail.escalations.map { escalation in
            Step(
                id: escalation.id.lowercased, clock: escalation.clock.lowercased, metric: escalation.metric, step: escalation.step.rawValue,
                dueAt: escalation.dueAt, createdAt: escalation.createdAt)
        }
        replies = detail.replies.map(ReplyAnswer.init)
    }

    private enum CodingKeys: String, CodingKey {
        case clocks, escalations, replies
    }

    /// The ticket's own members lie beside the three lists.
    func encode(to encoder: any Encoder) throws {
        try ticket.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(clocks, forKey: .clocks)
        try container.encode(escalations, forKey: .escalations)
        try container.encode(replies, forKey: .replies)
    }
}

struct ReplyAnswer: Encodable, Sendable {
    let id: String
    let author: ReplyAuthor
    let body: String
    let createdAt: Date

    enum CodingKeys: String, CodingKey {
        case id, author, body
        case createdAt = "created_at"
    }

    init(_ reply: TicketReply) {
        id = reply.id.lowercased
        author = reply.author
        body = reply.body
        createdAt = reply.createdAt
    }
}
