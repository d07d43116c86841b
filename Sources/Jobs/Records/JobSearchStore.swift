import Foundation
import Postgres

/// How an operator finds jobs: over all workspaces unless one is named. It changes nothing.
///
/// Every statement is bounded. Jobs are looked at in the order of their ids, which is that of their acceptance, by primary keys and
/// never by a sort of a table; those that a filter leaves out count as looked at, and a page ends when enough were. Five
/// seconds are the most that any of them may take.
struct JobSearchStore: Sendable {
    let pool: PostgresPool

    static let patience = Duration.seconds(5)
    /// Jobs that a page with a filter looks at in one workspace, and in each where all are asked for.
    static let lookedInOne = 5000
    static let lookedInEach = 500

    /// Jobs that a filter means, the newest first, and where to go on.
    /// - Throws: `PostgresError(.timeout)` when it takes too long: a workspace or a shorter time helps.
    func search(_ filter: JobFilter, after last: JobCursor?, limit: Int) async throws -> JobPage {
        let isSifted = filter.kind != nil || filter.state != nil
        let looked = isSifted ? max(limit + 1, filter.workspace == nil ? Self.lookedInEach : Self.lookedInOne) : limit + 1
        let none = UUID(high: 0, low: 0)
        let first = filter.since.map { UUID.floor(of: $0) } ?? none
        let end = last ?? JobCursor(id: filter.until.map { UUID.floor(of: $0) } ?? UUID(high: .max, low: .max), workspace: none)
        let rows = try await pool.transaction(.role(.upkeep), timeout: Self.patience) { transaction in
            // By the planner's estimate over dozens of partitions it would compile for longer than the search takes.
            transaction.submit("set local jit = off")
            return try await transaction.query(
                Self.page, filter.workspace, filter.kind, filter.state?.rawValue, first, end.id, end.workspace, looked, limit + 1)
        }
        let found = try rows.compactMap(Self.line)
        let lines = Array(found.prefix(limit))
        if found.count > limit, let edge = lines.last {
            return JobPage(lines: lines, next: JobCursor(id: edge.key.id, workspace: edge.key.workspace))
        }
        let horizon = try rows.first.flatMap { try $0.decode("horizon", as: UUID?.self) }
        return JobPage(lines: lines, next: horizon.map { JobCursor(id: $0, workspace: none) })
    }

    /// The workspaces that have a job of this id: one, unless somebody chose an id that was taken elsewhere.
    func owners(of job: UUID) async throws -> [UUID] {
        try await pool.query(.role(.upkeep), Self.owners, job, timeout: Self.patience).map { try $0.decode("workspace_id") }
    }

    /// The same for jobs of which nothing is left but the row of their feature. It asks workspace by workspace.
    func formerOwners(of job: UUID) async throws -> [UUID] {
        try await pool.transaction(.role(.upkeep), timeout: Self.patience) { transaction in
            transaction.submit("set local jit = off")
            return try await transaction.query(Self.formerOwners, job).map { try $0.decode("workspace_id") }
        }
    }

    private static func line(_ row: PostgresRow) throws -> JobLine? {
        // The one row of an empty page tells the horizon only.
        guard let id = try row.decode("id", as: UUID?.self) else { return nil }
        return JobLine(
            key: JobName(workspace: try row.decode("workspace_id"), id: id), slug: try row.decode("slug"), kind: try row.decode("kind"),
            queue: try row.decode("queue", as: String?.self), state: JobStatus.State(rawValue: try row.decode("state", as: String.self)) ?? .queued,
            attempts: Int(try row.decode("attempts", as: Int16.self)), error: try row.decode("error", as: String?.self),
            acceptedAt: try row.decode("accepted_at"), finishedAt: try row.decode("finished_at", as: Date?.self))
    }

    // Each branch reads its rows backwards along (workspace_id, id). It compares rows and orders by both columns, for with
    // `workspace_id =` and an order by id alone the planner may walk through all workspaces' jobs along an index of id.
    //
    // A job may be in two branches; its outcome counts first. As each branch is read as far as the page, none is cut off
    // before the branch that has the better word for it.
    //
    // Those that run are few, and are in one branch: with that state wanted the others are not read.
    //
    // horizon: down to it every workspace was looked at; the page ends there.
    private static let page: SQL = """
        -- search jobs
        with looked as (
          select w.slug, w.id as workspace_id, j.id, j.kind, j.queue, j.state, j.attempts, j.error, j.accepted_at, j.finished_at,
            row_number() over (partition by w.id order by j.id desc) as place
          from workspaces w
          cross join lateral (
            select distinct on (u.id) u.* from (
              (select f.id, f.kind, null::text as queue, f.state, f.attempts, left(f.error, 500) as error, f.accepted_at, f.finished_at, 1 as rank
               from finished_jobs f
               where (f.workspace_id, f.id) >= (w.id, $4) and (f.workspace_id, f.id) <= (w.id, $5)
                 and f.id >= $4 and f.id <= $5 and (f.id < $5 or w.id < $6) and $3::text is distinct from 'running'
               order by f.workspace_id desc, f.id desc limit $7)
              union all
              (select r.id, r.kind, null, 'running', r.attempts, null, r.accepted_at, null, 2
               from running_jobs r
               where (r.workspace_id, r.id) >= (w.id, $4) and (r.workspace_id, r.id) <= (w.id, $5)
                 and r.id >= $4 and r.id <= $5 and (r.id < $5 or w.id < $6)
               order by r.workspace_id desc, r.id desc limit $7)
              union all
              (select a.id, a.kind, a.queue, 'queued', 0::int2, null, a.accepted_at, null, 3
               from acceptances a
               where (a.workspace_id, a.id) >= (w.id, $4) and (a.workspace_id, a.id) <= (w.id, $5)
                 and a.id >= $4 and a.id <= $5 and (a.id < $5 or w.id < $6) and $3::text is distinct from 'running'
               order by a.workspace_id desc, a.id desc limit $7)
            ) u order by u.id desc, u.rank limit $7
          ) j
          where $1::uuid is null or w.id = $1
        ), horizon as (
          select (select l.id from looked l where l.place = $7 order by l.id desc limit 1) as id
        ), found as (
          select l.* from looked l, horizon h
          where ($2::text is null or l.kind = $2) and ($3::text is null or l.state = $3) and (h.id is null or l.id >= h.id)
          order by l.id desc, l.workspace_id desc limit $8
        )
        select h.id as horizon, f.slug, f.workspace_id, f.id, f.kind, f.queue, f.state, f.attempts, f.error, f.accepted_at, f.finished_at
        from horizon h left join found f on true
        order by f.id desc, f.workspace_id desc
        """

    private static let owners: SQL = """
        -- find the workspaces of a job
        select workspace_id from acceptances where id = $1
        union select workspace_id from outcomes where id = $1
        union select workspace_id from dead_letters where id = $1
        order by workspace_id limit 20
        """

    private static let formerOwners: SQL = """
        -- look for a job in each workspace
        select w.id as workspace_id from workspaces w
        where (select true from finished_jobs f where f.workspace_id = w.id and f.id = $1 limit 1)
          or (select true from running_jobs r where r.workspace_id = w.id and r.id = $1 limit 1)
        order by w.id limit 20
        """
}

extension UUID {
    /// The first version 7 identifier of a moment, as uuid_v7_floor() has it.
    static func floor(of moment: Date) -> UUID {
        let milliseconds = min(max(0, moment.timeIntervalSince1970 * 1000), Double(0xffff_ffff_ffff as UInt64))
        return UUID(high: UInt64(milliseconds) << 16 | 0x7000, low: 0x8000_0000_0000_0000)
    }
}
