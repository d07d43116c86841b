import Mustache

/// The templates of the pages, read once when the server starts.
///
/// They are the files of `Templates/`, carried in the binary. Each is a whole page between `top` and `bottom`, but for those that are
/// parts of several: `card`, one agent in a list, `plugins` and `lineage`.
struct PageTemplates: Sendable {
    enum Page: String, Sendable, CaseIterable {
        case agents, agent, registry, plugin, difference, report, thanks, reported, fork, signin, progress, workspace, own, decisions, problem
        case operatorin, moderation, judge, owners, removals, confirm, done
        case invitations, invited, invitation, offer, joined
        case signedin, choose, outsider
    }

    /// A template that is none.
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    static let sources: [(name: String, bytes: [UInt8])] = [
        (name: "top", bytes: PackageResources.top_mustache),
        (name: "bottom", bytes: PackageResources.bottom_mustache),
        (name: "card", bytes: PackageResources.card_mustache),
        (name: "plugins", bytes: PackageResources.plugins_mustache),
        (name: "lineage", bytes: PackageResources.lineage_mustache),
        (name: "agents", bytes: PackageResources.agents_mustache),
        (name: "agent", bytes: PackageResources.agent_mustache),
        (name: "registry", bytes: PackageResources.registry_mustache),
        (name: "plugin", bytes: PackageResources.plugin_mustache),
        (name: "difference", bytes: PackageResources.difference_mustache),
        (name: "report", bytes: PackageResources.report_mustache),
        (name: "thanks", bytes: PackageResources.thanks_mustache),
        (name: "reported", bytes: PackageResources.reported_mustache),
        (name: "fork", bytes: PackageResources.fork_mustache),
        (name: "signin", bytes: PackageResources.signin_mustache),
        (name: "signedin", bytes: PackageResources.signedin_mustache),
        (name: "choose", bytes: PackageResources.choose_mustache),
        (name: "outsider", bytes: PackageResources.outsider_mustache),
        (name: "progress", bytes: PackageResources.progress_mustache),
        (name: "workspace", bytes: PackageResources.workspace_mustache),
        (name: "own", bytes: PackageResources.own_mustache),
        (name: "decisions", bytes: PackageResources.decisions_mustache),
        (name: "invitations", bytes: PackageResources.invitations_mustache),
        (name: "invited", bytes: PackageResources.invited_mustache),
        (name: "invitation", bytes: PackageResources.invitation_mustache),
        (name: "offer", bytes: PackageResources.offer_mustache),
        (name: "joined", bytes: PackageResources.joined_mustache),
        (name: "operatorin", bytes: PackageResources.operatorin_mustache),
        (name: "moderation", bytes: PackageResources.moderation_mustache),
        (name: "judge", bytes: PackageResources.judge_mustache),
        (name: "owners", bytes: PackageResources.owners_mustache),
        (name: "removals", bytes: PackageResources.removals_mustache),
        (name: "confirm", bytes: PackageResources.confirm_mustache),
        (name: "done", bytes: PackageResources.done_mustache),
        (name: "problem", bytes: PackageResources.problem_mustache),
    ]

    private let library: MustacheLibrary

    /// - Throws: ``Fault`` for what cannot be read: a mistake in one of the files.
    init() throws {
        MustacheContentTypes.register(PageText(), named: PageText.name)
        var library = MustacheLibrary()
        for (name, bytes) in Self.sources {
            do {
                try library.register(PageText.pragma + String(decoding: bytes, as: UTF8.self), named: name)
            } catch {
                throw Fault(description: "the template \(name) cannot be read: \(error)")
            }
        }
        for page in Page.allCases where library.getTemplate(named: page.rawValue) == nil {
            throw Fault(description: "there is no template \(page.rawValue)")
        }
        self.library = library
    }

    /// A whole document.
    func document(_ page: Page, _ head: PageHead, _ values: PageValues) -> String {
        // The initializer has seen that every page has a template.
        library.render(head.values.merging(values), withTemplate: page.rawValue) ?? ""
    }
}
