package import Foundation
package import Workspaces

/// An agent as anyone may read it: a copy without secrets, made when its owner published it.
package struct Listing: Sendable {
    /// Its place in lists: newer ones are greater.
    package let id: UUID
    /// The slug of the workspace that published it.
    package let owner: String
    package let name: String
    package let agent: UUID
    /// The number of the agent's own version that is shown.
    package let version: Int
    /// Nil where the release before this one published it.
    package let semanticVersion: SemanticVersion?
    package let digest: CharacterDigest
    package let shape: CharacterShape
    package let displayName: String
    /// The first sentence or so of the character.
    package let summary: String
    package let topics: [String]
    package let plugins: [PluginReference]
    /// What someone who forks it has to set.
    package let secretPlaces: [String]
    package let forkedFrom: ForkSource?
    /// Nearest first; empty for what is no fork.
    package let lineage: [ForkSource]
    /// How often it was forked; a fork that was deleted does not count.
    package let forks: Int
    package let status: ListingStatus
    package let statusReason: String?
    /// Nil while it never changed.
    package let statusChangedAt: Date?
    package let publishedAt: Date
    package let updatedAt: Date
    /// Another owner's agent whose title it has, as long as that one is found and has it. That one had it first.
    package let resembles: ResembledAgent?
    /// Who stands behind the owner; nil where operators have not verified it.
    package let maintainer: VerifiedMaintainer?
}

/// A listing with its character.
package struct PublishedCharacter: Sendable {
    package let listing: Listing
    package let character: JSONNode
}

/// Where an agent is listed.
package struct ListingPlace: Sendable, Equatable {
    package let owner: String
    package let name: String

    package init(owner: String, name: String) {
        self.owner = owner
        self.name = name
    }
}
