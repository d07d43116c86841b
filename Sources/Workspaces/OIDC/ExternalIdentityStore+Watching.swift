import Foundation
import Postgres
package import Web

extension ExternalIdentityStore {
    /// Those of these identities that are good no longer: the account is nobody's any more or another's, its user is no member or one
    /// whose role allows less than what the identity says; the workspace was deleted. One query, two seconds at most.
    package func ended(among identities: [Identity]) async throws -> Set<Identity> {
        guard !identities.isEmpty else { return [] }
        let rows = try await pool.query(
            .role(.auth), Self.stillMembers, identities.map(\.workspace), identities.map(\.tokenID), timeout: .seconds(2))
        var places: [Place: Set<String>] = [:]
        for row in rows {
            let place = Place(workspace: try row.decode("workspace_id"), account: try row.decode("id"), user: try row.decode("user_id"))
            let role = Member.Role(stored: try row.decode("role"))
            places[place] = Set(role.scopes.map(\.rawValue))
        }
        return Set(
            identities.filter { identity in
                guard let user = identity.user else { return true }
                let place = Place(workspace: identity.workspace, account: identity.tokenID, user: user)
                return places[place].map { !identity.scopes.isSubset(of: $0) } ?? true
            })
    }

    private struct Place: Hashable {
        let workspace: UUID
        let account: UUID
        let user: UUID
    }

    private static let stillMembers: SQL = """
        -- look which external identities are still members
        select external_identities.id, members.workspace_id, members.user_id, members.role
        from unnest($1::uuid[], $2::uuid[]) as watched (workspace_id, id)
          join external_identities on external_identities.id = watched.id
          join members on members.workspace_id = watched.workspace_id and members.user_id = external_identities.user_id
          join workspaces on workspaces.id = members.workspace_id
        where workspaces.deleted_at is null
        """
}
