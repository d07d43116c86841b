import Foundation
import Jobs

/// The way of a fork back to its origin: what it was forked from, what that was forked from, and so on.
///
/// It is written when the fork is made, from what the original's public copy says of itself, so that it stays whole when an agent
/// on the way is renamed, unpublished or deleted.
package enum AgentLineage {
    /// Steps that are kept. The nearest ones stay.
    package static let maximumSteps = 32

    /// The lineage of what is forked from `source` now.
    package static func extending(_ lineage: [ForkSource], by source: ForkSource) -> [ForkSource] {
        Array(([source] + lineage).prefix(maximumSteps))
    }

    /// `[{"owner": …, "name": …, "version": …, "agent": …}]`, the form of the columns, nearest first.
    static func document(_ lineage: [ForkSource]) -> JSONNode {
        .array(
            lineage.map { source in
                .object([
                    JSONMember(name: "owner", value: .string(source.owner)), JSONMember(name: "name", value: .string(source.name)),
                    JSONMember(name: "version", value: .number(String(source.version))),
                    JSONMember(name: "agent", value: .string(source.agent.lowercased)),
                ])
            })
    }
}

/// How far a fork is behind the agent that it was made of, which is still listed.
package struct ForkStanding: Sendable, Equatable {
    /// Publications of the original since the version that was copied.
    package let behind: Int
    /// The version that the original shows now; nil where the release before this one published it.
    package let latest: SemanticVersion?
    /// What the original is now.
    package let status: ListingStatus

    package init(behind: Int, latest: SemanticVersion?, status: ListingStatus) {
        self.behind = behind
        self.latest = latest
        self.status = status
    }
}
