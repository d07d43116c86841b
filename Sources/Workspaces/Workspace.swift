package import Foundation

/// A tenant: what a token belongs to and every row is kept under.
package struct Workspace: Sendable, Hashable {
    package let id: UUID
    /// Its name in URLs.
    package let slug: String
    /// Its name for people.
    package let name: String
    package let createdAt: Date
    /// When it was deleted; nil while it is in use.
    package let deletedAt: Date?
    /// From when on what is left of a deleted one is purged. Until then an owner may restore it.
    package let purgeAt: Date?

    /// The one that every installation has, and with `multi-user` off the only one.
    package static let defaultID = UUID(uuid: (0, 0, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 1))
    /// Its slug.
    package static let defaultSlug = "default"
}
