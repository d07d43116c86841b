import Foundation
import Postgres

/// What the audit asks of the ledger. It belongs to no tenant and acts as upkeep; it changes nothing.
///
/// Everything is asked in pages that continue behind the last key of the one before: each is one statement, and so one
/// moment, and none is long enough to keep a day of the tables from being dropped.
struct AuditStore: Sendable {
    let pool: PostgresPool

    /// Rows that a statement counts: about a tenth of a second. They are counted there; what comes back is a row a group, and
    /// the ids of what is owed.
    static let counted = 10_000
    /// Rows that a statement gives back.
    static let listed = 1000

    /// Acceptances of one partition, and of one workspace where that was asked for.
    struct Accepted: Sendable {
        let partition: QueuePartition
        let workspace: UUID?
        let count: Int
        let outcomes: Outcomes
        /// Without an outcome, and appended to Redis.
        let appended: [JobName]
        /// Without an outcome, and not yet known to be appended.
        let underWay: [JobName]
    }

    /// Finished jobs of one kind, and of one workspace where that was asked for.
    struct Finished: Sendable {
        let kind: String
        let workspace: UUID?
        /// Of jobs that have no acceptance.
        let outcomes: Outcomes
        /// Outcomes beyond the first of the same job and generation.
        let doubled: Int
        /// Of ledger kinds, without an acceptance although the acceptances of their day are there.
        let unexplained: Int
        /// The first of them.
        let doubledJobs: [JobName]
        let unexplainedJobs: [JobName]
    }

    struct Outcomes: Sendable, Equatable {
        var done = 0
        var dead = 0
        var cancelled = 0
    }

    /// What is known of one job.
    struct Fact: Sendable, Equatable {
        let state: OutcomeState?
        let isAccepted: Bool
        /// The relay looks after its append.
        let isUnderWay: Bool
    }

    /// A page of acceptances in the order of their ids.
    /// - Parameter queue: of which to give account; nil for all.
    /// - Returns: where the next page begins; nil when there is none.
    func accepted(after last: UUID, queue: String?, byWorkspace: Bool) async throws -> (groups: [Accepted], last: UUID)? {
        let rows = try await rows(Self.accepted, last, Self.counted, queue, byWorkspace)
        guard let first = rows.first else { return nil }
        let groups: [Accepted] = try rows.compactMap { row in
            guard let queue = try row.decode("queue", as: String?.self) else { return nil }
            return Accepted(
                partition: QueuePartition(queue: queue, index: Int(try row.decode("partition", as: Int16.self))),
                workspace: try row.decode("workspace_id", as: UUID?.self), count: try row.decode("accepted"), outcomes: try Self.outcomes(row),
                appended: try Self.names(row, "appended"), underWay: try Self.names(row, "under_way"))
        }
        return (groups, try first.decode("last"))
    }

    /// A page of outcomes in the order of their keys.
    /// - Parameter ledger: kinds whose jobs must have an acceptance.
    /// - Returns: where the next page begins; nil when there is none.
    func finished(after last: JobName, ledger: [String], byWorkspace: Bool) async throws -> (groups: [Finished], last: JobName)? {
        let rows = try await rows(Self.finished, last.workspace, last.id, Self.counted, ledger, byWorkspace)
        guard let first = rows.first else { return nil }
        let groups = try rows.map { row in
            Finished(
                kind: try row.decode("kind"), workspace: try row.decode("workspace_id", as: UUID?.self), outcomes: try Self.outcomes(row),
                doubled: try row.decode("doubled"), unexplained: try row.decode("unexplained"), doubledJobs: try Self.names(row, "doubled"),
                unexplainedJobs: try Self.names(row, "unexplained"))
        }
        return (groups, JobName(workspace: try first.decode("last_workspace"), id: try first.decode("last_id")))
    }

    /// A page of jobs that a worker has begun, that are not finished and that no acceptance knows.
    func running(after last: JobName) async throws -> [(kind: String, job: JobName)] {
        try await rows(Self.running, last.workspace, last.id, Self.listed).map { row in
            (try row.decode("kind"), JobName(workspace: try row.decode("workspace_id"), id: try row.decode("id")))
        }
    }

    /// What is known of each of `jobs` at one moment. At most `listed` a call.
    func facts(of jobs: [JobName]) async throws -> [JobName: Fact] {
        guard !jobs.isEmpty else { return [:] }
        var facts: [JobName: Fact] = [:]
        for row in try await rows(Self.facts, jobs.map(\.workspace), jobs.map(\.id)) {
            let state = try row.decode("state", as: String?.self)
            facts[JobName(workspace: try row.decode("workspace_id"), id: try row.decode("id"))] = Fact(
                state: state.map { OutcomeState(rawValue: $0) ?? .done }, isAccepted: try row.decode("is_accepted"),
                isUnderWay: try row.decode("is_under_way"))
        }
        return facts
    }

    private func rows(_ sql: SQL, _ parameters: any PostgresEncodable...) async throws -> [PostgresRow] {
        try await pool.transaction(.role(.upkeep), timeout: .seconds(120)) { transaction in
            // By the planner's estimate over dozens of partitions it would compile for seconds what then runs for a tenth of one.
            transaction.submit("set local jit = off")
            return try await transaction.run(sql, parameters: parameters, file: #fileID, line: #line).rows
        }
    }

    private static func outcomes(_ row: PostgresRow) throws -> Outcomes {
        Outcomes(done: try row.decode("done"), dead: try row.decode("dead"), cancelled: try row.decode("cancelled"))
    }

    private static func names(_ row: PostgresRow, _ column: String) throws -> [JobName] {
        zip(try row.decode("\(column)_in", as: [UUID].self), try row.decode("\(column)_ids", as: [UUID].self)).map { JobName(workspace: $0, id: $1) }
    }
}

// MARK: Statements

extension AuditStore {
    // The looks for one job each are laterals with a limit, so that they stay looks by primary key: as joins they would
    // read whole tables for every page. `with ties`, because an id may stand in two workspaces.
    private static let accepted: SQL = """
        -- audit acceptances
        with page as (
          select workspace_id, id, queue, partition, append_group from acceptances
          where id > $1 order by id fetch first $2 rows with ties
        ), looked as (
          select p.queue, p.partition, p.workspace_id, p.id, f.state,
            f.state is null and exists (select 1 from append_groups g where g.id = p.append_group) as is_under_way
          from page p
          left join lateral (
            select j.state from finished_jobs j where j.workspace_id = p.workspace_id and j.id = p.id limit 1
          ) f on true
          where $3::text is null or p.queue = $3
        ), summed as (
          select queue, partition, case when $4 then workspace_id end as workspace_id, count(*) as accepted,
            count(*) filter (where state = 'done') as done, count(*) filter (where state = 'dead') as dead,
            count(*) filter (where state = 'cancelled') as cancelled,
            coalesce(array_agg(workspace_id) filter (where state is null and not is_under_way), '{}') as appended_in,
            coalesce(array_agg(id) filter (where state is null and not is_under_way), '{}') as appended_ids,
            coalesce(array_agg(workspace_id) filter (where is_under_way), '{}') as under_way_in,
            coalesce(array_agg(id) filter (where is_under_way), '{}') as under_way_ids
          from looked group by 1, 2, 3
        )
        select l.last, s.* from (select id as last from page order by id desc limit 1) l left join summed s on true
        """

    // A job without an acceptance is unexplained only where the acceptances of its day are there: retention drops whole days,
    // and the rows of features stay. The day is in the first 48 bits of the id, as milliseconds.
    private static let finished: SQL = """
        -- audit outcomes
        with page as (
          select workspace_id, id, kind, state, generation from finished_jobs
          where (workspace_id, id) > ($1, $2) order by workspace_id, id fetch first $3 rows with ties
        ), days as (
          select right(c.relname, 8) as day from pg_inherits i join pg_class c on c.oid = i.inhrelid
          where i.inhparent = 'public.acceptances'::regclass
        ), looked as (
          select p.*, row_number() over (partition by p.workspace_id, p.id, p.generation) > 1 as is_doubled,
            exists (select 1 from acceptances a where a.workspace_id = p.workspace_id and a.id = p.id) as is_accepted
          from page p
        ), judged as (
          select l.*, not is_accepted and not is_doubled as is_counted,
            not is_accepted and not is_doubled and kind = any($4)
              and to_char(to_timestamp(('x' || replace(left(id::text, 13), '-', ''))::bit(48)::int8 / 1000.0) at time zone 'utc', 'YYYYMMDD')
                in (select day from days) as is_unexplained
          from looked l
        ), summed as (
          select kind, case when $5 then workspace_id end as workspace_id,
            count(*) filter (where is_counted and state = 'done') as done, count(*) filter (where is_counted and state = 'dead') as dead,
            count(*) filter (where is_counted and state = 'cancelled') as cancelled,
            count(*) filter (where is_doubled) as doubled, count(*) filter (where is_unexplained) as unexplained,
            coalesce((array_agg(workspace_id) filter (where is_doubled))[1:100], '{}') as doubled_in,
            coalesce((array_agg(id) filter (where is_doubled))[1:100], '{}') as doubled_ids,
            coalesce((array_agg(workspace_id) filter (where is_unexplained))[1:100], '{}') as unexplained_in,
            coalesce((array_agg(id) filter (where is_unexplained))[1:100], '{}') as unexplained_ids
          from judged group by 1, 2
        )
        select l.last_workspace, l.last_id, s.*
        from (select workspace_id as last_workspace, id as last_id from page order by workspace_id desc, id desc limit 1) l
        left join summed s on true
        """

    private static let running: SQL = """
        -- audit running jobs
        select r.workspace_id, r.id, r.kind from running_jobs r
        where (r.workspace_id, r.id) > ($1, $2)
          and not exists (select 1 from finished_jobs f where f.workspace_id = r.workspace_id and f.id = r.id)
          and not exists (select 1 from acceptances a where a.workspace_id = r.workspace_id and a.id = r.id)
        order by r.workspace_id, r.id limit $3
        """

    private static let facts: SQL = """
        -- audit given jobs
        select g.workspace_id, g.id, f.state, a.append_group is not null as is_accepted,
          exists (select 1 from append_groups u where u.id = a.append_group) as is_under_way
        from unnest($1::uuid[], $2::uuid[]) as g (workspace_id, id)
        left join lateral (
          select j.state from finished_jobs j where j.workspace_id = g.workspace_id and j.id = g.id limit 1
        ) f on true
        left join lateral (
          select c.append_group from acceptances c where c.workspace_id = g.workspace_id and c.id = g.id limit 1
        ) a on true
        """
}
