package import Foundation
import Jobs
import Postgres

extension InvitationStore {
    /// Who has come in.
    package struct Acceptance: Sendable {
        package let workspace: Workspace
        package let member: Member
        package let token: Token
        /// Shown once.
        package let secret: TokenSecret
    }

    /// Lets in whoever has the secret of an open invitation, with a first token that may what the role allows. All of it happens, or
    /// nothing does.
    ///
    /// An invitation for an address finds the user who has it, for only its owner can have read what was sent there. One for anybody
    /// proves no address, and makes a user: of one that another user has it is refused.
    ///
    /// - Parameters:
    ///   - name: of a user that is made; one that is found keeps its own.
    ///   - email: of the person; of an invitation for an address that one, or nil.
    ///   - expiresAt: when the first token expires; nil for never, as of any token that somebody makes.
    /// - Throws: `WorkspaceError` with `multiUserOff`; `unknownInvitation`, also for one that was revoked, has expired, or whose
    ///   workspace was deleted; `invitationAccepted`, `otherAddress`, `emailTaken`, `alreadyMember`.
    package func accept(
        _ secret: TokenSecret, name: String, email: String?, expiresAt: Date? = nil, token: TokenSecret = TokenSecret()
    ) async throws -> Acceptance {
        guard multiUser else { throw WorkspaceError.oneWorkspace }
        do {
            // A role that may do exactly this: whoever accepts is known to no workspace yet.
            return try await pool.transaction(.role(.auth)) { transaction in
                let workspace = try await Self.open(secret.hash, in: transaction).workspace.id
                // Once more behind the lock: two may accept at the same moment, and somebody may revoke.
                try await WorkspaceStore.lock(workspace, in: transaction)
                let found = try await Self.open(secret.hash, in: transaction)
                let user = try await Self.user(named: name, email, for: found, in: transaction)
                guard try await MemberStore.role(of: user.id, in: workspace, transaction) == nil else { throw Self.isMember }
                return try await Self.admit(user, by: found, token: token, expiresAt: expiresAt, in: transaction)
            }
        } catch let error as PostgresError where error.constraint == "members_once" {
            throw Self.isMember
        }
    }

    /// An invitation that somebody may accept.
    private struct Open {
        let id: UUID
        let role: Member.Role
        let email: String?
        let invitedBy: UUID?
        let workspace: Workspace
    }

    private static func open(_ hash: [UInt8], in transaction: PostgresTransaction) async throws -> Open {
        guard let row = try await transaction.query(byHash, hash).first else { throw isUnknown }
        if try row.decode("is_accepted", as: Bool.self) {
            throw WorkspaceError(.invitationAccepted, "the invitation was accepted before: it lets one person in, once")
        }
        guard try row.decode("is_open", as: Bool.self) else { throw isUnknown }
        return Open(
            id: try row.decode("invitation_id"), role: Member.Role(stored: try row.decode("role")), email: try row.decode("email"),
            invitedBy: try row.decode("invited_by"), workspace: try WorkspaceStore.workspace(row))
    }

    private static func user(
        named name: String, _ email: String?, for invitation: Open, in transaction: PostgresTransaction
    ) async throws -> User {
        if let wanted = invitation.email {
            if let email, !MailAddress.areSame(email, wanted) { throw WorkspaceError(.otherAddress, "the invitation is for another address") }
            if let known = try await holder(of: wanted, in: transaction) { return known }
            if let made = try await make(name, wanted, in: transaction) { return made }
            // Made elsewhere between the two.
            if let known = try await holder(of: wanted, in: transaction) { return known }
        } else if let made = try await make(name, email, in: transaction) {
            return made
        }
        throw WorkspaceError(.emailTaken, "a user with this address exists: ask for an invitation that is for it")
    }

    private static func holder(of email: String, in transaction: PostgresTransaction) async throws -> User? {
        try await transaction.query(byEmail, email).first.map { row in
            User(id: try row.decode("id"), name: try row.decode("name"), email: try row.decode("email"))
        }
    }

    /// Nil when the address is taken.
    private static func make(_ name: String, _ email: String?, in transaction: PostgresTransaction) async throws -> User? {
        let id = UUID.version7()
        guard try await transaction.execute(insertUser, id, name, email) == 1 else { return nil }
        return User(id: id, name: name, email: email)
    }

    private static func admit(
        _ user: User, by invitation: Open, token secret: TokenSecret, expiresAt: Date?, in transaction: PostgresTransaction
    ) async throws -> Acceptance {
        let (workspace, token) = (invitation.workspace, UUID.version7())
        // The policies of what follows look for this.
        guard try await transaction.execute(markAccepted, workspace.id, invitation.id, user.id, token) == 1 else { throw isUnknown }
        guard let row = try await transaction.query(join, workspace.id, user.id, invitation.role.rawValue).first else { throw isUnknown }
        let member = Member(id: try row.decode("id"), user: user, role: invitation.role, since: try row.decode("created_at"))
        let written = try await TokenStore.write(
            token, workspace: workspace.id, user: user.id, name: "by invitation", scopes: invitation.role.scopes, expiresAt: expiresAt,
            secret: secret, in: transaction)
        // Whoever accepts has shown no token: the invitation is what let it in, and whoever made it had its secret too.
        let actor = AccessActor.system("invitation")
        AccessLogStore.append(
            .joined(user.id, as: invitation.role, workspace.id, invitation: invitation.id, invitedBy: invitation.invitedBy, by: actor),
            in: transaction)
        AccessLogStore.append(.made(written, by: actor), in: transaction)
        return Acceptance(workspace: workspace, member: member, token: written, secret: secret)
    }

    /// The same words for all of which nobody is told which it is.
    static let isUnknown = WorkspaceError(.unknownInvitation, "there is no such invitation, or it is not open any more")
    private static let isMember = WorkspaceError(.alreadyMember, "the person is a member of the workspace already")

    // MARK: SQL

    private static let byHash: SQL = """
        -- find an invitation by its hash
        select invitations.id as invitation_id, invitations.role, invitations.email, invitations.invited_by, invitations.accepted_at is not null as is_accepted,
          invitations.revoked_at is null and invitations.expires_at > mainstay_now() and workspaces.deleted_at is null as is_open,
          workspaces.id, workspaces.slug, workspaces.name, workspaces.created_at, workspaces.deleted_at, workspaces.purge_at
        from invitations join workspaces on workspaces.id = invitations.workspace_id
        where invitations.hash = $1
        """
    private static let byEmail: SQL = """
        -- find whom an invitation is for
        select id, name, email from users where lower(email) = lower($1)
        """
    private static let insertUser: SQL = """
        -- make an invited user
        insert into users (id, name, email) values ($1, $2, $3) on conflict do nothing
        """
    private static let markAccepted: SQL = """
        -- accept an invitation
        update invitations set accepted_at = mainstay_now(), accepted_by = $3, token_id = $4
        where workspace_id = $1 and id = $2 and accepted_at is null and revoked_at is null and expires_at > mainstay_now()
        """
    private static let join: SQL = """
        -- let an invited user in
        insert into members (workspace_id, user_id, role) values ($1, $2, $3) returning id, created_at
        """
}
