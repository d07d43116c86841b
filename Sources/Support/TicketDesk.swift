import Foundation
import Jobs
import Postgres

/// What people do with tickets that exist. Each method is one transaction in the caller's workspace; a repeated call
/// finds what the first one did and changes nothing.
struct TicketDesk: Sendable {
    /// Why a ticket cannot be shown or changed.
    enum Refusal: Error, Equatable, CustomStringConvertible {
        /// There is none with this id in this workspace (yet).
        case notFound(UUID)
        /// It is closed, and a closed ticket takes no replies.
        case closed(UUID)

        var description: String {
            switch self {
            case .notFound(let id): "no ticket \(id.lowercased) in this workspace"
            case .closed(let id): "ticket \(id.lowercased) is closed"
            }
        }
    }

    /// A ticket with all that hangs on it.
    struct Detail: Sendable, Equatable {
        let ticket: Ticket
        let clocks: [StoredClock]
        let escalations: [Escalation]
        /// The newest ones, oldest first; at most `replyLimit`.
        let replies: [TicketReply]
    }

    /// What became of a reply.
    struct Replied: Sendable, Equatable {
        let reply: TicketReply
        /// The same request had been carried out before.
        let isReplay: Bool
    }

    /// What became of a closing.
    struct Closed: Sendable, Equatable {
        let ticket: Ticket
        /// The same request had been carried out before.
        let isReplay: Bool
    }

    /// Replies that a ticket is shown with. Bodies may be large, and an answer must have a bound.
    static let replyLimit = 100

    let pool: PostgresPool

    func list(_ workspace: UUID, states: [TicketState], before: UUID?, limit: Int) async throws -> [Ticket] {
        try await pool.transaction(.workspaces([workspace])) { transaction in
            try await TicketStore.page(of: workspace, states: states, before: before, limit: limit, in: transaction)
        }
    }

    func detail(of id: UUID, workspace: UUID) async throws -> Detail {
        try await pool.transaction(.workspaces([workspace])) { transaction in
            guard let ticket = try await TicketStore.ticket(id, workspace: workspace, in: transaction) else { throw Refusal.notFound(id) }
            return Detail(
                ticket: ticket,
                clocks: try await TicketStore.clocks(ofTicket: id, workspace: workspace, in: transaction),
                escalations: try await TicketStore.escalations(ofTicket: id, workspace: workspace, in: transaction),
                replies: try await TicketStore.replies(ofTicket: id, workspace: workspace, limit: Self.replyLimit, in: transaction))
        }
    }

    /// Adds a reply, by support, the requester or a machine; the first one by support stops the ticket's first clock.
    ///
    /// - Throws: `Refusal`, or `JobError.idempotencyMismatch` when the key was used for another request.
    func reply(
        _ body: String, by author: ReplyAuthor, to id: UUID, workspace: UUID, user: UUID?, idempotency: Idempotency?
    ) async throws -> Replied {
        do {
            return try await pool.transaction(.workspaces([workspace])) { transaction in
                guard let (locked, now) = try await TicketStore.lockTicket(id, workspace: workspace, in: transaction) else {
                    throw Refusal.notFound(id)
                }
                // Before the ticket's state is looked at: a repeated request is answered as before, also when the
                // ticket was closed since.
                if let idempotency,
                    let earlier = try await TicketStore.reply(underKey: idempotency.key, workspace: workspace, in: transaction)
                {
                    guard earlier.digest == idempotency.digest else { throw Self.mismatch(idempotency) }
                    return Replied(reply: earlier.reply, isReplay: true)
                }
                var ticket = locked
                guard case .moved(let state, let effects) = ticket.state.transition(on: .replied(author)) else { throw Refusal.closed(id) }

                let reply = TicketReply(id: .version7(), author: author, body: body, createdAt: now)
                TicketStore.write(
                    reply, to: id, workspace: workspace, user: user, key: idempotency?.key, digest: idempotency?.digest, in: transaction)
                ticket.state = state
                if author == .support { ticket.answeredAt = ticket.answeredAt ?? now }
                try await apply(effects, to: ticket, at: now, workspace: workspace, in: transaction)
                return Replied(reply: reply, isReplay: false)
            }
        } catch let error as PostgresError where error.constraint == TicketStore.replyKeyConstraint {
            // Two requests with one key on two tickets at once: the paths differ, so the digests do.
            if let idempotency { throw Self.mismatch(idempotency) }
            throw error
        }
    }

    /// Closes a ticket and stops its clocks. One that is closed stays as it is.
    ///
    /// - Throws: `Refusal`, or `JobError.idempotencyMismatch` when the key was used for another request.
    func close(_ id: UUID, workspace: UUID, idempotency: Idempotency? = nil) async throws -> Closed {
        try await pool.transaction(.workspaces([workspace])) { transaction in
            guard let (locked, now) = try await TicketStore.lockTicket(id, workspace: workspace, in: transaction) else {
                throw Refusal.notFound(id)
            }
            if try await IdempotencyStore.claim(idempotency, for: id, workspace: workspace, in: transaction) != nil {
                return Closed(ticket: locked, isReplay: true)
            }
            var ticket = locked
            guard case .moved(let state, let effects) = ticket.state.transition(on: .closed) else { return Closed(ticket: ticket, isReplay: false) }
            ticket.state = state
            ticket.closedAt = now
            try await apply(effects, to: ticket, at: now, workspace: workspace, in: transaction)
            return Closed(ticket: ticket, isReplay: false)
        }
    }

    /// Writes the ticket as it is now and what its transition does to its clocks. The ticket's row is locked before its clocks' rows,
    /// here and everywhere.
    private func apply(
        _ effects: [TicketState.ClockEffect], to ticket: Ticket, at now: Date, workspace: UUID, in transaction: PostgresTransaction
    ) async throws {
        TicketStore.update(ticket, workspace: workspace, in: transaction)
        guard !effects.isEmpty else { return }
        let before = try await TicketStore.lockClocks(
            SLAMetric.clockIDs(ofTicket: ticket.id).map { TicketStore.ClockKey(workspace: workspace, id: $0) }, in: transaction)
        let changed = before.compactMap { stored in
            var after = stored
            after.clock.apply(effects, at: now)
            return after == stored ? nil : after
        }
        if !changed.isEmpty { TicketStore.update(changed, workspace: workspace, in: transaction) }
    }

    private static func mismatch(_ idempotency: Idempotency) -> JobError {
        JobError(.idempotencyMismatch, subject: idempotency.key, message: "the Idempotency-Key was used for another request")
    }
}
