import Foundation
import Postgres

/// What PostgreSQL holds of one job.
struct JobFacts: Sendable {
    struct Outcome: Sendable {
        let kind: String
        let state: JobStatus.State
        let attempts: Int
        let error: String?
        /// UTF-8 JSON.
        let result: [UInt8]?
        let acceptedAt: Date
        let finishedAt: Date?
    }

    struct Acceptance: Sendable {
        let kind: String
        let version: Int
        let queue: String
        let trace: TraceParent?
        let acceptedAt: Date
        let notBefore: Date?
        /// Nobody has confirmed yet that Redis has it.
        let isUnderWay: Bool
    }

    struct Running: Sendable {
        let kind: String
        let attempts: Int
        let acceptedAt: Date
    }

    /// The workspace's name in URLs; nil when there is no such workspace.
    let slug: String?
    let outcome: Outcome?
    /// Of the worker that ended it, where that is written down.
    let worker: JobAccount.Worker?
    let acceptance: Acceptance?
    let running: Running?
    let cancelRequestedAt: Date?
}

extension JobSearchStore {
    /// What is known of a job, at one moment.
    func facts(of job: JobName) async throws -> JobFacts {
        let rows = try await pool.transaction(.role(.upkeep), timeout: Self.patience) { transaction in
            transaction.submit("set local jit = off")
            return try await transaction.query(Self.facts, job.workspace, job.id)
        }
        guard let row = rows.first else {
            return JobFacts(slug: nil, outcome: nil, worker: nil, acceptance: nil, running: nil, cancelRequestedAt: nil)
        }
        return JobFacts(
            slug: try row.decode("slug", as: String?.self), outcome: try Self.outcome(row), worker: try Self.worker(row),
            acceptance: try Self.acceptance(row), running: try Self.running(row),
            cancelRequestedAt: try row.decode("cancel_requested_at", as: Date?.self))
    }

    /// The dead letter of a job, without its body; nil when it has none.
    func letter(of job: JobName) async throws -> DeadLetter? {
        try await pool.query(.role(.upkeep), Self.letter, job.workspace, job.id, timeout: Self.patience).first.map(DeadLetterStore.letter)
    }

    private static func outcome(_ row: PostgresRow) throws -> JobFacts.Outcome? {
        guard let state = try row.decode("state", as: String?.self) else { return nil }
        return JobFacts.Outcome(
            kind: try row.decode("finished_kind"), state: JobStatus.State(rawValue: state) ?? .done,
            attempts: Int(try row.decode("attempts", as: Int16.self)), error: try row.decode("error", as: String?.self),
            result: try row.decode("result", as: PostgresJSON?.self)?.bytes, acceptedAt: try row.decode("finished_accepted_at"),
            finishedAt: try row.decode("finished_at", as: Date?.self))
    }

    private static func worker(_ row: PostgresRow) throws -> JobAccount.Worker? {
        guard let id = try row.decode("worker_id", as: UUID?.self) else { return nil }
        return JobAccount.Worker(id: id, name: try row.decode("worker_name", as: String?.self), host: try row.decode("worker_host", as: String?.self))
    }

    private static func acceptance(_ row: PostgresRow) throws -> JobFacts.Acceptance? {
        guard let kind = try row.decode("accepted_kind", as: String?.self) else { return nil }
        return JobFacts.Acceptance(
            kind: kind, version: Int(try row.decode("version", as: Int16.self)), queue: try row.decode("queue"),
            trace: try row.decode("trace", as: String?.self).flatMap { TraceParent(header: $0) }, acceptedAt: try row.decode("accepted_at"),
            notBefore: try row.decode("not_before", as: Date?.self), isUnderWay: try row.decode("is_under_way"))
    }

    private static func running(_ row: PostgresRow) throws -> JobFacts.Running? {
        guard let kind = try row.decode("running_kind", as: String?.self) else { return nil }
        return JobFacts.Running(
            kind: kind, attempts: Int(try row.decode("running_attempts", as: Int16.self)), acceptedAt: try row.decode("running_accepted_at"))
    }

    // Each look is a lateral with a limit, so that it stays a look by primary key.
    private static let facts: SQL = """
        -- facts of a job
        select w.slug, f.kind as finished_kind, f.state, f.attempts, f.error, f.result, f.accepted_at as finished_accepted_at, f.finished_at,
          o.worker_id, k.name as worker_name, k.host as worker_host,
          a.kind as accepted_kind, a.version, a.queue, a.trace, a.accepted_at, a.not_before,
          coalesce(a.append_group in (select g.id from append_groups g where g.id = a.append_group), false) as is_under_way,
          r.kind as running_kind, r.attempts as running_attempts, r.accepted_at as running_accepted_at,
          c.requested_at as cancel_requested_at
        from (values (1)) as one (row)
        left join workspaces w on w.id = $1
        left join lateral (select * from finished_jobs j where j.workspace_id = $1 and j.id = $2 limit 1) f on true
        left join lateral (
          select j.worker_id from outcomes j where j.workspace_id = $1 and j.id = $2 order by j.generation desc limit 1
        ) o on true
        left join workers k on k.id = o.worker_id
        left join lateral (select * from acceptances j where j.workspace_id = $1 and j.id = $2 limit 1) a on true
        left join lateral (select * from running_jobs j where j.workspace_id = $1 and j.id = $2 limit 1) r on true
        left join lateral (select j.requested_at from job_cancellations j where j.workspace_id = $1 and j.id = $2 limit 1) c on true
        """

    private static let letter: SQL = """
        -- dead letter of a job, without its body
        select workspace_id, id, kind, version, queue, attempts, code, error, history, ''::bytea as body, trace, accepted_at, died_at,
          replayed_at, discarded_at, discarded_by, replays
        from dead_letters where workspace_id = $1 and id = $2
        """
}
