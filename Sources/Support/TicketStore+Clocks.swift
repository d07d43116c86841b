import Foundation
import Postgres

/// A clock with its place in the tables.
struct StoredClock: Sendable, Equatable {
    let workspace: UUID
    let id: UUID
    let ticket: UUID
    var clock: SLAClock
    /// The database's time when it was read: what "now" means for this clock.
    let readAt: Date

    var key: TicketStore.ClockKey { TicketStore.ClockKey(workspace: workspace, id: id) }
}

extension TicketStore {
    /// The primary key of a clock.
    struct ClockKey: Sendable, Hashable {
        let workspace: UUID
        let id: UUID
    }

    /// Clocks by workspace and id, locked in the order of their keys, so that two batches that share clocks wait for
    /// each other and never in a circle. Those that do not exist are not in the result.
    static func lockClocks(_ keys: [ClockKey], in session: some PostgresSession) async throws -> [StoredClock] {
        try await session.query(
            """
            -- lock clocks
            select c.workspace_id, c.id, c.ticket_id, c.metric, c.state, c.started_at, c.due_at, c.stopped_at, c.breached_at,
              mainstay_now() as read_at
            from unnest($1::uuid[], $2::uuid[]) as wanted (workspace_id, id)
            join sla_clocks c on c.workspace_id = wanted.workspace_id and c.id = wanted.id
            order by c.workspace_id, c.id
            for no key update of c
            """,
            keys.map(\.workspace), keys.map(\.id)
        ).map(StoredClock.init(row:))
    }

    /// Writes what became of these clocks of one workspace.
    static func update(_ clocks: [StoredClock], workspace: UUID, in transaction: PostgresTransaction) {
        transaction.submit(
            """
            -- write stopped clocks
            update sla_clocks c set state = n.state, stopped_at = n.stopped_at, breached_at = n.breached_at
            from unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::timestamptz[]) as n (id, state, stopped_at, breached_at)
            where c.workspace_id = $1 and c.id = n.id
            """,
            workspace, clocks.map(\.id), clocks.map(\.clock.state.rawValue), clocks.map(\.clock.stoppedAt), clocks.map(\.clock.breachedAt))
    }

    /// Marks clocks breached, each at its own deadline, and writes their escalations.
    static func breach(_ rows: EscalationRows, in transaction: PostgresTransaction) {
        transaction.submit(
            """
            -- breach clocks
            with due as materialized (
              select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::smallint[], $7::timestamptz[])
              as t (workspace_id, id, clock_id, ticket_id, metric, step, due_at)
            ), breached as (
              update sla_clocks c set state = 'breached', breached_at = c.due_at
              from due where c.workspace_id = due.workspace_id and c.id = due.clock_id and c.state = 'running'
            )
            insert into escalations (workspace_id, id, clock_id, ticket_id, metric, step, due_at, created_at)
            select workspace_id, id, clock_id, ticket_id, metric, step, due_at, (select mainstay_now()) from due
            on conflict do nothing
            """,
            rows.workspaces, rows.ids, rows.clocks, rows.tickets, rows.metrics, rows.steps, rows.dueAt)
    }

    // MARK: The sweep (as upkeep, over all workspaces)

    /// Whether this transaction is now the only one that sweeps; another one's end frees the lock.
    static func takeSweepLock(in session: some PostgresSession) async throws -> Bool {
        let rows = try await session.query(
            "select pg_try_advisory_xact_lock(hashtextextended('mainstay.support.escalation_sweep', 0)) as taken")
        return try rows.first?.decode("taken") ?? false
    }

    /// Clocks that `claimDueClocks` takes at most.
    static let claimLimit = 500

    /// Takes running clocks that are due to be looked at, longest due first, and lets them rest for `seconds`, after which
    /// those that still run are due again.
    ///
    /// A clock that is locked is being stopped or breached at this moment; waiting for it would tell nothing. The limit
    /// stands in the text, because a plan for any limit would read the whole table to find the rows again.
    static func claimDueClocks(restingFor seconds: Double, in session: some PostgresSession) async throws -> [ClockKey] {
        try await session.query(
            """
            -- claim clocks that are due
            with due as (
              select workspace_id, id from sla_clocks
              where state = 'running' and sweep_at < (select mainstay_now())
              order by sweep_at limit 500
              for no key update skip locked
            )
            update sla_clocks c set sweep_at = (select mainstay_now()) + make_interval(secs => $1)
            from due where c.workspace_id = due.workspace_id and c.id = due.id
            returning c.workspace_id, c.id
            """,
            seconds
        ).map { ClockKey(workspace: try $0.decode("workspace_id"), id: try $0.decode("id")) }
    }
}
