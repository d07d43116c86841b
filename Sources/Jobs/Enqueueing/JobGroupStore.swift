import Foundation
import Postgres

/// Groups in PostgreSQL: made with their members, counted down by the ends of these, closed by the last.
struct JobGroupStore: Sendable {
    let pool: PostgresPool

    /// A group that a transaction makes.
    struct New: Sendable {
        let group: JobGroup
        /// The follow-up. Its workspace is the group's.
        let then: AcceptanceStore.Item
    }

    /// Adds a group and its members to a transaction. One that is there already is left as it is, with those members of it that
    /// have not ended.
    static func submit(_ new: New, in transaction: PostgresTransaction) {
        let (group, envelope) = (new.group, new.then.envelope)
        transaction.submit(
            """
            -- make a job group
            with made as (
              insert into job_groups (workspace_id, id, total, remaining, closed_at, then_id, then_kind, then_version, then_queue,
                                      then_partition, then_route, then_trace, then_body)
              values ($1, $2, $3, $3, case when $3 = 0 then mainstay_now() end, $4, $5, $6, $7, $8, $9, $10, $11)
              on conflict (workspace_id, id) do nothing
              returning workspace_id, id
            )
            insert into job_group_members (workspace_id, id, group_id)
            select made.workspace_id, member.id, made.id from made cross join unnest($12::uuid[]) as member (id)
            """,
            envelope.workspace, group.id, Int32(clamping: group.jobs.count), envelope.id, envelope.kind, Int16(clamping: envelope.version),
            new.then.queue, Int16(clamping: new.then.partition), envelope.route.stored, envelope.trace?.header, envelope.body, group.jobs)
    }

    /// Tells the groups that jobs have ended, in the transaction that writes these ends. To be its last statement: the groups are
    /// locked from there to the commit.
    /// - Parameter jobs: those of a transaction whose follow-ups are to be appended after the commit; without them the relay does it.
    static func submitEnded(_ names: [JobName], in transaction: PostgresTransaction, noting jobs: TransactionJobs? = nil) {
        guard !names.isEmpty else { return }
        // The result comes with that of the commit, when it is too late for an error.
        transaction.submit(
            "-- tell groups of ends\nselect * from end_group_members($1, $2)", names.map(\.workspace), names.map(\.id),
            check: { jobs?.note(followUps: $0.rows) })
    }

    /// Nil for a group that this workspace does not have.
    func status(_ group: UUID, workspace: UUID) async throws -> JobGroupStatus? {
        let rows = try await pool.query(
            .workspaces([workspace]),
            """
            -- status of a job group
            select g.total, g.remaining, g.then_id, g.then_kind, g.created_at, g.closed_at,
              (select count(*) from job_group_members m join dead_letters d on d.workspace_id = m.workspace_id and d.id = m.id
               where m.workspace_id = g.workspace_id and m.group_id = g.id and d.replayed_at is null and d.discarded_at is null) as dead
            from job_groups g where g.workspace_id = $1 and g.id = $2
            """, workspace, group)
        return try rows.first.map { row in
            JobGroupStatus(
                id: group, total: Int(try row.decode("total", as: Int32.self)), remaining: Int(try row.decode("remaining", as: Int32.self)),
                dead: try row.decode("dead", as: Int.self), then: try row.decode("then_id"), thenKind: try row.decode("then_kind"),
                createdAt: try row.decode("created_at"), closedAt: try row.decode("closed_at", as: Date?.self))
        }
    }

    /// Takes groups away that closed longer than `retention` ago.
    /// - Returns: how many.
    func forgetClosed(after retention: Duration) async throws -> Int {
        try await pool.execute(
            .role(.upkeep), "-- forget closed job groups\ndelete from job_groups where closed_at < mainstay_now() - $1 * interval '1 second'",
            retention.inSeconds, timeout: .seconds(60))
    }
}

extension Envelope {
    /// Whether groups are to be told of its end. A copy that somebody made again (the relay, a replay, a caller with an id of its
    /// own) may have lost its mark, and is known by having been seen; for all others nothing is asked.
    var mayBeMember: Bool { !marks.isDisjoint(with: [.grouped, .seen]) }
}

extension [Entry] {
    /// The jobs of whose end groups are to be told: none of most batches.
    var possibleMembers: [JobName] {
        guard indices.contains(where: { self[$0].envelope.mayBeMember }) else { return [] }
        return filter { $0.envelope.mayBeMember }.map { JobName($0.envelope) }
    }
}
