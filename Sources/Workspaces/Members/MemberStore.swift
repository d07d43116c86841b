package import Foundation
package import Postgres
import Web

/// All SQL about who is in a workspace and as what.
///
/// Whatever changes that takes the workspace's lock first and looks after it: of two owners who leave at the same moment the later
/// one sees that it is the last. Whoever may no longer give a role takes along the open invitations to it.
package struct MemberStore: Sendable {
    private let pool: PostgresPool
    private let multiUser: Bool

    /// - Parameter multiUser: off, members are read and nobody's place is changed.
    package init(pool: PostgresPool, multiUser: Bool) {
        self.pool = pool
        self.multiUser = multiUser
    }

    // MARK: Reading

    /// Members by the ids of their users, which is the order in which those were made.
    package func page(of workspace: UUID, after user: UUID? = nil, limit: Int) async throws -> [Member] {
        try await pool.query(.workspaces([workspace]), Self.page, workspace, user, limit).map(Self.member)
    }

    /// A member by its id, nil when the workspace has none.
    package func lookUp(_ id: UUID, in workspace: UUID) async throws -> Member? {
        try await pool.query(.workspaces([workspace]), Self.find, workspace, id).first.map(Self.member)
    }

    /// Whether a membership is the asker's own. One that is not there is nobody's.
    func isOwn(_ id: UUID, of asker: Identity) async throws -> Bool {
        guard let user = asker.user else { return false }
        return try await lookUp(id, in: asker.workspace)?.user.id == user
    }

    /// What a user is in the workspace of this session; nil when it is no member.
    static func role(of user: UUID, in workspace: UUID, _ session: some PostgresSession) async throws -> Member.Role? {
        try await session.query(roleOf, workspace, user).first.map { Member.Role(stored: try $0.decode("role")) }
    }

    // MARK: Changing

    /// Gives a member another role. Its tokens have what the new role allows from the next look-up on, which is within a second.
    ///
    /// - Parameters:
    ///   - authority: as which role the actor wants it.
    ///   - asker: the user who asks, whose role is looked at again; nil for who is none.
    /// - Throws: `WorkspaceError` with `multiUserOff`, `unknownMember`, `roleTooLow`, `lastOwner`.
    package func change(
        _ id: UUID, to role: Member.Role, in workspace: UUID, as authority: Member.Role, of asker: UUID? = nil, by actor: AccessActor
    ) async throws -> Member {
        try await changing(workspace) { transaction in
            let authority = try await Self.present(authority, of: asker, in: workspace, transaction)
            let place = try await Self.place(of: id, in: workspace, transaction)
            try MemberRules.check(by: authority, from: place.member.role, to: role, otherOwners: place.otherOwners)
            let changed = try await Self.give(role, to: place.member, in: workspace, transaction)
            Self.note(place.member, as: role, workspace, by: actor, transaction)
            return changed
        }
    }

    /// Removes a member, or lets who asks leave; the tokens of this workspace go along.
    ///
    /// - Parameters:
    ///   - authority: as which role the actor wants it; to leave needs none.
    ///   - asker: the user who asks, whose role is looked at again; nil for who is none.
    /// - Throws: as ``change(_:to:in:as:of:by:)``.
    package func remove(
        _ id: UUID, from workspace: UUID, as authority: Member.Role, of asker: UUID? = nil, by actor: AccessActor
    ) async throws {
        try await changing(workspace) { transaction in
            let authority = try await Self.present(authority, of: asker, in: workspace, transaction)
            let place = try await Self.place(of: id, in: workspace, transaction)
            if place.member.user.id == asker {
                try MemberRules.checkLeaving(place.member.role, otherOwners: place.otherOwners)
            } else {
                try MemberRules.check(by: authority, from: place.member.role, to: nil, otherOwners: place.otherOwners)
            }
            transaction.submit(Self.delete, workspace, id)
            transaction.submit(Self.revokeInvitations, workspace, [place.member.user.id], [String]())
            AccessLogStore.append(.left(place.member.user.id, role: place.member.role.rawValue, workspace, by: actor), in: transaction)
        }
    }

    /// Makes a member the owner and a maintainer of whoever was it before.
    ///
    /// - Parameter user: the owner who hands it over; nil for all that there are.
    /// - Returns: the new owner.
    /// - Throws: `WorkspaceError` with `multiUserOff`, `unknownMember`, `roleTooLow`.
    package func transfer(_ workspace: UUID, to id: UUID, from user: UUID?, by actor: AccessActor) async throws -> Member {
        try await changing(workspace) { transaction in
            try MemberRules.check(try await Self.present(.owner, of: user, in: workspace, transaction), manages: .owner)
            let place = try await Self.place(of: id, in: workspace, transaction)
            let owner = try await Self.give(.owner, to: place.member, in: workspace, transaction)
            let former = try await transaction.query(Self.stepDown, workspace, id, user, Member.Role.maintainer.rawValue)
                .map { try $0.decode("user_id", as: UUID.self) }
            transaction.submit(Self.revokeInvitations, workspace, former, Member.Role.maintainer.givable)
            Self.note(transferOf: workspace, to: place.member, from: former, by: actor, transaction)
            return owner
        }
    }

    private func changing<R: Sendable>(_ workspace: UUID, _ body: @Sendable (PostgresTransaction) async throws -> R) async throws -> R {
        guard multiUser else { throw WorkspaceError.oneWorkspace }
        return try await pool.transaction(.workspaces([workspace])) { transaction in
            try await WorkspaceStore.lock(workspace, in: transaction)
            return try await body(transaction)
        }
    }

    /// As which role somebody asks at this moment: it may have been lowered or removed since its token was looked at, for instance while
    /// the request's body was on its way.
    private static func present(
        _ authority: Member.Role, of asker: UUID?, in workspace: UUID, _ transaction: PostgresTransaction
    ) async throws -> Member.Role {
        guard let asker else { return authority }
        guard let role = try await role(of: asker, in: workspace, transaction) else {
            throw WorkspaceError(.roleTooLow, "whoever asks is no member of the workspace any more")
        }
        return min(authority, role)
    }

    private struct Place {
        let member: Member
        let otherOwners: Int
    }

    private static func place(of id: UUID, in workspace: UUID, _ transaction: PostgresTransaction) async throws -> Place {
        guard let row = try await transaction.query(find, workspace, id).first else {
            throw WorkspaceError(.unknownMember, "the workspace has no such member")
        }
        return Place(member: try member(row), otherOwners: try row.decode("other_owners"))
    }

    private static func give(
        _ role: Member.Role, to member: Member, in workspace: UUID, _ transaction: PostgresTransaction
    ) async throws -> Member {
        guard role != member.role else { return member }
        transaction.submit(update, workspace, member.id, role.rawValue)
        try await transaction.execute(revokeInvitations, workspace, [member.user.id], role.givable)
        return Member(id: member.id, user: member.user, role: role, since: member.since)
    }

    // MARK: The access log

    /// Tells of a member's new role, if it is one.
    private static func note(
        _ member: Member, as role: Member.Role, _ workspace: UUID, by actor: AccessActor, _ transaction: PostgresTransaction
    ) {
        guard member.role != role else { return }
        AccessLogStore.append(.roleChanged(of: member.user.id, from: member.role, to: role, workspace, by: actor), in: transaction)
    }

    /// Tells of a transfer, and of every role that it changed; of nothing where the one owner was it before.
    private static func note(
        transferOf workspace: UUID, to member: Member, from former: [UUID], by actor: AccessActor, _ transaction: PostgresTransaction
    ) {
        guard member.role != .owner || !former.isEmpty else { return }
        AccessLogStore.append(.ownershipMoved(of: workspace, to: member.user.id, by: actor), in: transaction)
        note(member, as: .owner, workspace, by: actor, transaction)
        for user in former {
            AccessLogStore.append(.roleChanged(of: user, from: .owner, to: .maintainer, workspace, by: actor), in: transaction)
        }
    }

    // MARK: Rows

    static func member(_ row: PostgresRow) throws -> Member {
        Member(
            id: try row.decode("member_id"), user: User(id: try row.decode("id"), name: try row.decode("name"), email: try row.decode("email")),
            role: Member.Role(stored: try row.decode("role")), since: try row.decode("since"))
    }

    // MARK: SQL

    private static let page: SQL = """
        -- list members by their users
        select members.id as member_id, users.id, users.name, users.email, members.role, members.created_at as since
        from members join users on users.id = members.user_id
        where members.workspace_id = $1 and ($2::uuid is null or members.user_id > $2) order by members.user_id limit $3
        """
    private static let roleOf: SQL = """
        -- look up a member's role
        select role from members where workspace_id = $1 and user_id = $2
        """
    private static let find: SQL = """
        -- find a member and count the other owners
        select members.id as member_id, users.id, users.name, users.email, members.role, members.created_at as since,
          (select count(*) from members others
            where others.workspace_id = $1 and others.role = 'owner' and others.id <> members.id) as other_owners
        from members join users on users.id = members.user_id
        where members.workspace_id = $1 and members.id = $2
        """
    private static let update: SQL = """
        -- change a member's role
        update members set role = $3 where workspace_id = $1 and id = $2
        """
    private static let delete: SQL = """
        -- remove a member by its id
        delete from members where workspace_id = $1 and id = $2
        """
    private static let stepDown: SQL = """
        -- let owners hand over
        update members set role = $4 where workspace_id = $1 and role = 'owner' and id <> $2 and ($3::uuid is null or user_id = $3)
        returning user_id
        """
    private static let revokeInvitations: SQL = """
        -- revoke invitations that these may not give any more
        update invitations set revoked_at = mainstay_now()
        where workspace_id = $1 and invited_by = any ($2) and role <> all ($3) and accepted_at is null and revoked_at is null
        """
}
