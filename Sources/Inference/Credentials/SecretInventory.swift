package import Foundation
package import Postgres

/// Which keys the secrets of workspaces lie under, for whoever has to know whether all of them are at hand. It opens none.
package struct SecretInventory: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    /// How many secrets of these workspaces lie under each key, by the key's id.
    package func count(of workspaces: [UUID]) async throws -> [String: Int] {
        try await pool.query(.workspaces(workspaces), Self.counted, workspaces).reduce(into: [:]) { counts, row in
            counts[try row.decode("key_id", as: String.self)] = try row.decode("secrets", as: Int.self)
        }
    }

    private static let counted: SQL = """
        -- count secrets by their keys
        select key_id, count(*)::int8 as secrets from (
          select key_id from provider_credentials where workspace_id = any ($1)
          union all
          select key_id from tools where workspace_id = any ($1)
          union all
          select former_key_id from tools where workspace_id = any ($1) and former_until > mainstay_now()
        ) as lying
        group by key_id
        """
}
