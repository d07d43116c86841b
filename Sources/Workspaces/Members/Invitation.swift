package import Foundation

/// A way into a workspace, in one role and for one person, as it is kept: everything but the secret.
package struct Invitation: Sendable, Hashable {
    package enum State: String, Sendable, CaseIterable {
        case open
        case accepted
        case revoked
        case expired
    }

    /// Days that one is good for unless asked otherwise.
    package static let standardDays = 7
    /// A month at the most: a secret that lies in a mailbox.
    package static let days = 1...30

    package let id: UUID
    package let role: Member.Role
    /// Whom it is for; nil for whoever has it.
    package let email: String?
    /// The secret's first characters.
    package let prefix: String
    /// The user who invited; nil for one that was made on the command line.
    package let invitedBy: UUID?
    package let createdAt: Date
    package let expiresAt: Date
    package let acceptedAt: Date?
    /// The user who came in by it.
    package let acceptedBy: UUID?
    package let revokedAt: Date?
    /// By the database's time.
    package let state: State
}

/// An address as this module takes one: looked at and not proved, for what proves it is that something sent there comes back.
package enum MailAddress {
    /// Whether a text has the form `local@domain`, without white space and within what the database holds.
    package static func isOne(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return (3...320).contains(text.unicodeScalars.count) && parts.count == 2 && parts.allSatisfy { !$0.isEmpty }
            && text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F && !$0.properties.isWhitespace }
    }

    /// Whether two are the same: by the database's rule, whatever the case of their letters.
    static func areSame(_ one: String, _ other: String) -> Bool { one.lowercased() == other.lowercased() }
}
