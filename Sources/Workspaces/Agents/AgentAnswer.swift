import Foundation
import Jobs
package import Web

/// An agent as its own workspace sees it.
struct AgentAnswer: Encodable, Sendable {
    /// What pages are cut at; `id` is how it is written.
    let key: UUID
    let id: String
    let owner: String
    let name: String
    let displayName: String
    let visibility: AgentVisibility
    let version: Int
    let forkedFrom: ForkSourceAnswer?
    let createdAt: Date
    let updatedAt: Date

    enum CodingKeys: String, CodingKey {
        case id, owner, name, visibility, version
        case displayName = "display_name"
        case forkedFrom = "forked_from"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
    }

    init(_ agent: Agent, owner: String) {
        key = agent.id
        id = agent.id.lowercased
        self.owner = owner
        name = agent.name
        displayName = agent.displayName
        visibility = agent.visibility
        version = agent.version
        forkedFrom = agent.forkedFrom.map(ForkSourceAnswer.init)
        createdAt = agent.createdAt
        updatedAt = agent.updatedAt
    }
}

/// An agent with its newest version; the character follows it in the answer.
struct AgentDetailAnswer: Encodable, Sendable {
    let agent: AgentAnswer
    let shape: String
    let digest: String
    let changelog: String
    let secretsToSet: [String]
    let plugins: [PluginAnswer]
    let origin: ForkOriginAnswer

    enum CodingKeys: String, CodingKey {
        case shape, digest, changelog, plugins
        case secretsToSet = "secrets_to_set"
    }

    init(_ detail: AgentDetail, owner: String, advice: [PluginReference: PluginAdvice] = [:]) throws {
        agent = AgentAnswer(detail.agent, owner: owner)
        shape = detail.version.shape.rawValue
        digest = detail.version.digest.description
        changelog = detail.version.changelog
        secretsToSet = detail.version.secretPlaces
        plugins = try CharacterFile(document: detail.version.character).plugins.map { PluginAnswer($0, advice: advice[$0]) }
        origin = ForkOriginAnswer(detail.agent.lineage, standing: detail.standing)
    }

    func encode(to encoder: any Encoder) throws {
        try agent.encode(to: encoder)
        try origin.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(shape, forKey: .shape)
        try container.encode(digest, forKey: .digest)
        try container.encode(changelog, forKey: .changelog)
        try container.encode(secretsToSet, forKey: .secretsToSet)
        try container.encode(plugins, forKey: .plugins)
    }
}

/// A plugin that an agent names.
package struct PluginAnswer: Encodable, Sendable {
    package let name: String
    package let range: String?
    /// Absent in lists, which do not look it up.
    package let advice: PluginAdviceAnswer?

    package init(_ plugin: PluginReference, advice: PluginAdvice? = nil) {
        name = plugin.name
        range = plugin.range
        self.advice = advice.map(PluginAdviceAnswer.init)
    }

    package static let schema = JSONSchema.object(
        ["name": .string(), "range": .string("Versions that the agent accepts, when it says so."), "advice": PluginAdviceAnswer.schema],
        optional: ["range", "advice"])
}

/// What an import did, and what its sender should know about the file.
struct ImportAnswer: Encodable, Sendable {
    let detail: AgentDetailAnswer
    let change: AgentChange
    let stripped: [String]
    let duplicates: [String]
    let keyShaped: [KeyFindingAnswer]

    enum CodingKeys: String, CodingKey {
        case change, stripped, duplicates
        case keyShaped = "key_shaped"
    }

    init(_ imported: AgentDesk.Imported, file: CharacterFile, owner: String, advice: [PluginReference: PluginAdvice] = [:]) throws {
        detail = try AgentDetailAnswer(imported.detail, owner: owner, advice: advice)
        change = imported.change
        stripped = file.strippedSecrets.map(\.description)
        duplicates = file.duplicates.map { KeyScanner.redacted($0).description }
        keyShaped = KeyScanner.findings(in: file.document).map(KeyFindingAnswer.init)
    }

    func encode(to encoder: any Encoder) throws {
        try detail.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(change, forKey: .change)
        try container.encode(stripped, forKey: .stripped)
        try container.encode(duplicates, forKey: .duplicates)
        try container.encode(keyShaped, forKey: .keyShaped)
    }
}

/// Something key-shaped, by place and kind.
struct KeyFindingAnswer: Encodable, Sendable {
    let pointer: String
    let kind: String

    init(_ finding: KeyFinding) {
        pointer = finding.pointer.description
        kind = finding.kind
    }
}
