import Foundation
import Jobs
import Postgres
import Workspaces

/// Puts a secret in another's place.
///
///     secret ──rotate──▶ secret     signs from now on
///                   └──▶ former     signs beside it, until the overlap has passed; of an overlap of nothing there is none
///
/// A tool has two secrets at most. While the former one is good, only a rotation without an overlap is carried out: else whoever lost an
/// answer and asks again would end the secret that the tool's owner checks with.
extension ToolStore {
    /// What a rotation came to.
    enum Rotated: Sendable, Equatable {
        case rotated(StoredTool)
        /// The same request did it before: the secret was shown then.
        case before(StoredTool)
        /// The rotation before this one is not over until then.
        case underWay(until: Date)
        case unknown
    }

    /// - Throws: `JobError(.idempotencyMismatch)` when the key was used for another request.
    func rotate(
        _ id: UUID, to secret: SealedSecret, overlap: TokenOverlap, workspace: UUID, by actor: AccessActor, idempotency: Idempotency? = nil
    ) async throws -> Rotated {
        do {
            return try await pool.transaction(.workspaces([workspace])) { transaction in
                if try await IdempotencyStore.claim(idempotency, for: id, workspace: workspace, in: transaction) != nil {
                    guard let row = try await transaction.query(Self.one, workspace, id).first else { return .unknown }
                    return .before(try Self.tool(row))
                }
                // Held to the end: of two who rotate at the same moment the second one sees what the first has left.
                guard let row = try await transaction.query(Self.hold, workspace, id).first else { throw Refusal(came: .unknown) }
                if overlap.seconds > 0, let former = try Self.tool(row).former { throw Refusal(came: .underWay(until: former.until)) }
                let rows = try await transaction.query(Self.replace, workspace, id, secret.keyID, secret.bytes, overlap.seconds)
                guard let replaced = rows.first else { throw Refusal(came: .unknown) }
                let tool = try Self.tool(replaced)
                AccessLogStore.append(.rotated(tool, overlap: overlap, workspace, by: actor), in: transaction)
                return .rotated(tool)
            }
        } catch let refusal as Refusal {
            return refusal.came
        }
    }

    /// Ends a transaction that is not to leave a claimed key behind.
    private struct Refusal: Error {
        let came: Rotated
    }

    private static let hold: SQL = """
        -- hold a tool whose secret is to be replaced
        select id, name, description, parameters, url, key_id, sealed, timeout_ms, created_at, updated_at, disabled_at, former_key_id, former_sealed,
          case when former_until > mainstay_now() then former_until end as former_until
        from tools where workspace_id = $1 and id = $2 for update
        """
    private static let replace: SQL = """
        -- replace a tool's secret
        update tools set key_id = $3, sealed = $4, updated_at = mainstay_now(), former_key_id = case when $5::int8 > 0 then key_id end,
          former_sealed = case when $5::int8 > 0 then sealed end,
          former_until = case when $5::int8 > 0 then mainstay_now() + $5::int8 * interval '1 second' end
        where workspace_id = $1 and id = $2
        returning id, name, description, parameters, url, key_id, sealed, timeout_ms, created_at, updated_at, disabled_at, former_key_id,
          former_sealed, case when former_until > mainstay_now() then former_until end as former_until
        """
}
