import Foundation
import Workspaces

/// A version as it was published, without its document.
struct PublishedVersion: Sendable, Equatable {
    let version: SemanticVersion
    /// Of the agent's own history.
    let number: Int
    /// The slug of the workspace that published it.
    let publisher: String
    let digest: CharacterDigest
    let shape: CharacterShape
    let secretPlaces: [String]
    let changelog: String
    let publishedAt: Date
}

/// A version with its document.
struct PublishedDocument: Sendable {
    let version: PublishedVersion
    let character: JSONNode
}
