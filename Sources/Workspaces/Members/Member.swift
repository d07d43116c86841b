package import Foundation

/// A person.
package struct User: Sendable, Hashable {
    package let id: UUID
    package let name: String
    package let email: String?
}

/// A person's place in a workspace.
package struct Member: Sendable, Hashable {
    /// What a member is in a workspace, each more than those above it. What it may do is in `Role.scopes`.
    package enum Role: String, Sendable, CaseIterable {
        /// Reads.
        case viewer
        /// Works.
        case member
        /// Looks after the members and their tokens.
        case maintainer
        /// May do everything in the workspace.
        case owner
    }

    /// Of the membership: another one, should the person leave and come again.
    package let id: UUID
    package let user: User
    package let role: Role
    package let since: Date
}

extension Member.Role: Comparable {
    private var rank: Int {
        switch self {
        case .viewer: 0
        case .member: 1
        case .maintainer: 2
        case .owner: 3
        }
    }

    package static func < (one: Member.Role, other: Member.Role) -> Bool { one.rank < other.rank }

    /// The role that a row names. One that this release does not know may do the least: who made it so knew better.
    init(stored word: String) {
        self = Member.Role(rawValue: word) ?? .viewer
    }
}
