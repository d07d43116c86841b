package import Foundation
import Jobs
package import Postgres
package import Web

/// All SQL about tokens. What puts one in another's place is in `TokenStore+Rotation`, what finds one by its secret for people in
/// `TokenStore+Inspection`.
package struct TokenStore: Sendable {
    let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    // MARK: Before the workspace is known

    /// Whose token has this hash. Two seconds at most: a request waits for it.
    func verdict(hash: [UInt8]) async throws -> TokenVerdict {
        guard let row = try await pool.query(.role(.auth), Self.byHash, hash, timeout: .seconds(2)).first else { return .invalid }
        if try row.decode("revoked", as: Bool.self) { return .invalid }
        if try row.decode("expired", as: Bool.self) { return .expired }
        if let left = try row.decode("locked_seconds", as: Double?.self), left > 0 { return .locked(left: .seconds(left)) }
        let identity = Identity(
            workspace: try row.decode("workspace_id"), workspaceSlug: try row.decode("slug"), tokenID: try row.decode("id"),
            user: try row.decode("user_id"), operator: try Self.operator(row), scopes: try Self.scopes(row))
        return try row.decode("deleted", as: Bool.self) ? .deleted(identity) : .valid(identity)
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

    /// Makes a token. One of a member has no scope that its role does not allow.
    /// - Parameter holder: whose it is, where that is an operator; then there is no user.
    /// - Throws: `WorkspaceError` with `idempotencyMismatch` when the key was used for another request; `unknownMember` when the user
    ///   is none, `roleTooLow` for scopes beyond its role.
    package func create(
        workspace: UUID, user: UUID?, operator holder: Operator? = nil, name: String, scopes: Set<Scope>, expiresAt: Date? = nil,
        by actor: AccessActor, idempotency: IdempotencyKey? = nil, secret: TokenSecret = TokenSecret()
    ) async throws -> Made {
        let id = UUID.version7()
        return try await pool.transaction(.workspaces([workspace])) { transaction in
            if let earlier = try await Self.claim(idempotency, for: id, workspace, transaction) { return earlier }
            if let user { try await Self.check(scopes, of: user, in: workspace, transaction) }
            let token = try await Self.write(
                id, workspace: workspace, user: user, operator: holder, name: name, scopes: scopes, expiresAt: expiresAt, secret: secret,
                in: transaction)
            AccessLogStore.append(.made(token, of: holder, by: actor), in: transaction)
            return Made(token: token, secret: secret)
        }
    }

    private static func check(
        _ scopes: Set<Scope>, of user: UUID, in workspace: UUID, _ transaction: PostgresTransaction
    ) async throws {
        guard let role = try await MemberStore.role(of: user, in: workspace, transaction) else {
            throw WorkspaceError(.unknownMember, "the user is no member of the workspace")
        }
        let beyond = scopes.subtracting(role.scopes).map(\.rawValue).sorted()
        guard beyond.isEmpty else {
            throw WorkspaceError(.roleTooLow, "a token of one with the role \(role.rawValue) does not hold \(beyond.joined(separator: ", "))")
        }
    }

    /// Writes a token that is allowed, in a session that may.
    static func write(
        _ id: UUID, workspace: UUID, user: UUID?, operator holder: Operator? = nil, name: String, scopes: Set<Scope>, expiresAt: Date?,
        secret: TokenSecret, in session: some PostgresSession
    ) async throws -> Token {
        let rows = try await session.query(
            insert, workspace, id, user, name, secret.prefix, secret.hash, scopes.map(\.rawValue).sorted(), expiresAt, holder?.id)
        guard let row = rows.first else { throw WorkspaceError(.unknownWorkspace, "the token was not written") }
        return try token(row)
    }

    /// Takes a key for a token that is about to be made.
    /// - Returns: nil when the token is to be made; else what the same request made before.
    /// - Throws: `WorkspaceError` with `idempotencyMismatch`.
    static func claim(
        _ idempotency: IdempotencyKey?, for id: UUID, _ workspace: UUID, _ transaction: PostgresTransaction
    ) async throws -> Made? {
        guard let idempotency else { return nil }
        let written = try await transaction.execute(keepKey, workspace, idempotency.key, idempotency.digest, id)
        guard written == 0 else { return nil }
        let row = try await transaction.query(byKey, workspace, idempotency.key).first
        guard let row, try row.decode("digest", as: [UInt8].self) == idempotency.digest else {
            throw WorkspaceError(.idempotencyMismatch, "this Idempotency-Key was used for another request")
        }
        return Made(token: try token(row), secret: nil)
    }

    /// A workspace's own tokens, newest first, revoked ones too.
    package func list(workspace: UUID, before: UUID? = nil, limit: Int) async throws -> [Token] {
        try await pool.query(.workspaces([workspace]), Self.page, workspace, before, limit).map(Self.token)
    }

    /// Ends a token. It is refused everywhere within a second. Again changes nothing.
    /// - Parameter asker: who asks over HTTP: an owner's token is an owner's to end, or its user's, and an operator's is nobody's. Nil for
    ///   the command line.
    /// - Returns: false when the workspace has no such token.
    /// - Throws: `WorkspaceError` with `roleTooLow`.
    package func revoke(_ id: UUID, workspace: UUID, for asker: Identity? = nil, by actor: AccessActor) async throws -> Bool {
        try await pool.transaction(.workspaces([workspace])) { transaction in
            if let asker, asker.authority != .owner, try await !transaction.query(Self.isOwners, workspace, id, asker.user).isEmpty {
                throw WorkspaceError(.roleTooLow, "the token is an owner's")
            }
            guard try await transaction.execute(Self.end, workspace, id, asker == nil) == 0 else {
                AccessLogStore.append(.revoked(id, workspace, by: actor), in: transaction)
                return true
            }
            return try await transaction.query(Self.present, workspace, id, asker == nil).isEmpty == false
        }
    }

    /// What a token is called and may do at this moment; nil when there is none, it was revoked or has expired, or its workspace was
    /// deleted. For who holds something that a token was shown for, and not the token. As the look-up by hash, under the role that
    /// knows operators.
    package func standing(of id: UUID, workspace: UUID) async throws -> TokenStanding? {
        try await pool.query(.role(.auth), Self.valid, workspace, id, timeout: .seconds(2)).first.map { row in
            TokenStanding(name: try row.decode("name"), operator: try Self.operator(row), scopes: try Self.scopes(row))
        }
    }

    // MARK: Rows

    /// What a token may do, implied scopes included, of the columns `scopes`, `user_id` and `role`.
    static func scopes(_ row: PostgresRow) throws -> Set<String> {
        Scope.implied(
            by: Member.Role.allowed(
                Set(try row.decode("scopes", as: [String].self)), of: try row.decode("user_id"), role: try row.decode("role")))
    }

    /// Whose token it is, of the columns `operator_id` and `operator`.
    static func `operator`(_ row: PostgresRow) throws -> Operator? {
        guard let id = try row.decode("operator_id", as: UUID?.self) else { return nil }
        return Operator(id: id, name: try row.decode("operator"))
    }

    static func token(_ row: PostgresRow) throws -> Token {
        Token(
            id: try row.decode("id"), workspace: try row.decode("workspace_id"), user: try row.decode("user_id"), name: try row.decode("name"),
            prefix: try row.decode("prefix"), scopes: Set(try row.decode("scopes", as: [String].self)), createdAt: try row.decode("created_at"),
            expiresAt: try row.decode("expires_at"), lastUsedAt: try row.decode("last_used_at"), revokedAt: try row.decode("revoked_at"),
            lockedUntil: try row.decode("locked_until"), replacedBy: try row.decode("replaced_by"), state: try state(row))
    }

    private static func state(_ row: PostgresRow) throws -> Token.State {
        let word = try row.decode("state", as: String.self)
        guard let state = Token.State(rawValue: word) else {
            throw PostgresError(.decoding, "the column holds \(word), which is no state of a token", column: "state")
        }
        return state
    }

    // MARK: SQL

    private static let isOwners: SQL = """
        -- look whether a token is an owner's
        select 1 from tokens join members on members.workspace_id = tokens.workspace_id and members.user_id = tokens.user_id
        where tokens.workspace_id = $1 and tokens.id = $2 and members.role = 'owner' and tokens.user_id is distinct from $3::uuid
        """
    private static let valid: SQL = """
        -- look whether a token is valid
        select tokens.name, tokens.scopes, tokens.user_id, members.role, operators.id as operator_id, operators.name as operator
        from tokens join workspaces on workspaces.id = tokens.workspace_id
          left join members on members.workspace_id = tokens.workspace_id and members.user_id = tokens.user_id
          left join operators on operators.id = tokens.operator_id
        where tokens.workspace_id = $1 and tokens.id = $2 and tokens.revoked_at is null
          and (tokens.expires_at is null or tokens.expires_at > mainstay_now()) and workspaces.deleted_at is null
          and (tokens.locked_until is null or tokens.locked_until <= mainstay_now())
        """
    private static let byHash: SQL = """
        -- find a token by its hash
        select tokens.workspace_id, tokens.id, tokens.user_id, tokens.scopes, workspaces.slug, members.role, operators.id as operator_id,
          operators.name as operator,
          tokens.revoked_at is not null as revoked, coalesce(tokens.expires_at <= mainstay_now(), false) as expired,
          workspaces.deleted_at is not null as deleted, extract(epoch from tokens.locked_until - mainstay_now())::float8 as locked_seconds
        from tokens join workspaces on workspaces.id = tokens.workspace_id
          left join members on members.workspace_id = tokens.workspace_id and members.user_id = tokens.user_id
          left join operators on operators.id = tokens.operator_id
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
          tokens.expires_at, tokens.last_used_at, tokens.revoked_at, tokens.locked_until, tokens.replaced_by,
          case when tokens.revoked_at is not null then 'revoked' when tokens.expires_at <= mainstay_now() then 'expired'
            when tokens.locked_until > mainstay_now() then 'locked' else 'valid' end as state
        from idempotency_keys kept join tokens on tokens.workspace_id = kept.workspace_id and tokens.id = kept.job_id
        where kept.workspace_id = $1 and kept.id = $2 and tokens.operator_id is null
        """
    private static let insert: SQL = """
        -- make a token
        insert into tokens (workspace_id, id, user_id, name, prefix, hash, scopes, expires_at, operator_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        returning workspace_id, id, user_id, name, prefix, scopes, created_at, expires_at, last_used_at, revoked_at, locked_until, replaced_by,
          case when expires_at <= mainstay_now() then 'expired' else 'valid' end as state
        """
    private static let page: SQL = """
        -- list tokens
        select workspace_id, id, user_id, name, prefix, scopes, created_at, expires_at, last_used_at, revoked_at, locked_until, replaced_by,
          case when revoked_at is not null then 'revoked' when expires_at <= mainstay_now() then 'expired'
            when locked_until > mainstay_now() then 'locked' else 'valid' end as state
        from tokens where workspace_id = $1 and operator_id is null and ($2::uuid is null or id < $2) order by id desc limit $3
        """
    private static let end: SQL = """
        -- revoke a token
        update tokens set revoked_at = mainstay_now()
        where workspace_id = $1 and id = $2 and revoked_at is null and (operator_id is null or $3)
        """
    private static let present: SQL = """
        -- look whether there is a token
        select 1 from tokens where workspace_id = $1 and id = $2 and (operator_id is null or $3)
        """
}
