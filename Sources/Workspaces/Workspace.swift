package import Foundation

/// A tenant: what a token belongs to and every row is kept under.
package struct Workspace: Sendable, Hashable {
    package let id: UUID
    /// Its name in URLs.
    package let slug: String
    /// Its name for people.
    package let name: String
    package let createdAt: Date

    /// The one that every installation has, and with `multi-user` off the only one.
    package static let defaultID = UUID(uuid: (0, 0, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 1))
    /// Its slug.
    package static let defaultSlug = "default"
}

/// A person.
package struct User: Sendable, Hashable {
    package let id: UUID
    package let name: String
    package let email: String?
}

/// A person's place in a workspace.
package struct Member: Sendable, Hashable {
    package enum Role: String, Sendable, CaseIterable {
        /// May do everything in the workspace.
        case owner
        case member
    }

    package let user: User
    package let role: Role
    package let since: Date
}
