import Foundation
import Postgres

/// What is owed, in pages that are bounded by the rows they look at: most of the ledger is done, and a page that went on until it
/// had found enough would go through all of it.
extension RelayStore {
    /// What of a partition is owed among the next acceptances in the order of their ids.
    /// - Parameters:
    ///   - rows: acceptances to look at, of whatever partition.
    ///   - limit: bodies beyond so many bytes stay in PostgreSQL, and the envelope carries their reference.
    /// - Returns: where the next page begins; nil when there is none.
    func owed(
        in partition: QueuePartition, after last: UUID, looking rows: Int, inline limit: Int
    ) async throws -> (owed: [Owed], last: UUID)? {
        let rows = try await page(Self.owedPage, last, partition.queue, Int16(clamping: partition.index), rows, limit)
        guard let first = rows.first else { return nil }
        let owed = try rows.filter { try $0.decode("id", as: UUID?.self) != nil }.map(Self.owed)
        return (owed, try first.decode("last"))
    }

    /// Those of `jobs` that are owed and whose append nobody looks after. At most some hundreds a call.
    /// - Parameter limit: as above.
    func owed(among jobs: [JobName], inline limit: Int) async throws -> [Owed] {
        guard !jobs.isEmpty else { return [] }
        return try await page(Self.owedByName, jobs.map(\.workspace), jobs.map(\.id), limit).map(Self.owed)
    }

    /// Those of `jobs` that have an outcome. At most some thousands a call.
    func finished(among jobs: [JobName]) async throws -> Set<JobName> {
        let rows = try await page(Self.finishedByName, jobs.map(\.workspace), jobs.map(\.id))
        return Set(try rows.map { JobName(workspace: try $0.decode("workspace_id"), id: try $0.decode("id")) })
    }

    private static let finishedByName: SQL = """
        -- which jobs have an outcome
        select f.workspace_id, f.id from unnest($1::uuid[], $2::uuid[]) as given (workspace_id, id),
          lateral (select workspace_id, id from finished_jobs f where f.workspace_id = given.workspace_id and f.id = given.id limit 1) as f
        """

    // MARK: The sweep

    /// A page of the sweep.
    struct Look: Sendable {
        struct Job: Sendable {
            let name: JobName
            let partition: QueuePartition
        }

        /// Without an outcome, and appended as far as anybody knows.
        let owed: [Job]
        /// Acceptances that were looked at.
        let looked: Int
        /// The last group of them.
        let last: UUID
    }

    /// Takes the turn of the sweep, unless another worker has it or it is too early.
    /// - Parameter lease: after which another may take it from a worker that was not heard of again.
    /// - Returns: the group behind which to go on.
    func takeSweep(as worker: UUID, lease: Duration) async throws -> UUID? {
        try await pool.query(
            .role(.upkeep),
            """
            -- take the turn of the sweep
            update ledger_sweep set owner = $1, turn_at = clock_timestamp() + $2 * interval '1 second'
            where turn_at <= clock_timestamp() returning looked_to
            """, worker, lease.inSeconds
        ).first?.decode("looked_to")
    }

    /// The next acceptances in the order of their groups, which is that of their commits: so a replay, whose id is old, comes up again.
    /// - Parameter age: younger groups are left for later.
    /// - Returns: nil when there are none.
    func look(after last: UUID, age: Duration, rows: Int) async throws -> Look? {
        let rows = try await page(Self.sweep, last, age.inSeconds, rows)
        guard let first = rows.first else { return nil }
        let owed = try rows.compactMap { row -> Look.Job? in
            guard let id = try row.decode("id", as: UUID?.self) else { return nil }
            return Look.Job(
                name: JobName(workspace: try row.decode("workspace_id"), id: id),
                partition: QueuePartition(queue: try row.decode("queue"), index: Int(try row.decode("partition", as: Int16.self))))
        }
        return Look(owed: owed, looked: try first.decode("looked"), last: try first.decode("last"))
    }

    /// Writes down how far the sweep has come.
    /// - Parameter rest: after which the turn is free; a worker that goes on says its lease.
    /// - Returns: false when another worker has the turn.
    func keepSweep(at last: UUID, as worker: UUID, rest: Duration, timeout: Duration? = nil) async throws -> Bool {
        try await pool.execute(
            .role(.upkeep),
            """
            -- keep the turn of the sweep
            update ledger_sweep set looked_to = $1, turn_at = clock_timestamp() + $2 * interval '1 second' where owner = $3
            """, last, rest.inSeconds, worker, timeout: timeout) == 1
    }

    /// The sweep has come to the end. When the time for it has come, it begins at the beginning again.
    /// - Parameters:
    ///   - rest: before the next turn.
    ///   - passage: from one begin to the next.
    func endSweep(at last: UUID, as worker: UUID, rest: Duration, passage: Duration) async throws {
        _ = try await pool.execute(
            .role(.upkeep),
            """
            -- end the turn of the sweep
            update ledger_sweep
            set looked_to = case when passage_at <= clock_timestamp() then $4::uuid else $1::uuid end,
                passage_at = case when passage_at <= clock_timestamp() then clock_timestamp() + $5 * interval '1 second' else passage_at end,
                turn_at = clock_timestamp() + $2 * interval '1 second'
            where owner = $3
            """, last, rest.inSeconds, worker, UUID(high: 0, low: 0), passage.inSeconds)
    }

    /// Has the sweep begin at the beginning again after a while, if it would not before.
    func repeatSweep(after pause: Duration) async throws {
        _ = try await pool.execute(
            .role(.upkeep),
            """
            -- repeat the sweep
            update ledger_sweep set passage_at = least(passage_at, clock_timestamp() + $1 * interval '1 second')
            """, pause.inSeconds)
    }

    private func page(_ sql: SQL, _ parameters: any PostgresEncodable...) async throws -> [PostgresRow] {
        try await pool.transaction(.role(.upkeep), timeout: .seconds(120)) { transaction in
            // By the planner's estimate over dozens of partitions it would compile for seconds what then runs for a tenth of one.
            transaction.submit("set local jit = off")
            return try await transaction.run(sql, parameters: parameters, file: #fileID, line: #line).rows
        }
    }

    // As in the audit, the looks for one job each have a limit, so that they stay looks by primary key; and `with ties`, because an
    // id may stand in two workspaces, and a group has many jobs. Of a large body only the length is read.

    private static let owedPage: SQL = """
        -- owed jobs among a page of acceptances
        with page as (
          select * from acceptances where id > $1 order by id fetch first $4 rows with ties
        ), owed as (
          select p.workspace_id, p.id, p.kind, p.version, p.queue, p.partition, p.trace, p.route, p.accepted_at, p.not_before,
            case when octet_length(p.body) <= $5 then p.body end as body
          from page p
          where p.queue = $2 and p.partition = $3
            and (select true from finished_jobs f where f.workspace_id = p.workspace_id and f.id = p.id limit 1) is null
        )
        select l.last, o.* from (select id as last from page order by id desc limit 1) l left join owed o on true order by o.id
        """

    private static let owedByName: SQL = """
        -- owed jobs by name
        select a.workspace_id, a.id, a.kind, a.version, a.queue, a.partition, a.trace, a.route, a.accepted_at, a.not_before,
          case when octet_length(a.body) <= $3 then a.body end as body
        from unnest($1::uuid[], $2::uuid[]) as g (workspace_id, id)
        cross join lateral (select * from acceptances c where c.workspace_id = g.workspace_id and c.id = g.id limit 1) a
        where (select true from finished_jobs f where f.workspace_id = g.workspace_id and f.id = g.id limit 1) is null
          and not exists (select 1 from append_groups u where u.id = a.append_group)
        order by a.id
        """

    // The kind makes the look skip tables of other kinds. The bound is of the statement's begin: of a volatile function the index
    // would know nothing.
    private static let sweep: SQL = """
        -- sweep a page of the ledger
        with page as (
          select workspace_id, id, kind, queue, partition, append_group from acceptances
          where append_group > $1 and append_group < uuid_v7_floor(statement_timestamp() - $2 * interval '1 second')
          order by append_group fetch first $3 rows with ties
        ), owed as (
          select p.workspace_id, p.id, p.queue, p.partition from page p
          where (select true from finished_jobs f where f.workspace_id = p.workspace_id and f.id = p.id and f.kind = p.kind limit 1) is null
            and not exists (select 1 from append_groups u where u.id = p.append_group)
        )
        select l.last, (select count(*) from page) as looked, o.*
        from (select append_group as last from page order by append_group desc limit 1) l left join owed o on true
        """
}
