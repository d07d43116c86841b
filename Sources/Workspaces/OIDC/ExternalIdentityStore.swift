package import Foundation
package import Postgres

/// All SQL about external identities: whose they are, and what that user is in a workspace.
package struct ExternalIdentityStore: Sendable {
    let pool: PostgresPool

    /// Whose an identity is, and since when.
    package struct Link: Sendable, Hashable {
        package let identity: ExternalIdentity
        package let user: UUID
        package let since: Date
    }

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    // MARK: Before the workspace is known

    /// What an identity is in the workspace of that slug. Two seconds at most: a request waits for it.
    func place(of identity: ExternalIdentity, in slug: String) async throws -> ExternalPlace {
        let rows = try await pool.query(.role(.auth), Self.placeOf, identity.issuer, identity.subject, slug, timeout: .seconds(2))
        guard let row = rows.first else { return .unlinked }
        guard let role = try row.decode("role", as: String?.self) else { return .stranger }
        if try row.decode("deleted", as: Bool.self) { return .deleted }
        return .member(
            user: try row.decode("user_id"), workspace: try row.decode("workspace_id"), slug: try row.decode("slug"),
            role: Member.Role(stored: role))
    }

    /// Makes an identity that is nobody's that of the user with this address, which the issuer has verified.
    ///
    /// A user whom another identity of the same issuer stands for is left alone: an address may have been given to somebody else there,
    /// and the user here is still the first one.
    /// - Returns: false where nothing was done: no user has the address, that one has an identity of this issuer, or this identity is
    ///   somebody's already.
    func link(_ identity: ExternalIdentity, email: String) async throws -> Bool {
        // Nobody has shown a token of ours: the issuer's word is what links it.
        let actor = AccessActor.system("oidc")
        return try await pool.transaction(.role(.auth), timeout: .seconds(2)) { transaction in
            let rows = try await transaction.query(Self.linkByEmail, identity.id, identity.issuer, identity.subject, email)
            return try Self.note(rows, identity, by: actor, in: transaction)
        }
    }

    // MARK: For operators

    /// Makes an identity a user's.
    /// - Returns: false where nothing was done: there is no such user, it has an identity of this issuer, or this identity is somebody's
    ///   already. ``unlink(_:by:)`` comes first then.
    package func link(_ identity: ExternalIdentity, user: UUID, by actor: AccessActor) async throws -> Bool {
        try await pool.transaction(.role(.auth)) { transaction in
            let rows = try await transaction.query(Self.linkUser, identity.id, identity.issuer, identity.subject, user)
            return try Self.note(rows, identity, by: actor, in: transaction)
        }
    }

    /// Makes an identity nobody's: its tokens are refused within a second. Linking by address may bring it back.
    /// - Returns: false when it was nobody's.
    package func unlink(_ identity: ExternalIdentity, by actor: AccessActor) async throws -> Bool {
        try await pool.transaction(.role(.auth)) { transaction in
            guard let row = try await transaction.query(Self.delete, identity.issuer, identity.subject).first else { return false }
            AccessLogStore.append(.unlinked(identity, from: try row.decode("user_id"), by: actor), in: transaction)
            return true
        }
    }

    /// Tells the access log of a link that was made.
    /// - Parameter rows: the link, or none.
    private static func note(
        _ rows: [PostgresRow], _ identity: ExternalIdentity, by actor: AccessActor, in transaction: PostgresTransaction
    ) throws -> Bool {
        guard let row = rows.first else { return false }
        AccessLogStore.append(.linked(identity, to: try row.decode("user_id"), by: actor), in: transaction)
        return true
    }

    /// The identities of a user, one of each issuer at the most.
    package func links(of user: UUID) async throws -> [Link] {
        try await pool.query(.role(.auth), Self.byUser, user).map { row in
            Link(
                identity: ExternalIdentity(issuer: try row.decode("issuer"), subject: try row.decode("subject")), user: try row.decode("user_id"),
                since: try row.decode("linked_at"))
        }
    }

    // MARK: SQL

    // A link and the erasure of its person, at the same moment: whichever comes second waits for the user's row and sees the first.
    private static let placeOf: SQL = """
        -- find the place of an external identity
        select external_identities.user_id, workspaces.id as workspace_id, workspaces.slug, members.role,
          workspaces.deleted_at is not null as deleted
        from external_identities
          left join workspaces on workspaces.slug = $3
          left join members on members.workspace_id = workspaces.id and members.user_id = external_identities.user_id
        where external_identities.issuer = $1 and external_identities.subject = $2
        """
    private static let linkByEmail: SQL = """
        -- link an external identity by its address
        insert into external_identities (id, issuer, subject, user_id)
        select $1, $2, $3, users.id from users where lower(users.email) = lower($4) and users.erased_at is null
        for share
        on conflict do nothing
        returning user_id
        """
    private static let linkUser: SQL = """
        -- link an external identity to a user
        insert into external_identities (id, issuer, subject, user_id)
        select $1, $2, $3, users.id from users where users.id = $4 and users.erased_at is null
        for share
        on conflict do nothing
        returning user_id
        """
    private static let delete: SQL = """
        -- unlink an external identity
        delete from external_identities where issuer = $1 and subject = $2 returning user_id
        """
    private static let byUser: SQL = """
        -- list the external identities of a user
        select issuer, subject, user_id, linked_at from external_identities where user_id = $1 order by issuer
        """
}
