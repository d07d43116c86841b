import Foundation
import Jobs
import Postgres

/// Idempotency-Keys of what is done at once and makes no job: the key's row names the version that it made.
extension AgentStore {
    /// Takes a key for `result`, in the transaction of the effect.
    ///
    /// - Returns: nil when the key is ours now, else the result that it was used for.
    /// - Throws: `JobError` with `.idempotencyMismatch` when it was used for another request.
    static func claim(_ key: Idempotency, for result: UUID, workspace: UUID, in transaction: PostgresTransaction) async throws -> UUID? {
        let claimed = try await transaction.query(
            """
            -- claim idempotency key
            insert into idempotency_keys (workspace_id, id, digest, job_id) values ($1, $2, $3, $4)
            on conflict (workspace_id, id) do nothing
            returning job_id
            """, workspace, key.key, key.digest, result)
        if !claimed.isEmpty { return nil }
        let holder = try await transaction.query(
            "-- holder of idempotency key\nselect digest, job_id from idempotency_keys where workspace_id = $1 and id = $2", workspace, key.key
        ).first
        guard let holder, try holder.decode("digest", as: [UInt8].self) == key.digest else {
            throw JobError(.idempotencyMismatch, subject: key.key, message: "this Idempotency-Key was used for another request")
        }
        return try holder.decode("job_id")
    }

    /// Names another result for a key that was claimed in this transaction.
    static func submitResult(_ result: UUID, of key: Idempotency, workspace: UUID, in transaction: PostgresTransaction) {
        transaction.submit(
            "-- result of idempotency key\nupdate idempotency_keys set job_id = $3 where workspace_id = $1 and id = $2", workspace, key.key, result)
    }
}
