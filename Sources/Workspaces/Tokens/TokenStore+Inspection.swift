package import Foundation
import Postgres
package import Web

extension TokenStore {
    /// A token of the workspace by its id, nil when there is none.
    /// - Parameter orOperators: whether one that lies in the workspace and is an operator's counts: for the command line.
    package func find(_ id: UUID, workspace: UUID, orOperators: Bool = false) async throws -> Token? {
        try await pool.query(.workspaces([workspace]), Self.byID, workspace, id, orOperators).first.map(Self.token)
    }

    /// Whether a token is the asker's own: the one that it shows, or one of the same user. One that is not there is nobody's.
    func isOwn(_ id: UUID, of asker: Identity) async throws -> Bool {
        if id == asker.tokenID { return true }
        guard let user = asker.user else { return false }
        return try await find(id, workspace: asker.workspace)?.user == user
    }

    /// Who somebody is at this moment who showed a token a while ago; nil when the token is good no more.
    package func identity(of session: TokenSession) async throws -> Identity? {
        try await pool.query(.role(.auth), Self.holder, session.workspace, session.token, timeout: .seconds(2)).first.map { row in
            Identity(
                workspace: session.workspace, workspaceSlug: try row.decode("slug"), tokenID: session.token, user: try row.decode("user_id"),
                operator: try Self.operator(row), scopes: try Self.scopes(row))
        }
    }

    /// A token that somebody holds the secret of.
    package struct Inspected: Sendable, Hashable {
        package let token: Token
        /// Whose it is, where that is an operator.
        package let `operator`: Operator?
        /// The slug of its workspace.
        package let workspace: String
        /// Whether that was deleted: then the token is refused, whatever its state.
        package let isWorkspaceDeleted: Bool
    }

    /// The token with this secret, nil when there is none. Asked before a workspace is known, so under the role for it.
    package func find(_ secret: TokenSecret) async throws -> Inspected? {
        try await pool.query(.role(.auth), Self.bySecret, secret.hash).first.map { row in
            Inspected(
                token: try Self.token(row), operator: try Self.operator(row), workspace: try row.decode("slug"),
                isWorkspaceDeleted: try row.decode("is_deleted"))
        }
    }

    private static let byID: SQL = """
        -- find a token by its id
        select workspace_id, id, user_id, name, prefix, scopes, created_at, expires_at, last_used_at, revoked_at, locked_until, replaced_by,
          case when revoked_at is not null then 'revoked' when expires_at <= mainstay_now() then 'expired'
            when locked_until > mainstay_now() then 'locked' else 'valid' end as state
        from tokens where workspace_id = $1 and id = $2 and (operator_id is null or $3)
        """
    private static let holder: SQL = """
        -- look who holds a token
        select workspaces.slug, tokens.user_id, tokens.scopes, members.role, operators.id as operator_id, operators.name as operator
        from tokens join workspaces on workspaces.id = tokens.workspace_id
          left join members on members.workspace_id = tokens.workspace_id and members.user_id = tokens.user_id
          left join operators on operators.id = tokens.operator_id
        where tokens.workspace_id = $1 and tokens.id = $2 and tokens.revoked_at is null
          and (tokens.expires_at is null or tokens.expires_at > mainstay_now()) and workspaces.deleted_at is null
          and (tokens.locked_until is null or tokens.locked_until <= mainstay_now())
        """
    private static let bySecret: SQL = """
        -- inspect a token
        select tokens.workspace_id, tokens.id, tokens.user_id, tokens.name, tokens.prefix, tokens.scopes, tokens.created_at, tokens.expires_at,
          tokens.last_used_at, tokens.revoked_at, tokens.locked_until, tokens.replaced_by,
          case when tokens.revoked_at is not null then 'revoked' when tokens.expires_at <= mainstay_now() then 'expired'
            when tokens.locked_until > mainstay_now() then 'locked' else 'valid' end as state,
          workspaces.slug, workspaces.deleted_at is not null as is_deleted, operators.id as operator_id, operators.name as operator
        from tokens join workspaces on workspaces.id = tokens.workspace_id
          left join operators on operators.id = tokens.operator_id
        where tokens.hash = $1
        """
}
