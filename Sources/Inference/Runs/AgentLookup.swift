package import Foundation

/// What a run needs of an agent: who it is, and how it speaks.
package struct AgentCharacter: Sendable, Equatable {
    package var id: UUID
    /// `owner/name`.
    package var label: String
    package var name: String
    /// The character's own prompt, if it has one.
    package var system: String?
    package var bio: [String]
    package var lore: [String]
    package var topics: [String]
    package var adjectives: [String]
    /// Rules of style for all that it writes and for conversations.
    package var style: [String]

    package init(
        id: UUID, label: String, name: String, system: String? = nil, bio: [String] = [], lore: [String] = [], topics: [String] = [],
        adjectives: [String] = [], style: [String] = []
    ) {
        self.id = id
        self.label = label
        self.name = name
        self.system = system
        self.bio = bio
        self.lore = lore
        self.topics = topics
        self.adjectives = adjectives
        self.style = style
    }
}

/// Finds the agent that a run names.
package protocol AgentLookup: Sendable {
    /// - Parameter reference: `owner/name`, or the id of an agent of the workspace.
    /// - Returns: Nil for an agent that does not exist or that the workspace may not see; the two are not told apart.
    /// - Throws: An error of the store; asking later may help.
    func agent(_ reference: String, workspace: UUID) async throws -> AgentCharacter?

    /// The workspace's own agents for a list, as `owner/name` and in that order; at most a thousand.
    func agents(workspace: UUID) async throws -> [String]
}

extension AgentLookup {
    /// None: for those who find agents and cannot list them.
    package func agents(workspace: UUID) async throws -> [String] { [] }
}

/// For processes that know no agents, and for tests.
package struct NoAgents: AgentLookup {
    package init() {}

    package func agent(_ reference: String, workspace: UUID) async throws -> AgentCharacter? { nil }
}

extension AgentCharacter {
    /// The system prompt that makes a model speak as this agent: its own prompt first, then what its file tells of it.
    ///
    /// Lists are cut to their first entries: a character file may hold hundreds, and a prompt is paid for with every run.
    package var prompt: String {
        var lines: [String] = []
        if let system, !system.isEmpty { lines.append(system) } else { lines.append("You are \(name).") }
        func section(_ title: String, _ entries: [String], _ limit: Int, _ separator: String = "\n- ") {
            let entries = entries.filter { !$0.isEmpty }.prefix(limit)
            guard !entries.isEmpty else { return }
            lines.append("\(title):\(separator == ", " ? " " : separator)\(entries.joined(separator: separator))")
        }
        section("About \(name)", bio, 12)
        section("Background", lore, 8)
        section("Topics", topics, 20, ", ")
        section("Character", adjectives, 12, ", ")
        section("Style", style, 16)
        return lines.joined(separator: "\n\n")
    }

    /// The conversation with the prompt in front. A caller's own system messages stay behind it.
    package func addressed(_ messages: [RunMessage]) -> [RunMessage] {
        [RunMessage(.system, prompt)] + messages
    }
}
