import Foundation
import Postgres

/// The SQL of the purge, for sessions of upkeep. What a purge deletes, and in which order, the function of the database finds in its
/// catalogue; and a policy lets it delete nothing of a workspace whose time is not up.
enum PurgeStore {
    /// Deleted workspaces whose time is up, those that have waited for longest first.
    static func due(limit: Int, in session: some PostgresSession) async throws -> [UUID] {
        try await session.query(findDue, limit).map { try $0.decode("id") }
    }

    /// Deletes at most about so many rows of such a workspace, and the workspace after the last of them.
    /// - Returns: how many were deleted; 0 when there is nothing left, when its time is not up, and when somebody else is at it.
    static func purge(_ workspace: UUID, rows: Int, in session: some PostgresSession) async throws -> Int {
        try await session.query(purgePage, workspace, rows).first?.decode("deleted") ?? 0
    }

    private static let findDue: SQL = """
        -- find workspaces to purge
        select id from workspaces where purge_at <= mainstay_now() order by purge_at limit $1
        """
    private static let purgePage: SQL = """
        -- purge a page of a workspace
        select purge_workspace($1, $2) as deleted
        """
}
