import Foundation
import Web

/// What publishing came to, with the agent; the character follows it in the answer.
struct PublishedAnswer: Encodable, Sendable {
    struct Version: Encodable, Sendable {
        let version: String
        let number: Int
        let publishedAt: Date
        let change: AgentChange
        let shown: Bool
        let url: String

        enum CodingKeys: String, CodingKey {
            case version, number, change, shown, url
            case publishedAt = "published_at"
        }
    }

    let detail: AgentDetailAnswer
    let publication: Version?
    let looksLike: String?
    let resembles: ResembledAgent?

    enum CodingKeys: String, CodingKey {
        case publication, resembles
        case looksLike = "looks_like"
    }

    init(_ published: AgentDesk.Published, owner: String, advice: [PluginReference: PluginAdvice] = [:]) throws {
        let address = "/v1/agents/\(owner)/\(published.detail.agent.name)"
        detail = try AgentDetailAnswer(published.detail, owner: owner, advice: advice)
        publication = published.publication.map { publication in
            Version(
                version: publication.version.description, number: publication.number, publishedAt: publication.publishedAt,
                change: publication.isNew ? .created : .unchanged, shown: publication.isShown,
                url: "\(address)/v/\(publication.version)")
        }
        looksLike = published.publication?.looksLike
        resembles = published.publication?.resembles
    }

    func encode(to encoder: any Encoder) throws {
        try detail.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(publication, forKey: .publication)
        try container.encodeIfPresent(looksLike, forKey: .looksLike)
        try container.encodeIfPresent(resembles, forKey: .resembles)
    }
}

/// What a publisher may say.
struct PublishRequest: Decodable, Sendable {
    static let maximumChangelog = 1000

    let version: String?
    let changelog: String?

    /// - Throws: a 422 problem for what is no version, and a changelog that is too long.
    func checked() throws -> AgentDesk.Wish {
        var faults: [FieldFault] = []
        let wanted = version.flatMap { SemanticVersion($0) }
        if version != nil, wanted == nil {
            faults.append(FieldFault(body: ["version"], "Send a version such as `1.4.0` or `2.0.0-beta.1` (semver.org), not a range."))
        }
        if let changelog, changelog.count > Self.maximumChangelog {
            faults.append(FieldFault(body: ["changelog"], "Send at most \(Self.maximumChangelog) characters."))
        }
        guard faults.isEmpty else { throw Problem.invalid(faults) }
        return AgentDesk.Wish(version: wanted, changelog: changelog)
    }
}

/// What an agent is to be named.
struct RenameRequest: Decodable, Sendable {
    let name: String

    /// - Throws: a 422 problem for what is no name.
    func checked() throws -> AgentName {
        guard let name = AgentName(name) else {
            throw Problem.invalid([
                FieldFault(
                    body: ["name"],
                    "A name is lower-case letters and digits in groups joined by single hyphens, at most \(AgentName.maximumLength) characters.")
            ])
        }
        return name
    }
}
