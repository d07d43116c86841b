import Foundation
import Postgres
package import Web

/// What the sessions of accounts need: which workspaces there are to choose from, and who it is from then on.
extension ExternalIdentityStore {
    /// The workspaces that an account's user is a member of, by their slugs. Two seconds at most: a person waits for it.
    /// - Parameter slug: only this one.
    /// - Returns: nil where the account is nobody's; none where its user is no member, or the workspace was deleted.
    func memberships(of account: UUID, in slug: String? = nil) async throws -> [OIDCMembership]? {
        let rows = try await pool.query(.role(.auth), Self.membershipsOf, account, slug, OIDCMembership.limit, timeout: .seconds(2))
        guard !rows.isEmpty else { return nil }
        return try rows.compactMap { row -> OIDCMembership? in
            guard let workspace = try row.decode("workspace_id", as: UUID?.self) else { return nil }
            return try Self.membership(row, of: account, in: workspace)
        }
    }

    /// The deleted workspaces that an account's user is an owner of, as long as they can be restored, by their slugs. As
    /// `TokenAuthenticator.identityOfRestorer` for a token.
    /// - Parameter slug: only this one.
    func restorable(of account: UUID, in slug: String? = nil) async throws -> [OIDCRestorable] {
        try await pool.query(.role(.auth), Self.restorableOf, account, slug, OIDCMembership.limit, timeout: .seconds(2)).map { row in
            OIDCRestorable(
                membership: try Self.membership(row, of: account, in: try row.decode("workspace_id")), purgeAt: try row.decode("purge_at"))
        }
    }

    private static func membership(_ row: PostgresRow, of account: UUID, in workspace: UUID) throws -> OIDCMembership {
        OIDCMembership(
            account: account, workspace: workspace, slug: try row.decode("slug"), name: try row.decode("name"),
            role: Member.Role(stored: try row.decode("role")))
    }

    /// What the user of an account is called and may do in a workspace at this moment; nil where the account is nobody's any more or another
    /// issuer's, its user is no member, or the workspace was deleted. As `TokenStore.standing` for a token.
    func standing(of account: UUID, at issuer: String, in workspace: UUID) async throws -> TokenStanding? {
        try await pool.query(.role(.auth), Self.holder, workspace, account, issuer, timeout: .seconds(2)).first.map { row in
            TokenStanding(name: try row.decode("name"), scopes: try Self.scopes(row))
        }
    }

    /// Who somebody is at this moment who signed in with an account a while ago; nil as above, but for the issuer.
    package func identity(of session: TokenSession) async throws -> Identity? {
        let issuer: String? = nil
        return try await pool.query(.role(.auth), Self.holder, session.workspace, session.token, issuer, timeout: .seconds(2)).first.map { row in
            Identity(
                workspace: session.workspace, workspaceSlug: try row.decode("slug"), tokenID: session.token, user: try row.decode("user_id"),
                scopes: try Self.scopes(row))
        }
    }

    private static func scopes(_ row: PostgresRow) throws -> Set<String> {
        Set(Member.Role(stored: try row.decode("role")).scopes.map(\.rawValue))
    }

    private static let membershipsOf: SQL = """
        -- list the workspaces of an external identity
        select workspaces.id as workspace_id, workspaces.slug, workspaces.name, members.role
        from external_identities
          left join (members join workspaces on workspaces.id = members.workspace_id and workspaces.deleted_at is null)
            on members.user_id = external_identities.user_id and ($2::text is null or workspaces.slug = $2)
        where external_identities.id = $1
        order by workspaces.slug limit $3
        """
    private static let restorableOf: SQL = """
        -- list the deleted workspaces of an external identity
        select workspaces.id as workspace_id, workspaces.slug, workspaces.name, workspaces.purge_at, members.role
        from external_identities
          join members on members.user_id = external_identities.user_id and members.role = 'owner'
          join workspaces on workspaces.id = members.workspace_id and ($2::text is null or workspaces.slug = $2)
        where external_identities.id = $1 and workspaces.deleted_at is not null and workspaces.purge_at > mainstay_now()
        order by workspaces.slug limit $3
        """
    private static let holder: SQL = """
        -- look who an external identity is in a workspace
        select workspaces.slug, external_identities.user_id, users.name, members.role
        from external_identities
          join users on users.id = external_identities.user_id
          join members on members.workspace_id = $1 and members.user_id = external_identities.user_id
          join workspaces on workspaces.id = members.workspace_id
        where external_identities.id = $2 and ($3::text is null or external_identities.issuer = $3) and workspaces.deleted_at is null
        """
}
