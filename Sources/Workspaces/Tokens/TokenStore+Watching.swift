import Foundation
import Postgres
package import Web

extension TokenStore {
    /// Those of these identities that are good no longer: their tokens were revoked or locked, have expired, or may do less than what the
    /// identity says; their members were removed, their workspaces deleted. One query, two seconds at most.
    package func ended(among identities: [Identity]) async throws -> Set<Identity> {
        guard !identities.isEmpty else { return [] }
        let rows = try await pool.query(
            .role(.auth), Self.stillGood, identities.map(\.workspace), identities.map(\.tokenID), timeout: .seconds(2))
        var allowed: [UUID: Set<String>] = [:]
        for row in rows {
            let id: UUID = try row.decode("id")
            allowed[id] = try Self.scopes(row)
        }
        return Set(identities.filter { identity in allowed[identity.tokenID].map { !identity.scopes.isSubset(of: $0) } ?? true })
    }

    private static let stillGood: SQL = """
        -- look which tokens are still good
        select tokens.id, tokens.scopes, tokens.user_id, members.role
        from unnest($1::uuid[], $2::uuid[]) as watched (workspace_id, id)
          join tokens on tokens.workspace_id = watched.workspace_id and tokens.id = watched.id
          join workspaces on workspaces.id = tokens.workspace_id
          left join members on members.workspace_id = tokens.workspace_id and members.user_id = tokens.user_id
        where tokens.revoked_at is null and (tokens.expires_at is null or tokens.expires_at > mainstay_now())
          and workspaces.deleted_at is null and (tokens.locked_until is null or tokens.locked_until <= mainstay_now())
        """
}
