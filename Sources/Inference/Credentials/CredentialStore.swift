import Foundation
import Postgres
import Workspaces

/// A workspace's key of a provider, as lists show it.
struct ProviderCredential: Sendable, Equatable {
    var provider: String
    /// The key's last characters.
    var hint: String
    /// Of the key that seals it.
    var keyID: String
    var createdAt: Date
    /// To about a minute.
    var lastUsedAt: Date?
}

/// All SQL of provider credentials.
struct CredentialStore: Sendable {
    let pool: PostgresPool

    /// Keeps a key, in the place of the one before.
    func put(
        _ sealed: SealedSecret, hint: String, provider: String, workspace: UUID, by actor: AccessActor
    ) async throws -> ProviderCredential? {
        try await pool.transaction(.workspaces([workspace])) { transaction in
            let rows = try await transaction.query(Self.upsert, workspace, provider, sealed.keyID, sealed.bytes, hint)
            guard let row = rows.first else { return nil }
            let action: AccessAction = try row.decode("is_new") ? .credentialMade : .credentialReplaced
            AccessLogStore.append(.credential(action, of: provider, workspace, by: actor), in: transaction)
            return try Self.credential(row)
        }
    }

    func list(workspace: UUID) async throws -> [ProviderCredential] {
        try await pool.query(.workspaces([workspace]), Self.all, workspace).map(Self.credential)
    }

    func find(_ provider: String, workspace: UUID) async throws -> ProviderCredential? {
        try await pool.query(.workspaces([workspace]), Self.one, workspace, provider).first.map(Self.credential)
    }

    /// - Returns: False when there was none.
    func remove(_ provider: String, workspace: UUID, by actor: AccessActor) async throws -> Bool {
        try await pool.transaction(.workspaces([workspace])) { transaction in
            guard try await transaction.execute(Self.delete, workspace, provider) > 0 else { return false }
            AccessLogStore.append(.credential(.credentialRemoved, of: provider, workspace, by: actor), in: transaction)
            return true
        }
    }

    /// The sealed key, for using it; nil when there is none. Two seconds at most: a run waits for it.
    func use(_ provider: String, workspace: UUID) async throws -> SealedSecret? {
        try await pool.query(.workspaces([workspace]), Self.used, workspace, provider, timeout: .seconds(2)).first.map { row in
            SealedSecret(keyID: try row.decode("key_id"), bytes: try row.decode("sealed"))
        }
    }

    private static func credential(_ row: PostgresRow) throws -> ProviderCredential {
        ProviderCredential(
            provider: try row.decode("provider"), hint: try row.decode("hint"), keyID: try row.decode("key_id"),
            createdAt: try row.decode("created_at"), lastUsedAt: try row.decode("last_used_at"))
    }

    // MARK: SQL

    private static let upsert: SQL = """
        -- keep a provider's key
        insert into provider_credentials (workspace_id, provider, key_id, sealed, hint) values ($1, $2, $3, $4, $5)
        on conflict (workspace_id, provider) do update
          set key_id = excluded.key_id, sealed = excluded.sealed, hint = excluded.hint, created_at = excluded.created_at, last_used_at = null
        -- A row that was there has been locked by this transaction.
        returning provider, hint, key_id, created_at, last_used_at, xmax = 0 as is_new
        """
    private static let all: SQL = """
        -- list keys of providers
        select provider, hint, key_id, created_at, last_used_at from provider_credentials where workspace_id = $1 order by provider
        """
    private static let one: SQL = """
        -- show a provider's key
        select provider, hint, key_id, created_at, last_used_at from provider_credentials where workspace_id = $1 and provider = $2
        """
    private static let delete: SQL = """
        -- remove a provider's key
        delete from provider_credentials where workspace_id = $1 and provider = $2
        """
    private static let used: SQL = """
        -- use a provider's key
        with noted as (
          update provider_credentials set last_used_at = mainstay_now()
          where workspace_id = $1 and provider = $2 and (last_used_at is null or last_used_at < mainstay_now() - interval '1 minute')
        )
        select key_id, sealed from provider_credentials where workspace_id = $1 and provider = $2
        """
}
