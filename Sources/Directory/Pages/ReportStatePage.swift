import Jobs
import Web
import Workspaces

/// What became of a report, for whoever made it: what was decided, and nothing of what the owner was told.
struct ReportStatePage: Sendable {
    let state: ReportStore.State

    var values: PageValues {
        let agent = PageAddress.path("agents", state.owner, state.name)
        let (word, words, tone) = told
        let redress = state.decidedAt == nil ? "" : "If you think that the decision is wrong, report the agent again and say why."
        return [
            "agent": .text("\(state.owner)/\(state.name)"), "agentAddress": .text(agent), "reportAddress": .text("\(agent)/report"),
            "state": .text(word), "words": .text(words), "tone": .text(tone), "reason": .text(state.reason.label),
            "arrived": .moment(state.createdAt), "decided": .moment(state.decidedAt), "report": .text(state.id.lowercased), "redress": .text(redress),
        ]
    }

    private var told: (word: String, words: String, tone: String) {
        guard let decision = state.decision else { return ("Received", "Nobody has decided about it yet.", "plain") }
        return ("Decided", decision.toReporter, decision.tone)
    }
}

extension ModerationDecision {
    /// A word for a choice, a headline or a cell.
    var label: String {
        switch self {
        case .dismiss: "Dismiss"
        case .restore: "Restore"
        case .deprecate: "Deprecate"
        case .quarantine: "Quarantine"
        case .remove: "Remove"
        }
    }

    /// What it does to the listing, for whoever is to decide.
    func effect(in kind: ModerationCase.Kind) -> String {
        switch (self, kind) {
        case (.dismiss, .report): "Nothing is wrong: what reports alone have quarantined goes back to where it was."
        case (.dismiss, .appeal): "The decision that the appeal is against stands."
        case (.restore, _): "It is active again."
        case (.deprecate, _): "It is found and forked still, and nobody is advised to."
        case (.quarantine, _): "It is not found and not forked, for as long as it takes."
        case (.remove, _): "It is gone from the directory, and the owners of its forks are told."
        }
    }

    /// What was done, as its headline.
    var done: String {
        switch self {
        case .dismiss: "Nothing was changed"
        case .restore: "It was restored"
        case .deprecate: "It was deprecated"
        case .quarantine: "It was put in quarantine"
        case .remove: "It was removed"
        }
    }

    /// The class of its colour.
    var tone: String {
        switch self {
        case .dismiss: "plain"
        case .restore: "good"
        case .deprecate: "warn"
        case .quarantine, .remove: "bad"
        }
    }

    fileprivate var toReporter: String {
        switch self {
        case .dismiss: "Somebody looked at it and found nothing that goes against the rules."
        case .restore: "Somebody looked at it, and the agent is in the directory."
        case .deprecate: "The agent is marked as one that is not recommended."
        case .quarantine: "The agent was taken out of the directory until further notice."
        case .remove: "The agent was removed from the directory."
        }
    }
}
