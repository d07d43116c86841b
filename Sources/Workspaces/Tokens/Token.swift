package import Foundation
import Web

/// A token as it is kept: everything but the secret.
package struct Token: Sendable, Hashable {
    package let id: UUID
    package let workspace: UUID
    /// The member who made it; nil for one made on the command line.
    package let user: UUID?
    package let name: String
    /// The secret's first characters.
    package let prefix: String
    package let scopes: Set<String>
    package let createdAt: Date
    package let expiresAt: Date?
    /// To about a minute.
    package let lastUsedAt: Date?
    package let revokedAt: Date?
}

/// What a look-up by hash found.
enum TokenVerdict: Sendable, Hashable {
    case valid(Identity)
    case expired
    /// Unknown or revoked: the caller is not told which.
    case invalid
}
