package import Foundation
import Postgres

extension InvitationStore {
    /// What whoever has the secret of an open invitation is told before it accepts.
    package struct Offer: Sendable {
        package let workspace: Workspace
        package let role: Member.Role
        /// Whom it is for; nil for whoever has it.
        package let email: String?
        /// The name of the user who invited; nil for the command line.
        package let inviter: String?
        package let expiresAt: Date
    }

    /// What an open invitation offers. Nothing is changed by it.
    ///
    /// - Throws: `WorkspaceError` with `multiUserOff`; `unknownInvitation`, also for one that was accepted or revoked, has expired, or whose
    ///   workspace was deleted.
    package func offer(of secret: TokenSecret) async throws -> Offer {
        guard multiUser else { throw WorkspaceError.oneWorkspace }
        // The role that accepts: whoever asks is known to no workspace yet. Two seconds at most: a page waits for it.
        guard let row = try await pool.query(.role(.auth), Self.openByHash, secret.hash, timeout: .seconds(2)).first else {
            throw Self.isUnknown
        }
        return Offer(
            workspace: try WorkspaceStore.workspace(row), role: Member.Role(stored: try row.decode("role")), email: try row.decode("email"),
            inviter: try row.decode("inviter"), expiresAt: try row.decode("expires_at"))
    }

    private static let openByHash: SQL = """
        -- look what an invitation offers
        select invitations.role, invitations.email, invitations.expires_at, users.name as inviter,
          workspaces.id, workspaces.slug, workspaces.name, workspaces.created_at, workspaces.deleted_at, workspaces.purge_at
        from invitations join workspaces on workspaces.id = invitations.workspace_id
          left join users on users.id = invitations.invited_by
        where invitations.hash = $1 and invitations.accepted_at is null and invitations.revoked_at is null
          and invitations.expires_at > mainstay_now() and workspaces.deleted_at is null
        """
}
