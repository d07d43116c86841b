import Foundation
import Hummingbird
package import Web

/// A plugin of the registry as everyone sees it.
struct PluginRecordAnswer: Encodable, Sendable {
    let name: String
    let owner: String
    let repository: String
    let description: String?
    let homepage: String?
    let topics: [String]
    let language: String?
    let stars: Int?
    let license: String?
    /// Absent where the registry does not say.
    let supports: [String]?
    let maintenance: String
    let maintenanceReason: String
    let lastUpdatedAt: Date?
    let firstSeenAt: Date
    let goneAt: Date?
    let url: String

    enum CodingKeys: String, CodingKey {
        case name, owner, repository, description, homepage, topics, language, stars, license, supports, maintenance, url
        case maintenanceReason = "maintenance_reason"
        case lastUpdatedAt = "last_updated_at"
        case firstSeenAt = "first_seen_at"
        case goneAt = "gone_at"
    }

    init(_ plugin: StoredPlugin) {
        let record = plugin.record
        name = record.name
        owner = record.owner
        repository = record.repository
        description = record.description
        homepage = record.homepage
        topics = record.topics
        language = record.language
        stars = record.stars
        license = record.license
        supports = record.lines?.sorted().map(\.rawValue)
        maintenance = plugin.maintenance.signal.rawValue
        maintenanceReason = plugin.maintenance.reason
        lastUpdatedAt = record.lastUpdatedAt
        firstSeenAt = record.firstSeenAt
        goneAt = record.goneAt
        url = "/v1/plugins/\(Self.segment(record.name))"
    }

    /// A name as one segment of a path: `@elizaos/plugin-x` is `%40elizaos%2Fplugin-x`.
    static func segment(_ name: String) -> String {
        name.addingPercentEncoding(withAllowedCharacters: plain) ?? name
    }

    private static let plain = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
}

/// A plugin with its releases and what leans on it.
struct PluginDetailAnswer: ResponseEncodable, Sendable {
    struct Release: Encodable, Sendable {
        let version: String
        let line: String
        let coreRange: String?
        let published: Bool
        let current: Bool
        let firstSeenAt: Date

        enum CodingKeys: String, CodingKey {
            case version, line, published, current
            case coreRange = "core_range"
            case firstSeenAt = "first_seen_at"
        }

        init(_ release: PluginRelease) {
            version = release.version
            line = release.line.rawValue
            coreRange = release.coreRange
            published = release.isPublished
            current = release.isCurrent
            firstSeenAt = release.firstSeenAt
        }
    }

    let plugin: PluginRecordAnswer
    let releases: [Release]
    let agents: Int
    let sourceDigest: String
    let importedAt: Date

    enum CodingKeys: String, CodingKey {
        case releases, agents
        case sourceDigest = "source_digest"
        case importedAt = "imported_at"
    }

    init(_ stored: StoredPlugin, releases: [PluginRelease], agents: Int) {
        plugin = PluginRecordAnswer(stored)
        self.releases = releases.map(Release.init)
        self.agents = agents
        sourceDigest = CharacterDigest(bytes: stored.sourceDigest).description
        importedAt = stored.importedAt
    }

    func encode(to encoder: any Encoder) throws {
        try plugin.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(releases, forKey: .releases)
        try container.encode(agents, forKey: .agents)
        try container.encode(sourceDigest, forKey: .sourceDigest)
        try container.encode(importedAt, forKey: .importedAt)
    }
}

/// Advice on a plugin that an agent names, as agents and listings show it.
package struct PluginAdviceAnswer: Encodable, Sendable {
    package let verdict: String
    package let reason: String
    package let release: String?
    package let coreRange: String?

    enum CodingKeys: String, CodingKey {
        case verdict, reason, release
        case coreRange = "core_range"
    }

    package init(_ advice: PluginAdvice) {
        verdict = advice.verdict.rawValue
        reason = advice.reason
        release = advice.release
        coreRange = advice.coreRange
    }

    package static let schema = JSONSchema.named(
        "PluginAdvice",
        .object(
            [
                "verdict": .string("`unknown`: nobody can say.", oneOf: PluginAdvice.Verdict.allCases.map(\.rawValue)),
                "reason": .string("For people."), "release": .string("The release that was looked at."),
                "core_range": .string("The versions of the core that it asks for, as written."),
            ], optional: ["release", "core_range"], description: "What to know of a plugin before publishing or forking. Nothing is refused for it."))
}
