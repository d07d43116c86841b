import Foundation
import Jobs
import Web
import Workspaces

/// A published agent as everyone sees it.
struct ListingAnswer: Encodable, Sendable {
    /// What pages are cut at; not shown.
    let key: UUID
    let owner: String
    let name: String
    let displayName: String
    let summary: String
    let topics: [String]
    let plugins: [PluginAnswer]
    let version: Int
    let shape: String
    let digest: String
    let secretsToSet: [String]
    let forkedFrom: ForkSourceAnswer?
    let publishedAt: Date
    let updatedAt: Date
    let url: String

    enum CodingKeys: String, CodingKey {
        case owner, name, summary, topics, plugins, version, shape, digest, url
        case displayName = "display_name"
        case secretsToSet = "secrets_to_set"
        case forkedFrom = "forked_from"
        case publishedAt = "published_at"
        case updatedAt = "updated_at"
    }

    init(_ listing: Listing) {
        key = listing.id
        owner = listing.owner
        name = listing.name
        displayName = listing.displayName
        summary = listing.summary
        topics = listing.topics
        plugins = listing.plugins.map(PluginAnswer.init)
        version = listing.version
        shape = listing.shape.rawValue
        digest = listing.digest.description
        secretsToSet = listing.secretPlaces
        forkedFrom = listing.forkedFrom.map(ForkSourceAnswer.init)
        publishedAt = listing.publishedAt
        updatedAt = listing.updatedAt
        url = "/v1/agents/\(listing.owner)/\(listing.name)"
    }
}

/// What a fork may be asked for.
struct ForkRequest: Decodable, Sendable {
    let name: String?

    /// - Throws: a 422 problem for what is no name.
    func checkedName() throws -> String? {
        guard let name else { return nil }
        guard AgentName(name) != nil else {
            throw Problem.invalid([
                FieldFault(
                    body: ["name"],
                    "A name is lower-case letters and digits in groups joined by single hyphens, at most \(AgentName.maximumLength) characters.")
            ])
        }
        return name
    }
}
