import Foundation
import Jobs
import Web
import Workspaces

/// One case with what was reported, and while nobody has decided the form by which to decide it.
struct CasePage: Sendable {
    let detail: CaseDesk.Detail
    let threshold: Double
    /// What was chosen and typed into a form that came to nothing, and why it did.
    var wanted: DecisionRequest?
    var faults: [String] = []

    private var line: CaseLine { detail.line }
    private var address: String { PageAddress.path("moderation", line.id.lowercased) }

    var title: String { "\(line.kindWords) about \(line.owner)/\(line.name)" }

    var values: PageValues {
        let about: PageValues = [
            "agent": .text("\(line.owner)/\(line.name)"), "agentAddress": .text(PageAddress.path("agents", line.owner, line.name)),
            "kind": .text(line.kindWords), "standing": .text(line.standing.words), "tone": .text(line.standing.tone),
            "status": .text("It is \(line.statusWords)"), "opened": .moment(line.openedAt), "age": .text(line.ageWords), "decided": .maybe(decided),
            "appeal": appeal, "counts": .text(counts), "reports": .section(detail.reports.map(Self.report)),
            "faults": .section(faults.map { fault -> PageValues in ["fault": .text(fault)] }), "said": .nothing,
        ]
        return about.merging(form)
    }

    private var decided: String? { line.decision.map { "\($0.done)." } }

    private var counts: String {
        guard line.reports > 0 else { return "Nobody has reported it in this case." }
        return """
            \(PageWords.count(line.reports, "report", "reports")) by \(PageWords.count(line.reporters, "reporter", "reporters")), \
            \(PageWords.number(line.identified)) with a token: \(line.reasonWords). They weigh \(line.weight(of: threshold)).
            """
    }

    private var appeal: PageValue {
        guard let appeal = line.appeal else { return .nothing }
        let other = appeal.decidedWith.map { PageAddress.path("moderation", $0.lowercased) }
        return .group(["against": .text(appeal.decision.done), "decidedWith": .maybe(other), "appealText": .text(appeal.text)])
    }

    private static func report(_ report: CaseReport) -> PageValues {
        let values: PageValues = [
            "reason": .text(report.reason.label), "version": .text("\(report.version)"),
            "reporter": .text(report.isIdentified ? "somebody with a token" : "somebody unknown"), "contact": .maybe(report.contact),
            "text": .text(report.text),
        ]
        return values.merging(PageWords.moment(report.createdAt))
    }

    // MARK: Before a decision

    var isDecided: Bool { line.decision != nil }

    /// What an operator is asked before something is taken from an agent's owner.
    func question(before order: ModerationOrder, _ wanted: DecisionRequest) -> ConfirmPage {
        let agent = "\(line.owner)/\(line.name)"
        var effects = [
            order.decision.effect(in: line.kind),
            "The owner is told ground, facts and rule at once, and may appeal within \(ModerationStatement.appealDays) days.",
        ]
        if order.decision.isLogged { effects.append("Everybody reads in the public log that it was decided, on what ground and when.") }
        effects.append("The case is decided with it, and not a second time.")
        var page = ConfirmPage(
            question: "\(order.decision.label) \(agent)?", effects: effects, button: "\(order.decision.label) it", action: "\(address)/decision",
            trail: [
                ConfirmPage.Step(label: "Reports and appeals", address: "/moderation"), ConfirmPage.Step(label: agent, address: address),
            ], here: "Decide")
        page.details = [("Ground", order.ground.label), ("Facts", order.facts), ("Rule", order.rule)]
        page.kept = [("decision", wanted.decision), ("ground", wanted.ground), ("facts", wanted.facts), ("rule", wanted.rule ?? "")]
        page.change = "Change what I wrote"
        return page
    }

    // MARK: The form

    private var form: PageValues {
        [
            "decide": .flag(line.decision == nil), "decideAddress": .text("\(address)/decision"),
            "decisions": .list(ModerationDecision.allCases.map(choice)), "grounds": .list(ReportReason.allCases.map(choice)),
            "wantedFacts": .maybe(wanted?.facts), "wantedRule": .maybe(wanted?.rule), "textLimit": .text("\(ReportRequest.textLimit)"),
            "ruleLimit": .text("\(DecisionRequest.ruleLimit)"),
        ]
    }

    private func choice(_ decision: ModerationDecision) -> PageValues {
        [
            "value": .text(decision.rawValue), "label": .text(decision.label), "explanation": .text(decision.effect(in: line.kind)),
            "isOn": .flag(wanted?.decision == decision.rawValue),
        ]
    }

    private func choice(_ ground: ReportReason) -> PageValues {
        ["value": .text(ground.rawValue), "label": .text(ground.label), "isOn": .flag(wanted?.ground == ground.rawValue)]
    }

    /// A fault of the decision, by the words of the form.
    static func words(_ fault: FieldFault) -> String {
        switch fault.place {
        case .pointer("#/decision"): "Say what is decided: choose one."
        case .pointer("#/ground"): "Say on what ground: choose one."
        case .pointer("#/facts"): "What was found: \(fault.detail)"
        case .pointer("#/rule"): "The rule: \(fault.detail)"
        default: fault.detail
        }
    }
}
