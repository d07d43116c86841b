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
    package let version: Int
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
    package let publishedAt: Date
    package let updatedAt: Date
}

/// A listing with its character.
package struct PublishedCharacter: Sendable {
    package let listing: Listing
    package let character: JSONNode
}

/// Words to search listings by, from a person: each has to occur in the name, the title, the summary or a topic.
struct SearchWords: Sendable, Equatable {
    /// Enough to find anything by; each costs a look at every listing.
    static let maximumCount = 8

    /// Patterns for `like`, in lower case, with its wildcards escaped.
    let patterns: [String]

    init(_ text: String) {
        patterns = text.lowercased().split(whereSeparator: \.isWhitespace).prefix(Self.maximumCount).map { word in
            var pattern = "%"
            for character in word.prefix(64) {
                if "%_\\".contains(character) { pattern.append("\\") }
                pattern.append(character)
            }
            return pattern + "%"
        }
    }
}
