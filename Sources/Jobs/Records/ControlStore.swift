package import Foundation
import Postgres

/// What is asked of running workers: queues to leave alone, jobs to end.
struct ControlStore: Sendable {
    let pool: PostgresPool

    struct Wishes: Sendable, Equatable {
        var paused: Set<String> = []
        var cancelled: Set<JobName> = []
    }

    /// More cancellations than this are not looked at in one round: those that are settled make room for the next.
    static let most = 10_000

    /// All wishes that stand.
    func wishes() async throws -> Wishes {
        let rows = try await pool.query(
            .role(.upkeep),
            """
            select queue, null::uuid as workspace_id, null::uuid as id from paused_queues
            union all
            -- By turns: however many wishes one workspace has, the oldest of each of the others are heard.
            (select null, workspace_id, id
             from (select *, row_number() over (partition by workspace_id order by requested_at) as turn from job_cancellations) as wished
             order by turn, requested_at limit $1)
            """, Int64(Self.most), timeout: .seconds(5))
        var wishes = Wishes()
        for row in rows {
            if let queue = try row.decode("queue", as: String?.self) { wishes.paused.insert(queue) }
            if let id = try row.decode("id", as: UUID?.self) {
                wishes.cancelled.insert(JobName(workspace: try row.decode("workspace_id"), id: id))
            }
        }
        return wishes
    }

    /// - Returns: false when it was paused already; then only the reason is new.
    func pause(_ queue: String, reason: String?) async throws -> Bool {
        try await pool.query(
            .role(.upkeep),
            """
            insert into paused_queues (queue, reason) values ($1, $2)
            on conflict (queue) do update set reason = excluded.reason returning xmax = 0 as is_new
            """, queue, reason
        ).first?.decode("is_new") ?? false
    }

    /// - Returns: false when it was not paused.
    func resume(_ queue: String) async throws -> Bool {
        try await pool.execute(.role(.upkeep), "delete from paused_queues where queue = $1", queue) > 0
    }

    func paused() async throws -> [PausedQueue] {
        try await pool.query(.role(.upkeep), "select queue, reason, paused_at from paused_queues order by queue").map {
            PausedQueue(queue: try $0.decode("queue"), reason: try $0.decode("reason", as: String?.self), since: try $0.decode("paused_at"))
        }
    }

    /// Which of these jobs somebody wants cancelled at this moment.
    func wished(_ jobs: [JobName]) async throws -> Set<JobName> {
        let rows = try await pool.query(
            .workspaces(Array(Set(jobs.map(\.workspace)))),
            "select workspace_id, id from job_cancellations where (workspace_id, id) in (select * from unnest($1::uuid[], $2::uuid[]))",
            jobs.map(\.workspace), jobs.map(\.id))
        return Set(try rows.map { JobName(workspace: try $0.decode("workspace_id"), id: try $0.decode("id")) })
    }

    /// Asking twice is asking once.
    func requestCancellation(of job: JobName, idempotency: Idempotency?) async throws {
        try await pool.transaction(.workspaces([job.workspace])) { transaction in
            guard try await IdempotencyStore.claim(idempotency, for: job.id, workspace: job.workspace, in: transaction) == nil else { return }
            transaction.submit(
                "insert into job_cancellations (workspace_id, id) values ($1, $2) on conflict (workspace_id, id) do nothing", job.workspace, job.id)
        }
    }

    /// Takes wishes away in the transaction that makes them pointless.
    static func submitForgotten(_ jobs: [JobName], in transaction: PostgresTransaction) {
        transaction.submit(
            "delete from job_cancellations where (workspace_id, id) in (select * from unnest($1::uuid[], $2::uuid[]))", jobs.map(\.workspace),
            jobs.map(\.id))
    }

    /// Wishes whose jobs have ended, granted or too late, after an hour in which a doubled entry may still come; and those whose
    /// stream job was lost with its Redis, which nobody will ever end.
    /// - Returns: how many were forgotten; what is over the bound of `pages` waits for the next call.
    func forgetSettled(_ pages: DeletionPages = DeletionPages()) async throws -> Int {
        try await pages.delete { rows in
            try await pool.execute(
                .role(.upkeep),
                """
                -- forget settled cancellations
                delete from job_cancellations where ctid in (
                  select c.ctid from job_cancellations c
                  where c.requested_at < mainstay_now() - interval '1 hour'
                    and ((select true from finished_jobs f where f.workspace_id = c.workspace_id and f.id = c.id limit 1)
                      or (c.requested_at < mainstay_now() - interval '30 days'
                        and (select true from acceptances a where a.workspace_id = c.workspace_id and a.id = c.id limit 1) is null))
                  order by c.requested_at limit $1 for update skip locked)
                """, rows, timeout: .seconds(60))
        }
    }
}

/// A queue that an operator has stopped.
package struct PausedQueue: Sendable {
    package let queue: String
    package let reason: String?
    package let since: Date
}
