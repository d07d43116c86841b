import Foundation
import Web
import Workspaces

/// The forms by which an agent is named anew, and by which its owner advises against it.
extension OwnAgentPage {
    /// A form that comes back with what was typed into it.
    struct Typed: Sendable {
        enum Field: Sendable { case name, reason }

        let field: Field
        let text: String
        /// Why it was not carried out; nil for whoever has thought again.
        var problem: Problem?

        /// In a sentence or two: the fault of the field itself where it has one.
        var fault: String? { problem.map { $0.errors.first?.detail ?? $0.detail ?? $0.title } }
    }

    /// Both forms are there for whoever may write, unless operators have taken the agent out; the second one for what is public.
    private var mayChange: Bool { mayWrite && !isModerated }
    private var mayDeprecate: Bool { mayChange && own.listed != nil }
    private var isDeprecated: Bool { own.listed?.status == .deprecated }

    var changes: PageValues {
        [
            "rename": .flag(mayChange), "renameAddress": .text("\(address)/rename"), "renameWords": .text(renameWords),
            "nameLimit": .text("\(AgentName.maximumLength)"), "wantedName": .text(text(of: .name) ?? own.agent.name),
            "nameFault": .maybe(fault(of: .name)), "deprecate": .flag(mayDeprecate), "statusAddress": .text("\(address)/status"),
            "deprecateWords": .text(deprecateWords), "deprecateWord": .text(isDeprecated ? "Change the reason" : "Deprecate it"),
            "reasonLimit": .text("\(ListingStatus.maximumReason)"), "wantedReason": .maybe(text(of: .reason) ?? own.listed?.reason),
            "reasonFault": .maybe(fault(of: .reason)), "undeprecate": .flag(mayDeprecate && isDeprecated),
        ]
    }

    private var renameWords: String {
        guard own.listed != nil else {
            return "Only this workspace sees it, so nothing has to lead here. From its first publication on its names are kept for it."
        }
        return "The old address leads to the new one for ever, and the old name stays yours. You are asked first."
    }

    private var deprecateWords: String {
        if isDeprecated { return "It is found and forked still, below others, and everyone reads the reason." }
        return "To advise against it: it is found and forked still, below others, and everyone reads the reason. All of its versions are meant."
    }

    private func text(of field: Typed.Field) -> String? { typed.flatMap { $0.field == field ? $0.text : nil } }
    private func fault(of field: Typed.Field) -> String? { typed.flatMap { $0.field == field ? $0.fault : nil } }

    /// The fault where the form that it is of is not shown any more: operators, or another tab, were faster.
    var typedNotice: PageValue {
        guard let typed, let problem = typed.problem, let fault = typed.fault else { return .nothing }
        let isShown = typed.field == .name ? mayChange : mayDeprecate
        return isShown ? .nothing : .group(["headline": .text(problem.title), "detail": .text(fault), "places": .nothing])
    }

    /// Before an agent that is public gets another name.
    func question(beforeNaming name: AgentName) -> ConfirmPage {
        let (old, owner) = (own.agent.name, slug ?? "")
        var page = ConfirmPage(
            question: "Rename \(old) to \(name)?",
            effects: [
                "Its page is \(PageAddress.path("agents", owner, name.text)) from now on, and \(PageAddress.path("agents", owner, old)) leads there.",
                "That holds for ever: links, forks and programs that know the old name find it, and nobody else gets that name.",
                "The new name is kept for it in the same way, also when it is renamed again.",
            ], button: "Rename it", action: "\(address)/rename",
            trail: [ConfirmPage.Step(label: "Workspace", address: "/workspace"), ConfirmPage.Step(label: old, address: address)], here: "Rename")
        page.kept = [(name: "name", value: name.text)]
        page.change = "Choose another name"
        return page
    }
}
