package import Foundation
package import Postgres

/// Idempotency-Keys in PostgreSQL, for requests that are carried out at once and make no job, and for whoever asks what
/// became of a key. (Acceptances of ledger kinds claim theirs by the group, in `AcceptanceStore`.)
package enum IdempotencyStore {
    /// What a key was used for.
    enum Holder: Sendable, Equatable {
        /// The same request; this is the job, or the thing, that it made or changed.
        case same(UUID)
        /// Another request.
        case other
    }

    /// Takes a key for `result`, in the transaction of the effect, so that the two are there together or not at all.
    ///
    /// - Returns: nil when the request goes on: the key is its own now, or it has none. Else what the same request came to
    ///   before, and then nothing may be done again.
    /// - Throws: `JobError(.idempotencyMismatch)` when the key was used for another request.
    package static func claim(
        _ key: Idempotency?, for result: UUID, workspace: UUID, in transaction: PostgresTransaction
    ) async throws -> UUID? {
        guard let key else { return nil }
        let claimed = try await transaction.query(
            """
            -- claim idempotency key
            insert into idempotency_keys (workspace_id, id, digest, job_id) values ($1, $2, $3, $4)
            on conflict (workspace_id, id) do nothing
            returning job_id
            """, workspace, key.key, key.digest, result)
        if !claimed.isEmpty { return nil }
        guard case .same(let earlier)? = try await holder(of: key, workspace: workspace, in: transaction) else { throw JobError.mismatch(key) }
        return earlier
    }

    /// Names another result for a key that was claimed in this transaction.
    package static func submitResult(_ result: UUID, of key: Idempotency, workspace: UUID, in transaction: PostgresTransaction) {
        transaction.submit(
            "-- result of idempotency key\nupdate idempotency_keys set job_id = $3 where workspace_id = $1 and id = $2", workspace, key.key, result)
    }

    /// Nil when nobody has used the key.
    static func holder(of key: Idempotency, workspace: UUID, in session: some PostgresSession) async throws -> Holder? {
        let rows = try await session.query(
            "-- holder of idempotency key\nselect digest, job_id from idempotency_keys where workspace_id = $1 and id = $2", workspace, key.key)
        guard let row = rows.first else { return nil }
        guard try row.decode("digest", as: [UInt8].self) == key.digest else { return .other }
        return .same(try row.decode("job_id"))
    }
}
