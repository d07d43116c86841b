import Jobs
package import Web

/// Where a fork came from, as the wire shows it.
package struct ForkSourceAnswer: Encodable, Sendable {
    package let owner: String
    package let name: String
    package let version: Int
    package let agent: String

    package init(_ source: ForkSource) {
        owner = source.owner
        name = source.name
        version = source.version
        agent = source.agent.lowercased
    }

    package static let schema = JSONSchema.named(
        "ForkSource",
        .object(
            ["owner": .string(), "name": .string(), "version": .integer(minimum: 1), "agent": .uuid],
            description: "The published agent and the version that was copied."))
}

/// What a fork says of where it came from, beside `forked_from`. Nothing at all for what is no fork.
package struct ForkOriginAnswer: Encodable, Sendable {
    private let lineage: [ForkSourceAnswer]
    private let behind: Int?
    private let latest: String?
    private let status: ListingStatus?

    private enum CodingKeys: String, CodingKey {
        case lineage, behind, latest
        case status = "original_status"
    }

    package init(_ lineage: [ForkSource], standing: ForkStanding?) {
        self.lineage = lineage.map(ForkSourceAnswer.init)
        behind = standing?.behind
        latest = standing?.latest?.description
        status = standing?.status
    }

    package func encode(to encoder: any Encoder) throws {
        guard !lineage.isEmpty else { return }
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(lineage, forKey: .lineage)
        try container.encodeIfPresent(behind, forKey: .behind)
        try container.encodeIfPresent(latest, forKey: .latest)
        try container.encodeIfPresent(status, forKey: .status)
    }

    /// Its members, for the schemas of answers that hold it. All of them are optional.
    package static let lineageSchema = JSONSchema.array(of: ForkSourceAnswer.schema, maxItems: AgentLineage.maximumSteps)
    package static let behindSchema = JSONSchema.integer("Publications of the original since the version that was copied.", minimum: 0)
    package static let latestSchema = JSONSchema.string("The version that the original shows now.")
    package static let statusSchema = JSONSchema.string(
        "What the original is now; absent when it is listed no more.", oneOf: ListingStatus.allCases.map(\.rawValue))
    /// The names of those members.
    package static let optional: Set<String> = ["lineage", "behind", "latest", "original_status"]
}
