package import Foundation
package import Postgres
package import Workspaces

/// Seals anew what lies under another key than the first: keys of providers and secrets of tools, workspace by workspace and each in its
/// own scope, so that no role has to see those of all.
///
/// It may run beside everything else and be broken off at any time: a row that somebody replaces meanwhile is left as it is then.
package struct SecretRotation: Sendable {
    /// What became of the secrets of a workspace.
    package struct Outcome: Sendable, Equatable {
        package var resealed = 0
        /// Those that do not open, as `provider openai`, `tool 019a…` or, of the secret before, `former 019a…`: their key is not here, or their bytes were changed.
        package var closed: [String] = []

        package init() {}
    }

    private enum Kind: String, Sendable {
        case provider, tool
        /// A tool's secret that was rotated, and is still good.
        case former
    }

    private struct Row: Sendable {
        var kind: Kind
        var name: String
        var id: UUID
        var sealed: SealedSecret
    }

    private let pool: PostgresPool
    private let keys: SealingKeys

    package init(pool: PostgresPool, keys: SealingKeys) {
        self.pool = pool
        self.keys = keys
    }

    /// - Throws: ``SealFault/noKey``, what the store throws.
    package func rotate(_ workspace: UUID, by actor: AccessActor) async throws -> Outcome {
        guard let current = keys.sealingID else { throw SealFault.noKey }
        return try await pool.transaction(.workspaces([workspace])) { [keys] transaction in
            var outcome = Outcome()
            for row in try await transaction.query(Self.outdated, workspace, current).map(Self.row) {
                let place: SealedPlace =
                    switch row.kind {
                    case .provider: .credential(of: row.name, workspace)
                    case .tool, .former: .tool(row.id, workspace)
                    }
                guard let secret = try? keys.open(row.sealed, for: place) else {
                    outcome.closed.append("\(row.kind.rawValue) \(row.name)")
                    continue
                }
                let sealed = try keys.seal(secret, for: place)
                let statement: SQL =
                    switch row.kind {
                    case .provider: Self.resealCredential
                    case .tool: Self.resealTool
                    case .former: Self.resealFormer
                    }
                outcome.resealed += try await transaction.execute(
                    statement, workspace, row.id, row.sealed.bytes, sealed.keyID, sealed.bytes)
            }
            if outcome.resealed > 0 {
                AccessLogStore.append(.resealed(outcome.resealed, under: current, workspace, by: actor), in: transaction)
            }
            return outcome
        }
    }

    private static func row(_ row: PostgresRow) throws -> Row {
        Row(
            kind: Kind(rawValue: try row.decode("kind")) ?? .provider, name: try row.decode("name"),
            id: try row.decode("id"), sealed: SealedSecret(keyID: try row.decode("key_id"), bytes: try row.decode("sealed")))
    }

    private static let outdated: SQL = """
        -- find secrets under older keys
        select 'provider' as kind, provider as name, id, key_id, sealed from provider_credentials where workspace_id = $1 and key_id <> $2
        union all
        select 'tool', id::text, id, key_id, sealed from tools where workspace_id = $1 and key_id <> $2
        union all
        select 'former', id::text, id, former_key_id, former_sealed from tools
        where workspace_id = $1 and former_key_id <> $2 and former_until > mainstay_now()
        """
    private static let resealCredential: SQL = """
        -- seal a provider's key anew
        update provider_credentials set key_id = $4, sealed = $5 where workspace_id = $1 and id = $2 and sealed = $3
        """
    private static let resealTool: SQL = """
        -- seal a tool's secret anew
        update tools set key_id = $4, sealed = $5 where workspace_id = $1 and id = $2 and sealed = $3
        """
    private static let resealFormer: SQL = """
        -- seal a tool's former secret anew
        update tools set former_key_id = $4, former_sealed = $5 where workspace_id = $1 and id = $2 and former_sealed = $3
        """
}
