package import Foundation
package import Postgres

/// All SQL of the end of a person: what a user's rows say about it is erased, and it leaves every workspace.
package struct PersonStore: Sendable {
    let pool: PostgresPool

    /// What an erased person is called, for rows of workspaces go on naming its id.
    static let erasedName = "Erased person"

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    /// The user with that id, nil when there is none.
    package func find(_ id: UUID) async throws -> User? {
        try await pool.query(.role(.auth), Self.byID, id).first.map { row in
            User(id: try row.decode("id"), name: try row.decode("name"), email: try row.decode("email"))
        }
    }

    /// Erases a person: its memberships and their tokens go, invitations no longer say its address, and open ones to it or by it
    /// end; then its name and address are replaced. Again does what is left, also after a crash between the two.
    ///
    /// - Returns: how many workspaces it has left.
    /// - Throws: `WorkspaceError` with `unknownUser`; `lastOwner`, which names workspaces that have no other one, and then nothing was
    ///   done.
    package func erase(_ id: UUID, by actor: AccessActor) async throws -> Int {
        guard let user = try await find(id) else { throw WorkspaceError(.unknownUser, "there is no such user") }
        let workspaces = try await pool.query(.role(.auth), Self.places, id, user.email).map { try $0.decode("workspace_id", as: UUID.self) }
        let left = workspaces.isEmpty ? 0 : try await leave(workspaces, user, by: actor)
        try await pool.transaction(.role(.auth)) { transaction in
            guard try await transaction.execute(Self.replace, id, Self.erasedName) > 0 else { return }
            AccessLogStore.append(.erased(person: id, workspacesLeft: left, by: actor), in: transaction)
        }
        return left
    }

    private func leave(_ workspaces: [UUID], _ user: User, by actor: AccessActor) async throws -> Int {
        try await pool.transaction(.workspaces(workspaces)) { transaction in
            // In the order in which they were found, which is one for all: two erasures do not wait for each other in a circle.
            for workspace in workspaces { try await WorkspaceStore.lock(workspace, in: transaction) }
            let orphans = try await transaction.query(Self.ownedAlone, workspaces, user.id).map { try $0.decode("slug", as: String.self) }
            guard orphans.isEmpty else {
                throw WorkspaceError(
                    .lastOwner, "the person is the last owner of \(orphans.joined(separator: ", ")): transfer or delete what it owns first")
            }
            transaction.submit(Self.forgetInvitations, workspaces, user.id, user.email)
            let left = try await transaction.query(Self.leaveAll, workspaces, user.id)
            for row in left {
                AccessLogStore.append(
                    .left(user.id, role: try row.decode("role"), try row.decode("workspace_id"), isErased: true, by: actor), in: transaction)
            }
            return left.count
        }
    }

    // MARK: SQL

    private static let byID: SQL = """
        -- find a user by its id
        select id, name, email from users where id = $1
        """
    private static let places: SQL = """
        -- find where a person is known
        select workspace_id from members where user_id = $1
        union select workspace_id from invitations where accepted_by = $1 or invited_by = $1
        union select workspace_id from invitations where lower(email) = lower($2)
        order by workspace_id
        """
    private static let ownedAlone: SQL = """
        -- find workspaces that would lose their last owner
        select workspaces.slug from members join workspaces on workspaces.id = members.workspace_id
        where members.workspace_id = any ($1) and members.user_id = $2 and members.role = 'owner' and workspaces.deleted_at is null
          and not exists (
            select 1 from members others
            where others.workspace_id = members.workspace_id and others.role = 'owner' and others.user_id <> $2)
        order by workspaces.slug
        """
    private static let forgetInvitations: SQL = """
        -- forget a person in invitations
        update invitations
        set email = case when accepted_by = $2 or lower(email) = lower($3) then null else email end,
          revoked_at = case when accepted_at is null then coalesce(revoked_at, mainstay_now()) end
        where workspace_id = any ($1) and (accepted_by = $2 or lower(email) = lower($3) or (invited_by = $2 and accepted_at is null))
        """
    private static let leaveAll: SQL = """
        -- remove a person's memberships
        delete from members where workspace_id = any ($1) and user_id = $2 returning workspace_id, role
        """
    private static let replace: SQL = """
        -- erase a user
        update users set name = $2, email = null, erased_at = mainstay_now() where id = $1 and erased_at is null
        """
}
