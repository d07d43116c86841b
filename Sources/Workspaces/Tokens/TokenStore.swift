package import Foundation
import Jobs
package import Postgres
package import Web

/// All SQL about tokens.
package struct TokenStore: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    // MARK: Before the workspace is known

    /// Whose token has this hash. Two seconds at most: a request waits for it.
    func verdict(hash: [UInt8]) async throws -> TokenVerdict {
        guard let row = try await pool.query(.role(.auth), Self.byHash, hash, timeout: .seconds(2)).first else { return .invalid }
        if try row.decode("revoked", as: Bool.self) { return .invalid }
        if try row.decode("expired", as: Bool.self) { return .expired }
        return .valid(
            Identity(
                workspace: try row.decode("workspace_id"), workspaceSlug: try row.decode("slug"), tokenID: try row.decode("id"),
                user: try row.decode("user_id"), scopes: Set(try row.decode("scopes", as: [String].self))))
    }

    /// Writes that these tokens were used; each at most once a minute, however many servers report it.
    func noteUse(_ uses: [TokenUse]) async throws {
        try await pool.execute(.role(.auth), Self.touch, uses.map(\.workspace), uses.map(\.token))
    }

    // MARK: Inside a workspace

    /// What making a token came to.
    package struct Made: Sendable {
        package let token: Token
        /// nil when the same request made the token before: its secret was shown then, and nobody has it now.
        package let secret: TokenSecret?
    }

    /// Makes a token.
    /// - Throws: `WorkspaceError` with `idempotencyMismatch` when the key was used for another request.
    package func create(
        workspace: UUID, user: UUID?, name: String, scopes: Set<Scope>, expiresAt: Date? = nil, idempotency: IdempotencyKey? = nil,
        secret: TokenSecret = TokenSecret()
    ) async throws -> Made {
        let id = UUID.version7()
        return try await pool.transaction(.workspaces([workspace])) { transaction in
            if let idempotency {
                let written = try await transaction.execute(Self.keepKey, workspace, idempotency.key, idempotency.digest, id)
                if written == 0 { return try await earlier(workspace, idempotency, in: transaction) }
            }
            let rows = try await transaction.query(
                Self.insert, workspace, id, user, name, secret.prefix, secret.hash, scopes.map(\.rawValue).sorted(), expiresAt)
            guard let row = rows.first else { throw WorkspaceError(.unknownWorkspace, "the token was not written") }
            return Made(token: try Self.token(row), secret: secret)
        }
    }

    private func earlier(_ workspace: UUID, _ idempotency: IdempotencyKey, in transaction: PostgresTransaction) async throws -> Made {
        let row = try await transaction.query(Self.byKey, workspace, idempotency.key).first
        guard let row, try row.decode("digest", as: [UInt8].self) == idempotency.digest else {
            throw WorkspaceError(.idempotencyMismatch, "this Idempotency-Key was used for another request")
        }
        return Made(token: try Self.token(row), secret: nil)
    }

    /// A workspace's tokens, newest first, revoked ones too.
    package func list(workspace: UUID, before: UUID? = nil, limit: Int) async throws -> [Token] {
        try await pool.query(.workspaces([workspace]), Self.page, workspace, before, limit).map(Self.token)
    }

    /// Ends a token. It is refused everywhere within a second.
    /// - Returns: false when the workspace has no such token.
    package func revoke(_ id: UUID, workspace: UUID) async throws -> Bool {
        try await pool.execute(.workspaces([workspace]), Self.end, workspace, id) > 0
    }

    /// What a token is called and may do at this moment; nil when there is none, or it was revoked or has expired. For who holds
    /// something that a token was shown for, and not the token.
    package func standing(of id: UUID, workspace: UUID) async throws -> (name: String, scopes: Set<String>)? {
        try await pool.query(.workspaces([workspace]), Self.valid, workspace, id, timeout: .seconds(2)).first.map { row in
            (name: try row.decode("name"), scopes: Set(try row.decode("scopes", as: [String].self)))
        }
    }

    // MARK: Rows

    private static func token(_ row: PostgresRow) throws -> Token {
        Token(
            id: try row.decode("id"), workspace: try row.decode("workspace_id"), user: try row.decode("user_id"), name: try row.decode("name"),
            prefix: try row.decode("prefix"), scopes: Set(try row.decode("scopes", as: [String].self)), createdAt: try row.decode("created_at"),
            expiresAt: try row.decode("expires_at"), lastUsedAt: try row.decode("last_used_at"), revokedAt: try row.decode("revoked_at"))
    }

    // MARK: SQL

    private static let valid: SQL = """
        -- look whether a token is valid
        select name, scopes from tokens
        where workspace_id = $1 and id = $2 and revoked_at is null and (expires_at is null or expires_at > mainstay_now())
        """
    private static let byHash: SQL = """
        -- find a token by its hash
        select tokens.workspace_id, tokens.id, tokens.user_id, tokens.scopes, workspaces.slug,
          tokens.revoked_at is not null as revoked, coalesce(tokens.expires_at <= mainstay_now(), false) as expired
        from tokens join workspaces on workspaces.id = tokens.workspace_id
        where tokens.hash = $1
        """
    private static let touch: SQL = """
        -- note that tokens were used
        update tokens set last_used_at = mainstay_now()
        from unnest($1, $2) as used (workspace_id, id)
        where tokens.workspace_id = used.workspace_id and tokens.id = used.id
          and (tokens.last_used_at is null or tokens.last_used_at < mainstay_now() - interval '1 minute')
        """
    private static let keepKey: SQL = """
        -- keep a token's idempotency key
        insert into idempotency_keys (workspace_id, id, digest, job_id) values ($1, $2, $3, $4) on conflict do nothing
        """
    private static let byKey: SQL = """
        -- find the token that an idempotency key made
        select kept.digest, tokens.workspace_id, tokens.id, tokens.user_id, tokens.name, tokens.prefix, tokens.scopes, tokens.created_at,
          tokens.expires_at, tokens.last_used_at, tokens.revoked_at
        from idempotency_keys kept join tokens on tokens.workspace_id = kept.workspace_id and tokens.id = kept.job_id
        where kept.workspace_id = $1 and kept.id = $2
        """
    private static let insert: SQL = """
        -- make a token
        insert into tokens (workspace_id, id, user_id, name, prefix, hash, scopes, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8)
        returning workspace_id, id, user_id, name, prefix, scopes, created_at, expires_at, last_used_at, revoked_at
        """
    private static let page: SQL = """
        -- list tokens
        select workspace_id, id, user_id, name, prefix, scopes, created_at, expires_at, last_used_at, revoked_at
        from tokens where workspace_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3
        """
    private static let end: SQL = """
        -- revoke a token
        update tokens set revoked_at = coalesce(revoked_at, mainstay_now()) where workspace_id = $1 and id = $2
        """
}
