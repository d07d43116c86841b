package import Foundation
import Postgres

/// The end of a workspace.
///
///     in use ──delete──▶ deleted ──purge_at──▶ purged, row by row, by `WorkspacePurge`
///        ▲                  │
///        └─────restore──────┘
///
/// Deleting and restoring, the purge, and changes of members take one lock of the workspace: nobody restores what is being purged.
extension WorkspaceStore {
    /// Deletes a workspace: within a second its tokens are refused, but for what restores it. Again changes nothing.
    ///
    /// - Returns: the workspace, with the time until which it can be restored.
    /// - Throws: `WorkspaceError` with `multiUserOff`, `defaultWorkspace`, `unknownWorkspace`.
    package func delete(_ id: UUID, grace: DeletionGrace, by actor: AccessActor) async throws -> Workspace {
        guard multiUser else { throw WorkspaceError.oneWorkspace }
        guard id != Workspace.defaultID else { throw WorkspaceError(.defaultWorkspace, "the default workspace is never deleted") }
        return try await pool.transaction(.workspaces([id])) { transaction in
            try await Self.lock(id, in: transaction)
            let isDone = try await transaction.execute(Self.markDeleted, id, grace.days) > 0
            let workspace = try await Self.present(id, in: transaction)
            if isDone { AccessLogStore.append(.deleted(id, grace: grace, by: actor), in: transaction) }
            return workspace
        }
    }

    /// Takes a deletion back. A workspace that is in use stays so.
    /// - Throws: `WorkspaceError` with `multiUserOff`, `unknownWorkspace`, `restoredTooLate`.
    package func restore(_ id: UUID, by actor: AccessActor) async throws -> Workspace {
        guard multiUser else { throw WorkspaceError.oneWorkspace }
        return try await pool.transaction(.workspaces([id])) { transaction in
            try await Self.lock(id, in: transaction)
            let isDone = try await transaction.execute(Self.unmarkDeleted, id) > 0
            let workspace = try await Self.present(id, in: transaction)
            guard workspace.deletedAt == nil else {
                throw WorkspaceError(.restoredTooLate, "the time in which the workspace could be restored is over")
            }
            if isDone { AccessLogStore.append(.restored(id, by: actor), in: transaction) }
            return workspace
        }
    }

    /// Waits until nobody else changes who is in the workspace or whether there is one, and keeps them waiting to the end of the
    /// transaction. To be awaited: what follows has to see what the one before has committed.
    static func lock(_ workspace: UUID, in session: some PostgresSession) async throws {
        try await session.execute(takeLock, workspace)
    }

    private static func present(_ id: UUID, in session: some PostgresSession) async throws -> Workspace {
        guard let row = try await session.query(presentRow, id).first else {
            throw WorkspaceError(.unknownWorkspace, "there is no such workspace")
        }
        return try workspace(row)
    }

    // MARK: SQL

    private static let takeLock: SQL = """
        -- lock a workspace
        select pg_advisory_xact_lock(hashtext('mainstay.workspace'), hashtext($1::text))
        """
    private static let markDeleted: SQL = """
        -- delete a workspace
        update workspaces set deleted_at = now.at, purge_at = now.at + $2 * interval '24 hours'
        from (select mainstay_now() as at) as now
        where id = $1 and deleted_at is null
        """
    private static let unmarkDeleted: SQL = """
        -- restore a workspace
        update workspaces set deleted_at = null, purge_at = null where id = $1 and purge_at > mainstay_now()
        """
    private static let presentRow: SQL = """
        -- look at a workspace
        select id, slug, name, created_at, deleted_at, purge_at from workspaces where id = $1
        """
}
