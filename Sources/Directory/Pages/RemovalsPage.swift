import Foundation
import Hummingbird
import Jobs
import Postgres
import Web
import Workspaces

/// The public log of removals, for people.
struct RemovalsPage: Sendable {
    let removals: [Removal]
    /// Where older ones begin; nil on the last page.
    let nextCursor: String?

    static let title = "What was removed"

    var values: PageValues {
        let next = nextCursor.map { PageAddress.query("/removals", [(name: "cursor", value: $0)]) }
        return ["removals": .section(removals.map(Self.line)), "next": .maybe(next)]
    }

    private static func line(_ removal: Removal) -> PageValues {
        let isHeld = removal.liftedAt == nil
        let values: PageValues = [
            "agent": .text("\(removal.owner)/\(removal.name)"), "decision": .text(removal.decision == .remove ? "Removed" : "Quarantined"),
            "tone": .text(isHeld ? removal.decision.tone : "plain"), "ground": .text(removal.ground.label),
            "appeal": .maybe(removal.appealOutcome?.words), "lifted": .moment(removal.liftedAt),
        ]
        return values.merging(PageWords.moment(removal.decidedAt))
    }
}

extension AppealOutcome {
    /// What an appeal came to, for people.
    var words: String {
        switch self {
        case .upheld: "the decision stands"
        case .changed: "another decision took its place"
        case .reversed: "the decision was taken back"
        }
    }
}

extension DirectoryPages {
    /// Removals of a page.
    private static let removalRows = 50

    func removals(_ request: Request, _ context: AppContext) async throws -> KeptBody {
        let before = try Query(request)["cursor"].map { try Cursor.decode($0, as: UUID.self) }
        let found = try await pool.transaction(.unscoped) { transaction in
            try await RemovalStore.page(before: before, limit: Self.removalRows + 1, in: transaction)
        }
        let page = RemovalsPage(
            removals: Array(found.prefix(Self.removalRows)),
            nextCursor: found.count > Self.removalRows ? try found.dropLast().last.map { try Cursor.encode($0.id) } : nil)
        let canonical = before == nil ? "\(site.base(for: request))/removals" : nil
        let head = PageHead(title: RemovalsPage.title, canonical: canonical, isUnlisted: before != nil)
        return kept(.removals, head, page.values)
    }
}
