package import Foundation
import Jobs
package import Postgres

/// All SQL about workspaces, and about users and members but what changes a member's place (`MemberStore`) or ends a person's
/// (`PersonStore`).
package struct WorkspaceStore: Sendable {
    let pool: PostgresPool
    let multiUser: Bool

    /// - Parameter multiUser: off, there is the default workspace and no other can be made.
    package init(pool: PostgresPool, multiUser: Bool) {
        self.pool = pool
        self.multiUser = multiUser
    }

    // MARK: Workspaces

    /// Makes a workspace, with an owner when one is named.
    ///
    /// A trigger compares the slug with those of owners, so that no way around this method makes a look-alike.
    /// - Parameter allowsLookAlike: an operator has looked at it. The access log tells what the slug looks like.
    /// - Throws: `WorkspaceError` with `multiUserOff`, `slugTaken`, `slugLooksLike`.
    package func create(
        slug: Slug, name: String, owner: UUID? = nil, allowsLookAlike: Bool = false, by actor: AccessActor
    ) async throws -> Workspace {
        guard multiUser else { throw WorkspaceError.oneWorkspace }
        do {
            return try await make(slug, name: name, owner: owner, looksLike: nil, by: actor)
        } catch let error as PostgresError where error.constraint == "workspaces_slug" {
            throw Self.taken(slug)
        } catch let error as PostgresError where error.constraint == "workspaces_slug_unlike" {
            let known = error.detail ?? "another owner"
            guard allowsLookAlike else {
                throw WorkspaceError(
                    .slugLooksLike, "the slug \"\(slug)\" would be taken for \"\(known)\", which is another owner's or was; choose another one")
            }
            do {
                return try await make(slug, name: name, owner: owner, looksLike: known, by: actor)
            } catch let error as PostgresError where error.constraint == "workspaces_slug" {
                throw Self.taken(slug)
            }
        }
    }

    /// - Parameter looksLike: the slug that it may be taken for, since somebody allowed that.
    private func make(_ slug: Slug, name: String, owner: UUID?, looksLike: String?, by actor: AccessActor) async throws -> Workspace {
        let id = UUID.version7()
        // The policy asks that the new row be in scope, so its id is chosen here.
        return try await pool.transaction(.workspaces([id])) { transaction in
            if looksLike != nil { transaction.submit(Self.allowLookAlike, slug.text) }
            let rows = try await transaction.query(Self.insert, id, slug.text, name)
            if let owner { try await transaction.execute(Self.insertMember, id, owner, Member.Role.owner.rawValue) }
            let workspace = try Self.one(rows, slug: slug.text)
            AccessLogStore.append(.made(id, slug: slug.text, looksLike: looksLike, by: actor), in: transaction)
            if let owner { AccessLogStore.append(.joined(owner, as: .owner, id, by: actor), in: transaction) }
            return workspace
        }
    }

    private static func taken(_ slug: Slug) -> WorkspaceError { WorkspaceError(.slugTaken, "the slug \"\(slug)\" is taken") }

    /// The workspace with that slug, nil when there is none. Asked before a workspace is known, so under the role for it.
    package func find(slug: String) async throws -> Workspace? {
        try await pool.query(.role(.auth), Self.bySlug, slug).first.map(Self.workspace)
    }

    /// A workspace by its id, nil when there is none.
    package func find(_ id: UUID) async throws -> Workspace? {
        try await pool.query(.workspaces([id]), Self.byID, id).first.map(Self.workspace)
    }

    /// All workspaces by slug, deleted ones too, for operators.
    package func list(after slug: String? = nil, limit: Int = 200) async throws -> [Workspace] {
        try await pool.query(.role(.auth), Self.page, slug ?? "", limit).map(Self.workspace)
    }

    // MARK: Users and members

    /// Makes a user.
    /// - Throws: `WorkspaceError` with `emailTaken`.
    package func createUser(name: String, email: String?) async throws -> User {
        let id = UUID.version7()
        do {
            try await pool.execute(.role(.auth), Self.insertUser, id, name, email)
        } catch let error as PostgresError where error.constraint == "users_email" {
            throw WorkspaceError(.emailTaken, "a user with this address exists")
        }
        return User(id: id, name: name, email: email)
    }

    /// The user with that address in any spelling of its letters' case.
    package func findUser(email: String) async throws -> User? {
        try await pool.query(.role(.auth), Self.userByEmail, email).first.map(Self.user)
    }

    /// Lets a user into a workspace.
    /// - Throws: `WorkspaceError` with `alreadyMember`.
    package func add(user: UUID, to workspace: UUID, role: Member.Role, by actor: AccessActor) async throws {
        do {
            try await pool.transaction(.workspaces([workspace])) { transaction in
                try await transaction.execute(Self.insertMember, workspace, user, role.rawValue)
                AccessLogStore.append(.joined(user, as: role, workspace, by: actor), in: transaction)
            }
        } catch let error as PostgresError where error.constraint == "members_once" {
            throw WorkspaceError(.alreadyMember, "the user is a member already")
        }
    }

    /// The members, longest first.
    package func members(of workspace: UUID) async throws -> [Member] {
        try await pool.query(.workspaces([workspace]), Self.allMembers, workspace).map(MemberStore.member)
    }

    // MARK: Rows

    private static func one(_ rows: [PostgresRow], slug: String) throws -> Workspace {
        guard let row = rows.first else { throw WorkspaceError(.unknownWorkspace, "the workspace \"\(slug)\" was not written") }
        return try workspace(row)
    }

    static func workspace(_ row: PostgresRow) throws -> Workspace {
        Workspace(
            id: try row.decode("id"), slug: try row.decode("slug"), name: try row.decode("name"), createdAt: try row.decode("created_at"),
            deletedAt: try row.decode("deleted_at"), purgeAt: try row.decode("purge_at"))
    }

    private static func user(_ row: PostgresRow) throws -> User {
        User(id: try row.decode("id"), name: try row.decode("name"), email: try row.decode("email"))
    }

    // MARK: SQL

    private static let insert: SQL = """
        -- make a workspace
        insert into workspaces (id, slug, name) values ($1, $2, $3) returning id, slug, name, created_at, deleted_at, purge_at
        """
    private static let allowLookAlike: SQL = """
        -- allow a slug that looks like another one
        select set_config('mainstay.look_alike_slug', $1, true)
        """
    private static let bySlug: SQL = """
        -- find a workspace by its slug
        select id, slug, name, created_at, deleted_at, purge_at from workspaces where slug = $1
        """
    private static let byID: SQL = """
        -- find a workspace
        select id, slug, name, created_at, deleted_at, purge_at from workspaces where id = $1
        """
    private static let page: SQL = """
        -- list workspaces
        select id, slug, name, created_at, deleted_at, purge_at from workspaces where slug > $1 order by slug limit $2
        """
    private static let insertUser: SQL = """
        -- make a user
        insert into users (id, name, email) values ($1, $2, $3)
        """
    private static let userByEmail: SQL = """
        -- find a user
        select id, name, email from users where lower(email) = lower($1)
        """
    private static let insertMember: SQL = """
        -- add a member
        insert into members (workspace_id, user_id, role) values ($1, $2, $3)
        """
    private static let allMembers: SQL = """
        -- list members
        select members.id as member_id, users.id, users.name, users.email, members.role, members.created_at as since
        from members join users on users.id = members.user_id
        where members.workspace_id = $1 order by members.created_at, users.id
        """
}
