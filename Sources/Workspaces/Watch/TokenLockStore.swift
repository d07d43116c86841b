package import Foundation
package import Postgres

/// All SQL about tokens that are locked for a while: `tokens.locked_until`, which the look-up of a token honours.
package struct TokenLockStore: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    /// Locks a token in the caller's transaction, whose scope has to hold its workspace. A lock that lasts longer stays.
    static func lock(_ token: UUID, workspace: UUID, for period: Duration, in transaction: PostgresTransaction) {
        transaction.submit(Self.lockRow, workspace, token, Double(period.components.seconds))
    }

    /// Ends a lock before its time, and writes down who did.
    /// - Returns: false when the token was not locked, or is none.
    package func unlock(_ token: UUID, workspace: UUID, by actor: AccessActor) async throws -> Bool {
        try await pool.transaction(.workspaces([workspace])) { transaction in
            guard try await transaction.execute(Self.unlockRow, workspace, token) > 0 else { return false }
            AccessLogStore.append(AccessEvent(.tokenUnlocked, by: actor, in: workspace, on: .token(token)), in: transaction)
            return true
        }
    }

    // MARK: SQL

    private static let lockRow: SQL = """
        -- lock a token for a while
        update tokens set locked_until = greatest(locked_until, mainstay_now() + $3 * interval '1 second')
        where workspace_id = $1 and id = $2
        """
    private static let unlockRow: SQL = """
        -- unlock a token
        update tokens set locked_until = null where workspace_id = $1 and id = $2 and locked_until > mainstay_now()
        """
}
