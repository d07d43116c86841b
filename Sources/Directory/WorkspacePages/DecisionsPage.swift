import Foundation
import Jobs
import Web
import Workspaces

/// What operators decided about an agent, for its owner: each statement of reasons, and the form by which to appeal.
struct DecisionsPage: Sendable {
    let agent: UUID
    /// Newest first. Of an agent that is gone its statements are all that there is.
    let statements: [ModerationStatement]
    /// Where older ones begin; nil on the last page.
    let nextCursor: String?
    let isFirst: Bool
    /// Whether the visitor may appeal.
    let mayWrite: Bool
    var said: String?
    /// Why an appeal was not taken, and what it was.
    var faults: [String] = []
    var wanted: String?

    private var address: String { PageAddress.path("workspace", "agents", agent.lowercased) }

    /// The newest decision that holds and takes something from the owner, where nobody has appealed against it. Whether it is too late the
    /// desk says.
    private var appealable: ModerationStatement? {
        guard isFirst, !statements.contains(where: { $0.appeal != nil && $0.appeal?.outcome == nil }) else { return nil }
        return statements.first { $0.appealUntil != nil && $0.liftedAt == nil }.flatMap { $0.appeal == nil ? $0 : nil }
    }

    var title: String { statements.first.map { "\($0.owner)/\($0.name)" } ?? "this agent" }

    var values: PageValues {
        let next = nextCursor.map { PageAddress.query("\(address)/decisions", [(name: "cursor", value: $0)]) }
        return [
            "agent": .text(title), "agentAddress": .text(address), "said": .maybe(said),
            "faults": .section(faults.map { fault -> PageValues in ["fault": .text(fault)] }),
            "appealForm": .flag(appealable != nil && mayWrite), "mayNotWrite": .flag(appealable != nil && !mayWrite),
            "appealAddress": .text("\(address)/appeals"), "textLimit": .text("\(ReportRequest.textLimit)"), "wanted": .maybe(wanted),
            "statements": .section(statements.map(Self.statement)), "next": .maybe(next),
        ]
    }

    private static func statement(_ statement: ModerationStatement) -> PageValues {
        let order = statement.order
        let values: PageValues = [
            "decision": .text(order.decision.done), "tone": .text(statement.liftedAt == nil ? order.decision.tone : "plain"),
            "lifted": .moment(statement.liftedAt), "ground": .text(order.ground.label), "facts": .text(order.facts), "rule": .text(order.rule),
            "decidedBy": .text(order.automated ? "reports alone, until somebody looks" : "a person"), "redress": .text(statement.redress),
            "appeal": appeal(statement.appeal),
        ]
        return values.merging(PageWords.moment(statement.createdAt))
    }

    private static func appeal(_ appeal: ModerationAppeal?) -> PageValue {
        guard let appeal else { return .nothing }
        return .group(["appealText": .text(appeal.text), "outcome": .text(appeal.outcome?.words ?? "nobody has decided about it yet")])
    }
}
