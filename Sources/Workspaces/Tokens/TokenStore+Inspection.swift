import Postgres

extension TokenStore {
    /// A token that somebody holds the secret of.
    package struct Inspected: Sendable, Hashable {
        package let token: Token
        /// The slug of its workspace.
        package let workspace: String
        /// Whether that was deleted: then the token is refused, whatever its state.
        package let isWorkspaceDeleted: Bool
    }

    /// The token with this secret, nil when there is none. Asked before a workspace is known, so under the role for it.
    package func find(_ secret: TokenSecret) async throws -> Inspected? {
        try await pool.query(.role(.auth), Self.bySecret, secret.hash).first.map { row in
            Inspected(token: try Self.token(row), workspace: try row.decode("slug"), isWorkspaceDeleted: try row.decode("is_deleted"))
        }
    }

    private static let bySecret: SQL = """
        -- inspect a token
        select tokens.workspace_id, tokens.id, tokens.user_id, tokens.name, tokens.prefix, tokens.scopes, tokens.created_at, tokens.expires_at,
          tokens.last_used_at, tokens.revoked_at, tokens.locked_until, tokens.replaced_by,
          case when tokens.revoked_at is not null then 'revoked' when tokens.expires_at <= mainstay_now() then 'expired'
            when tokens.locked_until > mainstay_now() then 'locked' else 'valid' end as state,
          workspaces.slug, workspaces.deleted_at is not null as is_deleted
        from tokens join workspaces on workspaces.id = tokens.workspace_id
        where tokens.hash = $1
        """
}
