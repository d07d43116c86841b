import Foundation
import Postgres

/// The SQL of support. One method is one statement; every one of them names its workspace, although row-level security
/// would hide the others anyway: a query that forgets its tenant should be seen in review and not only in a policy.
enum TicketStore {
    // MARK: Writing a batch

    /// Tickets and their clocks, in one statement that needs no answer. What is already there stays as it is.
    static func write(_ rows: TicketRows, in transaction: PostgresTransaction) {
        transaction.submit(
            """
            -- write tickets and their clocks
            with incoming as materialized (
              select * from unnest(
                $1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                $10::uuid[], $11::timestamptz[], $12::uuid[], $13::timestamptz[])
              as t (workspace_id, id, accepted_at, priority, subject, body, category, wallet, requester,
                first_reply_clock, first_reply_due, resolution_clock, resolution_due)
            ), written as (
              insert into tickets (workspace_id, id, accepted_at, created_at, priority, subject, body, category, wallet, requester)
              select workspace_id, id, accepted_at, (select mainstay_now()), priority, subject, body, category, wallet, requester
              from incoming
              on conflict (workspace_id, id) do nothing
            )
            insert into sla_clocks (workspace_id, id, ticket_id, started_at, due_at, sweep_at, metric)
            select workspace_id, first_reply_clock, id, accepted_at, first_reply_due, first_reply_due, 'first_reply'
            from incoming where first_reply_due is not null
            union all
            select workspace_id, resolution_clock, id, accepted_at, resolution_due, resolution_due, 'resolution'
            from incoming where resolution_due is not null
            on conflict (workspace_id, id) do nothing
            """,
            rows.workspaces, rows.ids, rows.acceptedAt, rows.priorities, rows.subjects, rows.bodies, rows.categories, rows.wallets,
            rows.requesters, rows.firstReplyClocks, rows.firstReplyDeadlines, rows.resolutionClocks, rows.resolutionDeadlines)
    }

    /// Notes of tickets how often their jobs were tried, in the transaction that writes them. Only for those that failed
    /// before: a row says 1 by itself.
    static func noteAttempts(workspaces: [UUID], ids: [UUID], attempts: [Int16], in transaction: PostgresTransaction) {
        transaction.submit(
            """
            -- note attempts of tickets
            update tickets t set attempts = given.attempts
            from unnest($1::uuid[], $2::uuid[], $3::int2[]) as given (workspace_id, id, attempts)
            where t.workspace_id = given.workspace_id and t.id = given.id
            """,
            workspaces, ids, attempts)
    }

    /// The policy rows of these workspaces; a workspace without any is not in the result.
    static func policies(of workspaces: [UUID], in session: some PostgresSession) async throws -> [UUID: [SLAPolicyBook.Row]] {
        let rows = try await session.query(
            """
            -- policies of workspaces
            select workspace_id, priority, first_reply_seconds, resolution_seconds
            from sla_policies where workspace_id = any($1::uuid[])
            """,
            workspaces)
        var result: [UUID: [SLAPolicyBook.Row]] = [:]
        for row in rows {
            let policy = SLAPolicy(
                firstReply: try row.decode("first_reply_seconds", as: Int32?.self).map(Int.init),
                resolution: try row.decode("resolution_seconds", as: Int32?.self).map(Int.init))
            let priority = try row.decode("priority", as: String.self)
            result[try row.decode("workspace_id"), default: []].append(
                SLAPolicyBook.Row(priority: priority == "any" ? nil : try TicketPriority(stored: priority), policy: policy))
        }
        return result
    }

    // MARK: Reading

    /// Comes after every other id: where the first page begins. A null to be replaced in the statement would keep it from
    /// seeking in the index.
    private static let lastID = UUID(uuid: (255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255))

    /// Tickets in these states without their bodies, newest first, older than `before` in the order of their ids.
    static func page(
        of workspace: UUID, states: [TicketState], before: UUID?, limit: Int, in session: some PostgresSession
    ) async throws -> [Ticket] {
        try await session.query(
            """
            -- page of tickets
            select id, state, priority, subject, null::text as body, category, wallet, requester, accepted_at, created_at, answered_at, closed_at
            from tickets
            where workspace_id = $1 and id < $2 and state = any($3::text[])
            order by id desc limit $4
            """,
            workspace, before ?? lastID, states.map(\.rawValue), limit
        ).map(Ticket.init(row:))
    }

    static func ticket(_ id: UUID, workspace: UUID, in session: some PostgresSession) async throws -> Ticket? {
        try await session.query(
            """
            -- ticket by id
            select id, state, priority, subject, body, category, wallet, requester, accepted_at, created_at, answered_at, closed_at
            from tickets where workspace_id = $1 and id = $2
            """,
            workspace, id
        ).first.map(Ticket.init(row:))
    }

    /// A ticket's clocks, found by their ids, which follow from the ticket's.
    static func clocks(ofTicket ticket: UUID, workspace: UUID, in session: some PostgresSession) async throws -> [StoredClock] {
        try await session.query(
            """
            -- a ticket's clocks
            select workspace_id, id, ticket_id, metric, state, started_at, due_at, stopped_at, breached_at, mainstay_now() as read_at
            from sla_clocks where workspace_id = $1 and id = any($2::uuid[])
            order by due_at, metric
            """,
            workspace, SLAMetric.clockIDs(ofTicket: ticket)
        ).map(StoredClock.init(row:))
    }

    static func escalations(ofTicket ticket: UUID, workspace: UUID, in session: some PostgresSession) async throws -> [Escalation] {
        try await session.query(
            """
            -- a ticket's escalations
            select id, clock_id, metric, step, due_at, created_at
            from escalations where workspace_id = $1 and ticket_id = $2 order by created_at, id
            """,
            workspace, ticket
        ).map(Escalation.init(row:))
    }

    /// The newest replies of a ticket, oldest of them first.
    static func replies(ofTicket ticket: UUID, workspace: UUID, limit: Int, in session: some PostgresSession) async throws -> [TicketReply] {
        try await session.query(
            """
            -- a ticket's replies
            select id, author, body, created_at from ticket_replies where workspace_id = $1 and ticket_id = $2 order by id desc limit $3
            """,
            workspace, ticket, limit
        ).map(TicketReply.init(row:)).reversed()
    }

    // MARK: Replying and closing

    /// The ticket, locked against other replies, and the database's time.
    static func lockTicket(_ id: UUID, workspace: UUID, in session: some PostgresSession) async throws -> (ticket: Ticket, now: Date)? {
        try await session.query(
            """
            -- lock a ticket
            select id, state, priority, subject, body, category, wallet, requester, accepted_at, created_at, answered_at, closed_at,
              mainstay_now() as now
            from tickets where workspace_id = $1 and id = $2
            for no key update
            """,
            workspace, id
        ).first.map { (try Ticket(row: $0), try $0.decode("now")) }
    }

    /// The reply that was written under this Idempotency-Key, and the digest of the request that wrote it.
    static func reply(
        underKey key: String, workspace: UUID, in session: some PostgresSession
    ) async throws -> (reply: TicketReply, digest: [UInt8])? {
        try await session.query(
            """
            -- reply under an Idempotency-Key
            select id, author, body, created_at, idempotency_digest
            from ticket_replies where workspace_id = $1 and idempotency_key = $2
            """,
            workspace, key
        ).first.map { (try TicketReply(row: $0), try $0.decode("idempotency_digest")) }
    }

    /// The name of the constraint that keeps one reply to an Idempotency-Key.
    static let replyKeyConstraint = "ticket_replies_idempotency"

    static func write(
        _ reply: TicketReply, to ticket: UUID, workspace: UUID, user: UUID?, key: String?, digest: [UInt8]?, in transaction: PostgresTransaction
    ) {
        transaction.submit(
            """
            -- write a reply
            insert into ticket_replies
              (workspace_id, id, ticket_id, author, user_id, body, created_at, idempotency_key, idempotency_digest)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """,
            workspace, reply.id, ticket, reply.author.rawValue, user, reply.body, reply.createdAt, key, digest)
    }

    /// Writes what a transition changed.
    static func update(_ ticket: Ticket, workspace: UUID, in transaction: PostgresTransaction) {
        transaction.submit(
            "update tickets set state = $3, answered_at = $4, closed_at = $5 where workspace_id = $1 and id = $2",
            workspace, ticket.id, ticket.state.rawValue, ticket.answeredAt, ticket.closedAt)
    }
}
