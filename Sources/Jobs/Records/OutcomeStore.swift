import Foundation
package import Postgres

/// One row per finished job, written inside the transaction of the handler's effects.
package struct OutcomeStore: Sendable {
    let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    /// A transaction over `workspaces` that PostgreSQL refuses to commit once `worker` was declared dead.
    /// - Parameter batch: jobs whose own rows are their outcomes and are about to be written; it also raises when one of them has ended
    ///   without being done.
    func fenced<R: Sendable>(
        worker: UUID, workspaces: [UUID], writing batch: OwnRows? = nil, _ body: @Sendable (PostgresTransaction) async throws -> R
    ) async throws -> R {
        try await pool.transaction(.workspaces(workspaces)) { transaction in
            // The fence raises: in a pipeline a select that found nothing would stop no commit.
            if let batch {
                transaction.submit("select own_rows_fence($1, $2, $3, $4, $5)", worker, batch.kind, batch.lowest, batch.highest, batch.jobs)
            } else {
                transaction.submit("select worker_fence($1)", worker)
            }
            return try await body(transaction)
        }
    }

    /// Adds outcomes to a transaction. A plain insert: a second outcome of the same job fails the transaction, and
    /// with it the second effect.
    func submitOutcomes(
        _ outcomes: [(envelope: Envelope, state: OutcomeState, error: String?, result: JobResult?)], worker: UUID, in transaction: PostgresTransaction
    ) {
        transaction.submit(
            """
            insert into outcomes (workspace_id, id, kind, state, attempts, error, result, worker_id, accepted_at)
            select workspace_id, id, kind, state, attempts, error, result, $9, accepted_at
            from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::int2[], $6::text[], $7::jsonb[], $8::timestamptz[])
              as given (workspace_id, id, kind, state, attempts, error, result, accepted_at)
            order by workspace_id, id
            """,
            outcomes.map(\.envelope.workspace), outcomes.map(\.envelope.id), outcomes.map(\.envelope.kind), outcomes.map(\.state.rawValue),
            outcomes.map { Int16(clamping: $0.envelope.attempt) }, outcomes.map(\.error),
            outcomes.map { $0.result.map { PostgresJSON(bytes: $0.json) } },
            outcomes.map { $0.envelope.acceptedDate }, worker)
    }

    /// Which of `jobs` are finished, and how.
    func finished(workspaces: [UUID], jobs: [UUID]) async throws -> [UUID: OutcomeState] {
        let rows = try await pool.query(.workspaces(workspaces), "select id, state from finished_jobs where id = any($1)", jobs)
        var found: [UUID: OutcomeState] = [:]
        for row in rows {
            found[try row.decode("id", as: UUID.self)] = OutcomeState(rawValue: try row.decode("state", as: String.self)) ?? .done
        }
        return found
    }

    /// The status of a job that is finished, whose acceptance is in the ledger, or whose kind writes down that it began;
    /// nil for any other.
    func status(_ job: UUID, workspace: UUID, timeout: Duration? = nil) async throws -> JobStatus? {
        let rows = try await pool.query(
            .workspaces([workspace]),
            """
            -- status of a job
            select kind, state, attempts, error, result, accepted_at, finished_at from finished_jobs where workspace_id = $1 and id = $2
            union all
            select kind, 'running', attempts, null, null, accepted_at, null from running_jobs where workspace_id = $1 and id = $2
            union all
            select kind, 'queued', 0::int2, null, null, accepted_at, null from acceptances where workspace_id = $1 and id = $2
            """, workspace, job, timeout: timeout)
        let statuses = try rows.map { row in
            JobStatus(
                id: job, kind: try row.decode("kind"), state: JobStatus.State(rawValue: try row.decode("state", as: String.self)) ?? .queued,
                attempts: Int(try row.decode("attempts", as: Int16.self)), error: try row.decode("error", as: String?.self),
                result: try row.decode("result", as: PostgresJSON?.self)?.bytes, acceptedAt: try row.decode("accepted_at"),
                finishedAt: try row.decode("finished_at", as: Date?.self))
        }
        return statuses.first { $0.state.isFinal } ?? statuses.first { $0.state == .running } ?? statuses.first
    }

    /// Bodies that a stream carries only by reference.
    func bodies(workspaces: [UUID], jobs: [UUID]) async throws -> [UUID: [UInt8]] {
        let rows = try await pool.query(
            .workspaces(workspaces),
            """
            select id, body from job_bodies where id = any($1)
            union all
            select id, body from acceptances where id = any($1)
            """, jobs)
        var found: [UUID: [UInt8]] = [:]
        for row in rows { found[try row.decode("id", as: UUID.self)] = try row.decode("body", as: [UInt8].self) }
        return found
    }

    /// Bytes that ``bodies(workspaces:jobs:)`` would answer for each job, and none of the bodies: the server reads their lengths only.
    func bodySizes(workspaces: [UUID], jobs: [UUID]) async throws -> [UUID: Int] {
        let rows = try await pool.query(
            .workspaces(workspaces),
            """
            -- sizes of stored bodies
            select id, octet_length(body) as size from job_bodies where id = any($1)
            union all
            select id, octet_length(body) as size from acceptances where id = any($1)
            """, jobs)
        var found: [UUID: Int] = [:]
        // A replayed job of a stream kind has both rows, and both are fetched.
        for row in rows { found[try row.decode("id", as: UUID.self), default: 0] += Int(try row.decode("size", as: Int32.self)) }
        return found
    }

    /// Gives those their bodies that carry them by reference and have not got them yet; a body that is not there leaves its job as it
    /// was.
    func withBodies<Carrier>(_ carriers: [Carrier], _ envelope: WritableKeyPath<Carrier, Envelope>) async throws -> [Carrier] {
        let referring = carriers.map { $0[keyPath: envelope] }.filter(\.lacksBody)
        guard !referring.isEmpty else { return carriers }
        let bodies = try await bodies(workspaces: Array(Set(referring.map(\.workspace))), jobs: referring.map(\.id))
        return carriers.map { carrier in
            guard carrier[keyPath: envelope].lacksBody, let body = bodies[carrier[keyPath: envelope].id] else { return carrier }
            var complete = carrier
            complete[keyPath: envelope].body = body
            return complete
        }
    }

    func keep(body: [UInt8], of job: UUID, workspace: UUID) async throws {
        _ = try await pool.execute(
            .workspaces([workspace]), "insert into job_bodies (workspace_id, id, body) values ($1, $2, $3) on conflict (workspace_id, id) do nothing",
            workspace, job, body)
    }

    /// Takes a body back whose job was not accepted. It may fail: what is left behind goes with its day.
    func forget(bodyOf job: UUID, workspace: UUID) async {
        _ = try? await pool.execute(
            .workspaces([workspace]), "delete from job_bodies where workspace_id = $1 and id = $2", workspace, job, timeout: .seconds(2))
    }
}

extension Envelope {
    var acceptedDate: Date { Date(timeIntervalSince1970: Double(acceptedAt) / 1000) }

    /// It carries its body by reference, and nobody has fetched it.
    var lacksBody: Bool { marks.contains(.stored) && body.isEmpty }
}
