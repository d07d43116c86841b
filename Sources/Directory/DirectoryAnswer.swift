import Foundation
import Jobs
import Web
import Workspaces

/// A published agent as everyone sees it in lists.
struct ListingAnswer: Encodable, Sendable {
    let owner: String
    let name: String
    let displayName: String
    let summary: String
    let topics: [String]
    let plugins: [PluginAnswer]
    let version: Int
    let semanticVersion: String?
    let shape: String
    let digest: String
    let secretsToSet: [String]
    let forkedFrom: ForkSourceAnswer?
    let forks: Int
    let status: ListingStatus
    let statusReason: String?
    let statusChangedAt: Date?
    let publishedAt: Date
    let updatedAt: Date
    let resembles: ResembledAgent?
    let maintainer: MaintainerAnswer?
    let url: String

    enum CodingKeys: String, CodingKey {
        case owner, name, summary, topics, plugins, version, shape, digest, forks, status, resembles, maintainer, url
        case displayName = "display_name"
        case semanticVersion = "semantic_version"
        case secretsToSet = "secrets_to_set"
        case forkedFrom = "forked_from"
        case statusReason = "status_reason"
        case statusChangedAt = "status_changed_at"
        case publishedAt = "published_at"
        case updatedAt = "updated_at"
    }

    init(_ listing: Listing, advice: [PluginReference: PluginAdvice] = [:]) {
        owner = listing.owner
        name = listing.name
        displayName = listing.displayName
        summary = listing.summary
        topics = listing.topics
        plugins = listing.plugins.map { PluginAnswer($0, advice: advice[$0]) }
        version = listing.version
        semanticVersion = listing.semanticVersion?.description
        shape = listing.shape.rawValue
        digest = listing.digest.description
        secretsToSet = listing.secretPlaces
        forkedFrom = listing.forkedFrom.map(ForkSourceAnswer.init)
        forks = listing.forks
        status = listing.status
        statusReason = listing.statusReason
        statusChangedAt = listing.statusChangedAt
        publishedAt = listing.publishedAt
        updatedAt = listing.updatedAt
        resembles = listing.resembles
        maintainer = listing.maintainer.map(MaintainerAnswer.init)
        url = listing.path
    }
}

/// A published agent on its own, with where it came from. Its character follows it in the answer, unless it is in quarantine.
struct PublishedAgentAnswer: Encodable, Sendable {
    private let listing: ListingAnswer
    private let origin: ForkOriginAnswer

    init(_ listing: Listing, standing: ForkStanding?, advice: [PluginReference: PluginAdvice]) {
        self.listing = ListingAnswer(listing, advice: advice)
        origin = ForkOriginAnswer(listing.lineage, standing: standing)
    }

    func encode(to encoder: any Encoder) throws {
        try listing.encode(to: encoder)
        try origin.encode(to: encoder)
    }
}

extension Listing {
    /// Where it is read.
    var path: String { "/v1/agents/\(owner)/\(name)" }
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

/// What the status of a published agent is to be.
struct StatusRequest: Decodable, Sendable {
    let status: ListingStatus
    let reason: String?
    /// Of an operator's decision; an owner has none.
    let ground: String?

    /// - Parameter byOperator: whether all statuses may be set, and on a ground.
    /// - Throws: a 422 problem for a status that is not the caller's to set, for a reason that is missing or too long, and for a ground that is none.
    func checked(byOperator: Bool) throws -> StatusOrder {
        let text = reason?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        var faults: [FieldFault] = []
        if !byOperator, !status.isOpen { faults.append(FieldFault(body: ["status"], "An owner sets `active` or `deprecated`.")) }
        if status != .active, text.isEmpty { faults.append(FieldFault(body: ["reason"], "Say why: everyone reads it.")) }
        // As the database counts.
        if text.unicodeScalars.count > ListingStatus.maximumReason {
            faults.append(FieldFault(body: ["reason"], "Send at most \(ListingStatus.maximumReason) characters."))
        }
        let named = byOperator ? ground : nil
        let known = named.flatMap(ReportReason.init(rawValue:))
        if named != nil, known == nil { faults.append(FieldFault(body: ["ground"], "Send one of \(ReportReason.list).")) }
        guard faults.isEmpty else { throw Problem.invalid(faults) }
        return StatusOrder(status: status, reason: text.isEmpty ? nil : text, ground: known)
    }
}

/// The status of a published agent, after it was set.
struct StatusAnswer: Encodable, Sendable {
    let owner: String
    let name: String
    let status: ListingStatus
    let reason: String?
    let changedAt: Date?

    enum CodingKeys: String, CodingKey {
        case owner, name, status, reason
        case changedAt = "changed_at"
    }

    init(_ listing: Listing) {
        owner = listing.owner
        name = listing.name
        status = listing.status
        reason = listing.statusReason
        changedAt = listing.statusChangedAt
    }
}
