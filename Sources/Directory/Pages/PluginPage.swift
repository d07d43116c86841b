import Foundation
import Web
import Workspaces

/// A plugin's page: whose it is, whether somebody looks after it, what its releases work with, and who uses it.
struct PluginPage: Sendable {
    let plugin: StoredPlugin
    /// Newest first.
    let releases: [PluginRelease]
    /// By spelling: agents name a plugin under either scope.
    let uses: [PluginUse]
    /// Some of them, the most forked first.
    let agents: [Listing]
    /// The version of the platform's core; nil where nobody has said.
    let core: SemanticVersion?

    /// Topics that are shown.
    private static let topics = 30

    /// Where a plugin is read. Its name is one segment of the path.
    static func address(of name: String) -> String { PageAddress.path("plugins", name) }

    private var record: PluginRecord { plugin.record }

    var title: String { record.name }

    /// One sentence, for whoever shows a link to it.
    var summary: String {
        if let text = record.description, !text.isEmpty { return text }
        return "A plugin of \(record.owner). \(plugin.supportWords)."
    }

    var values: PageValues {
        let own: PageValues = [
            "name": .text(record.name), "owner": .text(record.owner), "ownerAddress": .text(PluginsAddress.word(record.owner).text),
            "about": .maybe(record.description), "signal": .text(plugin.maintenance.signal.words), "tone": .text(plugin.maintenance.signal.tone),
            "why": .text(plugin.maintenance.reason), "fit": fit, "supports": .text(plugin.supportWords),
            "license": .maybe(record.license), "language": .maybe(record.language), "updated": .moment(record.lastUpdatedAt),
            "seen": .moment(record.firstSeenAt), "imported": .moment(plugin.importedAt),
            "topics": .section(topicList), "apiAddress": .text(PageAddress.path("v1", "plugins", record.name)),
        ]
        return own.merging(links).merging([
            "releases": .section(releases.map(Self.release)), "uses": .section(uses.map(Self.use)), "agents": .section(agents.map(Self.agent)),
        ])
    }

    private var fit: PageValue {
        guard let core, let advice = plugin.fit(releases, core: core) else { return .nothing }
        return .group([
            "verdict": .text(advice.verdict.words), "fitTone": .text(advice.verdict.tone), "core": .text(core.description),
            "fitWhy": .text(advice.reason),
        ])
    }

    private var topicList: [PageValues] {
        record.topics.prefix(Self.topics).map { topic -> PageValues in
            ["label": .text(PageWords.cut(topic, at: 64)), "address": .text(PluginsAddress.word(topic).text)]
        }
    }

    // MARK: Elsewhere

    private var links: PageValues {
        ["repository": .maybe(Self.web(record.repository)), "homepage": .maybe(Self.web(record.homepage))]
    }

    /// An address that somebody else wrote, as far as a link may lead there: by HTTP, and by nothing that runs.
    static func web(_ text: String?) -> String? {
        guard let text, ["https://", "http://"].contains(where: { text.lowercased().hasPrefix($0) }) else { return nil }
        return text
    }

    // MARK: Lists

    private static func release(_ release: PluginRelease) -> PageValues {
        let own: PageValues = [
            "version": .text(release.version), "line": .text(release.line.rawValue), "range": .maybe(release.coreRange),
            "isCurrent": .flag(release.isCurrent), "isPublished": .flag(release.isPublished),
        ]
        return own.merging(PageWords.moment(release.firstSeenAt))
    }

    private static func use(_ use: PluginUse) -> PageValues {
        let number = use.isCut ? "More than \(PageWords.number(use.agents)) agents" : PageWords.count(use.agents, "agent", "agents")
        return ["agentWords": .text(number), "address": .text(AgentsAddress.plugin(use.spelling).text), "spelling": .text(use.spelling)]
    }

    private static func agent(_ listing: Listing) -> PageValues {
        [
            "address": .text(PageAddress.path("agents", listing.owner, listing.name)), "title": .text(listing.displayName),
            "agentOwner": .text(listing.owner), "forkWords": .text(PageWords.count(listing.forks, "fork", "forks")),
        ]
    }
}
