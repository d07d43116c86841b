package import Foundation
import Jobs
import Postgres
package import Web

/// Another secret in a token's place, while the old one is good for a while.
///
///     old ──rotate──▶ old, replaced by new   ends behind the overlap, or when it would have ended, whichever comes first
///                 └─▶ new                    same name, scopes and user or operator; one that expires lives from now on as long as the old
///                                            one was to, or until the old one was to end where who asks may make no tokens
///
/// A token is replaced once. Who has lost the new secret rotates the new token.
extension TokenStore {
    /// Makes a token in the place of another one. The old one's end holds everywhere within a second of its time.
    ///
    /// - Parameters:
    ///   - asker: who asks: it is given no token of another holder, and none with a scope that it has not, but for the one that it shows;
    ///     an operator's is unknown to it. Without `tokens:admin` it is given no more time either. Nil for the command line, which may do
    ///     all of this.
    ///   - idempotency: the same request again makes no second token, and is answered without the secret.
    /// - Throws: `WorkspaceError` with `unknownToken`, `otherHolder`, `tokenReplaced`, `tokenEnded` for one that was revoked or has
    ///   expired, `idempotencyMismatch`; a 403 problem for a scope that the asker lacks.
    package func rotate(
        _ id: UUID, workspace: UUID, overlap: TokenOverlap = .standard, for asker: Identity?, by actor: AccessActor,
        idempotency: IdempotencyKey? = nil, secret: TokenSecret = TokenSecret()
    ) async throws -> Made {
        let successor = UUID.version7()
        return try await pool.transaction(.workspaces([workspace])) { transaction in
            if let earlier = try await Self.claim(idempotency, for: successor, workspace, transaction) { return earlier }
            // Held to the end: of two who rotate it at the same moment the second one sees that it was replaced.
            guard let row = try await transaction.query(Self.hold, workspace, id, asker == nil).first else { throw Self.isUnknown }
            try Self.check(try Self.token(row), for: asker)
            // An end that somebody gave a token bounds a thief, too: it is moved by who could make another one.
            let isRenewed = asker?.scopes.contains(Scope.tokensAdmin.rawValue) ?? true
            let made = try await transaction.query(Self.insertSuccessor, workspace, id, successor, secret.prefix, secret.hash, isRenewed)
            guard let madeRow = made.first else { throw Self.isUnknown }
            let token = try Self.token(madeRow)
            transaction.submit(Self.replace, workspace, id, successor, overlap.seconds)
            AccessLogStore.append(.rotated(id, to: successor, overlap: overlap, workspace, by: actor), in: transaction)
            return Made(token: token, secret: secret)
        }
    }

    /// Whoever held another's secret would act in its name; and one of nobody's outlives the membership of whoever has it. Who shows a token
    /// has all that it may, also what its holder's role allows only later again.
    private static func check(_ token: Token, for asker: Identity?) throws {
        if let asker, asker.tokenID != token.id {
            guard token.user == asker.user else {
                throw WorkspaceError(.otherHolder, "the token is not of whoever asks: revoke it, and let its holder make another one")
            }
            for scope in token.scopes.sorted() { try asker.require(scope) }
        }
        switch token.state {
        case .revoked: throw WorkspaceError(.tokenEnded, "the token was revoked: make another one")
        case .expired: throw WorkspaceError(.tokenEnded, "the token has expired: make another one")
        case .locked, .valid: break
        }
        if let successor = token.replacedBy {
            throw WorkspaceError(.tokenReplaced, "the token was replaced before, by \(successor.lowercased): rotate that one")
        }
    }

    private static let isUnknown = WorkspaceError(.unknownToken, "the workspace has no such token")

    // MARK: SQL

    private static let hold: SQL = """
        -- hold a token that is to be replaced
        select workspace_id, id, user_id, name, prefix, scopes, created_at, expires_at, last_used_at, revoked_at, locked_until, replaced_by,
          case when revoked_at is not null then 'revoked' when expires_at <= mainstay_now() then 'expired'
            when locked_until > mainstay_now() then 'locked' else 'valid' end as state
        from tokens where workspace_id = $1 and id = $2 and (operator_id is null or $3) for update
        """
    // An hour is an hour, also where the session's time zone changes its clocks. The API has no times behind the year 9999.
    private static let insertSuccessor: SQL = """
        -- make a token in another's place
        insert into tokens (workspace_id, id, user_id, operator_id, name, prefix, hash, scopes, expires_at)
        select replaced.workspace_id, $3, replaced.user_id, replaced.operator_id, replaced.name, $4, $5, replaced.scopes,
          case when not $6::boolean then replaced.expires_at when replaced.expires_at is not null then least(
            mainstay_now() + extract(epoch from replaced.expires_at - replaced.created_at)::float8 * interval '1 second',
            timestamptz '9999-12-31 00:00:00Z') end
        from tokens replaced where replaced.workspace_id = $1 and replaced.id = $2
        returning workspace_id, id, user_id, name, prefix, scopes, created_at, expires_at, last_used_at, revoked_at, locked_until, replaced_by,
          case when expires_at <= mainstay_now() then 'expired' else 'valid' end as state
        """
    private static let replace: SQL = """
        -- say by which token one was replaced
        update tokens set replaced_by = $3, expires_at = least(expires_at, mainstay_now() + $4 * interval '1 second')
        where workspace_id = $1 and id = $2
        """
}
