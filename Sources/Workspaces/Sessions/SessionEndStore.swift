import Foundation
package import Postgres

/// The SQL of sessions that were signed out: in every cookie that somebody may have copied they are over from then on.
package struct SessionEndStore: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    /// Ends a session. Again changes nothing. Rows of sessions that are over anyway go at the same time.
    package func end(_ session: TokenSession) async throws {
        try await pool.transaction(.workspaces([session.workspace])) { transaction in
            transaction.submit(Self.forget, session.workspace)
            try await transaction.execute(
                Self.insert, session.workspace, session.id, Double(TokenSession.longest.components.seconds))
        }
    }

    /// Whether it was signed out. Two seconds at most: a page waits for it.
    package func isEnded(_ session: TokenSession) async throws -> Bool {
        try await !pool.query(.workspaces([session.workspace]), Self.find, session.workspace, session.id, timeout: .seconds(2)).isEmpty
    }

    private static let forget: SQL = """
        -- forget sessions that are over
        delete from ended_sessions where workspace_id = $1 and ends_at <= mainstay_now()
        """
    private static let insert: SQL = """
        -- end a session
        insert into ended_sessions (workspace_id, id, ends_at) values ($1, $2, mainstay_now() + $3 * interval '1 second') on conflict do nothing
        """
    private static let find: SQL = """
        -- look whether a session was ended
        select 1 from ended_sessions where workspace_id = $1 and id = $2
        """
}
