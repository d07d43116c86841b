import Foundation
import Jobs
import Workspaces

/// What the access log is told of what a workspace sets up for its runs. No secret is in it, and no part of one: the log never forgets.
///
/// | event | details |
/// |---|---|
/// | `credential.made`, `.replaced`, `.removed` | – |
/// | `secrets.resealed` | `count`; `sealed_under`: the id of the key |
/// | `tool.made`, `.changed`, `.removed` | `name`; `host` that is called; `disabled` for one that is |
/// | `tool.rotated` | `name`, `overlap_seconds` |
/// | `budget.changed` | the bounds that it has |
/// | `budget.removed` | – |
extension AccessEvent {
    static func credential(_ action: AccessAction, of provider: String, _ workspace: UUID, by actor: AccessActor) -> AccessEvent {
        AccessEvent(action, by: actor, in: workspace, on: .credential(of: provider))
    }

    static func resealed(_ count: Int, under key: String, _ workspace: UUID, by actor: AccessActor) -> AccessEvent {
        AccessEvent(
            .secretsResealed, by: actor, in: workspace, on: .workspace(workspace), details: ["count": "\(count)", "sealed_under": key])
    }

    static func tool(_ action: AccessAction, _ tool: StoredTool, _ workspace: UUID, by actor: AccessActor) -> AccessEvent {
        var details = ["name": tool.name]
        // Of the address the host alone: what stands behind it may be a secret.
        details["host"] = ToolURL(tool.url)?.host.description
        if tool.disabledAt != nil { details["disabled"] = "true" }
        return AccessEvent(action, by: actor, in: workspace, on: .tool(tool.id), details: details)
    }

    static func rotated(_ tool: StoredTool, overlap: TokenOverlap, _ workspace: UUID, by actor: AccessActor) -> AccessEvent {
        AccessEvent(
            .toolRotated, by: actor, in: workspace, on: .tool(tool.id),
            details: ["name": tool.name, "overlap_seconds": "\(overlap.seconds)"])
    }

    /// - Parameters:
    ///   - budget: What it is now; an empty one was taken away.
    ///   - holder: The workspace itself, or one of its tokens.
    static func budget(_ budget: RunBudget, of holder: UUID, _ workspace: UUID, by actor: AccessActor) -> AccessEvent {
        var details: [String: String] = [:]
        details[BudgetBound.runsPerMinute.rawValue] = budget.runsPerMinute.map { "\($0)" }
        details[BudgetBound.tokensPerDay.rawValue] = budget.tokensPerDay.map { "\($0)" }
        details[BudgetBound.costPerDay.rawValue] = budget.costPerDay.map { "\($0)" }
        details[BudgetBound.costPerMonth.rawValue] = budget.costPerMonth.map { "\($0)" }
        return AccessEvent(
            budget.isEmpty ? .budgetRemoved : .budgetChanged, by: actor, in: workspace,
            on: holder == workspace ? .workspace(workspace) : .token(holder), details: details)
    }
}
