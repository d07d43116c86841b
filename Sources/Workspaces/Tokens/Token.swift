package import Foundation
package import Web

/// A token as it is kept: everything but the secret.
package struct Token: Sendable, Hashable {
    /// What becomes of a request that shows it, by the database's time. The first that fits.
    package enum State: String, Sendable, CaseIterable {
        case revoked
        case expired
        /// Its use looked suspicious; it ends by itself.
        case locked
        case valid
    }

    /// Days after which one may expire, at the command line and on pages; without any it never does. A hundred years at the most: what
    /// lives longer is meant to live for ever.
    package static let days = 1...36_500

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
    /// When its last lock ends or has ended; nil for one that was never locked, or was unlocked.
    package let lockedUntil: Date?
    /// The token that was made in its place.
    package let replacedBy: UUID?
    package let state: State
}

/// What a token may do at this moment, and whose it is where that is an operator.
package struct TokenStanding: Sendable, Hashable {
    /// Of the operator whose token it is, else of the token itself.
    package let name: String
    package let `operator`: Operator?
    package let scopes: Set<String>

    package init(name: String, operator holder: Operator? = nil, scopes: Set<String>) {
        self.name = holder?.name ?? name
        self.operator = holder
        self.scopes = scopes
    }
}

/// What a look-up by hash found.
enum TokenVerdict: Sendable, Hashable {
    case valid(Identity)
    case expired
    /// It would be valid, had its workspace not been deleted.
    case deleted(Identity)
    /// Its use looked suspicious, and it is locked for so long.
    case locked(left: Duration)
    /// Unknown or revoked: the caller is not told which.
    case invalid
}
