package import Foundation
import Jobs
package import Postgres

/// All SQL about invitations. What accepts one is in `InvitationStore+Accepting`, what shows it before in
/// `InvitationStore+Offering`.
package struct InvitationStore: Sendable {
    let pool: PostgresPool
    let multiUser: Bool

    /// - Parameter multiUser: off, nobody is invited.
    package init(pool: PostgresPool, multiUser: Bool) {
        self.pool = pool
        self.multiUser = multiUser
    }

    /// What inviting came to.
    package struct Made: Sendable {
        package let invitation: Invitation
        /// To be passed on, and kept by nobody here.
        package let secret: TokenSecret
    }

    /// Invites somebody.
    ///
    /// - Parameters:
    ///   - email: whom it is for: only this address may accept, and finds the user who has it.
    ///   - days: out of `Invitation.days`, the nearest within them.
    ///   - inviter: the user who invites; nil for the command line.
    ///   - authority: as which role.
    /// - Throws: `WorkspaceError` with `multiUserOff`, `roleTooLow`, `unknownMember` when the inviter has left, `workspaceDeleted`.
    package func create(
        workspace: UUID, role: Member.Role, email: String?, days: Int = Invitation.standardDays, inviter: UUID?, as authority: Member.Role,
        by actor: AccessActor, secret: TokenSecret = TokenSecret(.invitation)
    ) async throws -> Made {
        guard multiUser else { throw WorkspaceError.oneWorkspace }
        let days = min(max(days, Invitation.days.lowerBound), Invitation.days.upperBound)
        return try await pool.transaction(.workspaces([workspace])) { transaction in
            // Whoever is lowered or removed at this moment takes its open invitations along: none is made after that.
            try await WorkspaceStore.lock(workspace, in: transaction)
            var highest = authority
            if let inviter {
                guard let present = try await MemberStore.role(of: inviter, in: workspace, transaction) else {
                    throw WorkspaceError(.unknownMember, "whoever invites is no member of the workspace")
                }
                highest = min(authority, present)
            }
            try MemberRules.check(highest, manages: role)
            let rows = try await transaction.query(
                Self.insert, workspace, UUID.version7(), role.rawValue, email, secret.prefix, secret.hash, inviter, days)
            guard let row = rows.first else { throw WorkspaceError(.workspaceDeleted, "nobody is invited into a deleted workspace") }
            let made = Made(invitation: try Self.invitation(row), secret: secret)
            AccessLogStore.append(.invited(made.invitation, days: days, workspace, by: actor), in: transaction)
            return made
        }
    }

    /// A workspace's invitations, newest first, whatever became of them.
    package func list(workspace: UUID, before: UUID? = nil, limit: Int) async throws -> [Invitation] {
        try await pool.query(.workspaces([workspace]), Self.page, workspace, before, limit).map(Self.invitation)
    }

    /// An invitation of the workspace, nil when there is none.
    package func lookUp(_ id: UUID, in workspace: UUID) async throws -> Invitation? {
        try await pool.query(.workspaces([workspace]), Self.find, workspace, id).first.map(Self.invitation)
    }

    /// Ends an invitation. Again, or after it has expired, changes nothing that anybody sees.
    /// - Throws: `WorkspaceError` with `unknownInvitation`, `invitationAccepted`.
    package func revoke(_ id: UUID, workspace: UUID, by actor: AccessActor) async throws {
        try await pool.transaction(.workspaces([workspace])) { transaction in
            try await WorkspaceStore.lock(workspace, in: transaction)
            guard let row = try await transaction.query(Self.find, workspace, id).first else {
                throw WorkspaceError(.unknownInvitation, "the workspace has no such invitation")
            }
            let invitation = try Self.invitation(row)
            guard invitation.state != .accepted else {
                throw WorkspaceError(.invitationAccepted, "the invitation was accepted: remove the member that it made")
            }
            guard invitation.revokedAt == nil else { return }
            transaction.submit(Self.end, workspace, id)
            AccessLogStore.append(.revoked(invitation: id, workspace, by: actor), in: transaction)
        }
    }

    // MARK: Rows

    static func invitation(_ row: PostgresRow) throws -> Invitation {
        Invitation(
            id: try row.decode("id"), role: Member.Role(stored: try row.decode("role")), email: try row.decode("email"),
            prefix: try row.decode("prefix"), invitedBy: try row.decode("invited_by"), createdAt: try row.decode("created_at"),
            expiresAt: try row.decode("expires_at"), acceptedAt: try row.decode("accepted_at"), acceptedBy: try row.decode("accepted_by"),
            revokedAt: try row.decode("revoked_at"),
            state: Invitation.State(rawValue: try row.decode("state")) ?? .expired)
    }

    // MARK: SQL

    private static let insert: SQL = """
        -- invite somebody
        with now as materialized (select mainstay_now() as at)
        insert into invitations (workspace_id, id, role, email, prefix, hash, invited_by, created_at, expires_at)
        select workspaces.id, $2, $3, $4, $5, $6, $7, now.at, now.at + $8 * interval '24 hours'
        from workspaces, now
        where workspaces.id = $1 and workspaces.deleted_at is null
        returning id, role, email, prefix, invited_by, created_at, expires_at, accepted_at, accepted_by, revoked_at, 'open' as state
        """
    private static let page: SQL = """
        -- list invitations
        select id, role, email, prefix, invited_by, created_at, expires_at, accepted_at, accepted_by, revoked_at,
          case when accepted_at is not null then 'accepted' when revoked_at is not null then 'revoked'
            when expires_at <= mainstay_now() then 'expired' else 'open' end as state
        from invitations where workspace_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3
        """
    private static let find: SQL = """
        -- find an invitation
        select id, role, email, prefix, invited_by, created_at, expires_at, accepted_at, accepted_by, revoked_at,
          case when accepted_at is not null then 'accepted' when revoked_at is not null then 'revoked'
            when expires_at <= mainstay_now() then 'expired' else 'open' end as state
        from invitations where workspace_id = $1 and id = $2
        """
    private static let end: SQL = """
        -- revoke an invitation
        update invitations set revoked_at = coalesce(revoked_at, mainstay_now()) where workspace_id = $1 and id = $2 and accepted_at is null
        """
}
