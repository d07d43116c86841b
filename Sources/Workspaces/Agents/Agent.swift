package import Foundation

/// Who may see an agent.
package enum AgentVisibility: String, Sendable, Codable {
    /// Its workspace only.
    case `private`
    /// Everyone may read its published copy and fork it.
    case `public`
}

/// Where a fork came from: the published agent, and the version that was copied. It stays when the original goes.
package struct ForkSource: Sendable, Equatable {
    package let owner: String
    package let name: String
    package let version: Int
    package let agent: UUID

    package init(owner: String, name: String, version: Int, agent: UUID) {
        self.owner = owner
        self.name = name
        self.version = version
        self.agent = agent
    }
}

/// An agent of a workspace: a name, and a history of versions.
package struct Agent: Sendable, Equatable {
    package let id: UUID
    package let name: String
    package let displayName: String
    package let visibility: AgentVisibility
    package let forkedFrom: ForkSource?
    /// Nearest first: `forkedFrom`, what that was forked from, and so on; see ``AgentLineage``. Empty for what is no fork.
    package let lineage: [ForkSource]
    /// The number of its newest version.
    package let version: Int
    package let createdAt: Date
    package let updatedAt: Date
}

/// What an agent was at one point. Never changed once written.
package struct AgentVersion: Sendable {
    /// Counted from 1 in each agent.
    package let number: Int
    package let shape: CharacterShape
    package let digest: CharacterDigest
    /// The character file without its secrets.
    package let character: JSONNode
    /// Places from which secrets were taken when the file was read: what a runtime needs set before it can work.
    package let secretPlaces: [String]
    package let changelog: String
    package let createdAt: Date
}

/// An agent together with its newest version.
package struct AgentDetail: Sendable {
    package let agent: Agent
    package let version: AgentVersion
    /// Of a fork whose original is listed still.
    package var standing: ForkStanding?
}

/// What an import did.
package enum AgentChange: String, Sendable, Codable {
    case created
    /// The agent was there and gained a version.
    case updated
    /// Its newest version already says the same.
    case unchanged
}
