import Web
import Workspaces

/// One agent in a list.
struct AgentCardPart: Sendable {
    let listing: Listing
    let mark: ListingMark?
    /// On all plugins of the page.
    let advice: [PluginReference: PluginAdvice]

    /// Topics that are shown.
    private static let topics = 5

    var values: PageValues {
        let address = PageAddress.path("agents", listing.owner, listing.name)
        let isByOwner = mark?.isByOwner(listing) ?? false
        return [
            "anchor": .text("agent-\(listing.owner)-\(listing.name)"), "address": .text(address), "title": .text(listing.displayName),
            "owner": .text(listing.owner), "name": .text(listing.name), "ownerAddress": .text(AgentsAddress.owner(listing.owner).text),
            "isDeprecated": .flag(listing.status == .deprecated), "isByOwner": .flag(isByOwner), "summary": .maybe(listing.summary),
            "maintainer": MaintainerPart.value(listing.maintainer), "looksLike": LikenessPart.value(mark?.looksLike),
            "resembles": LikenessPart.value(listing.resembles?.address),
            "pluginWarning": .maybe(PluginPart.warning(listing.plugins, advice)),
            "topics": .section(TopicPart.list(listing.topics, limit: Self.topics)), "version": .maybe(listing.semanticVersion?.description),
            "updated": .moment(listing.updatedAt), "forkWords": .text(PageWords.count(listing.forks, "fork", "forks")),
            "reportAddress": .text("\(address)/report"),
        ]
    }
}

/// Who stands behind an owner, as operators have verified it.
enum MaintainerPart {
    static func value(_ maintainer: VerifiedMaintainer?) -> PageValue {
        guard let maintainer else { return .nothing }
        return .group([
            "maintainerName": .text(maintainer.name), "maintainerSite": .maybe(maintainer.site), "verified": .moment(maintainer.verifiedAt),
        ])
    }
}

/// A topic as a link to all agents that have it.
enum TopicPart {
    static func list(_ topics: [String], limit: Int) -> [PageValues] {
        topics.prefix(limit).map { topic -> PageValues in
            ["label": .text(PageWords.cut(topic, at: 64)), "address": .text(AgentsAddress.tag(topic).text)]
        }
    }
}

/// Another owner's agent that a name or a title could be taken for.
enum LikenessPart {
    /// - Parameter place: `owner/name`.
    static func value(_ place: String?) -> PageValue {
        guard let place else { return .nothing }
        let words = place.split(separator: "/", maxSplits: 1).map(String.init)
        guard words.count == 2 else { return .nothing }
        return .group(["likeName": .text(place), "likeAddress": .text(PageAddress.path("agents", words[0], words[1]))])
    }
}

/// The plugins that an agent names, with what is known of each.
enum PluginPart {
    /// The gravest thing that is to be said of them, and how many more there are.
    static func warning(_ plugins: [PluginReference], _ advice: [PluginReference: PluginAdvice]) -> String? {
        let grave = PluginAdvice.grave(plugins.compactMap { advice[$0] })
        guard let first = grave.first else { return nil }
        let more = grave.count > 1 ? ", and \(PageWords.count(grave.count - 1, "more plugin", "more plugins"))" : ""
        return "\(first.verdict.words): \(first.reference.name)\(more)"
    }

    static func list(_ plugins: [PluginReference], _ advice: [PluginReference: PluginAdvice]) -> [PageValues] {
        plugins.map { plugin -> PageValues in
            let found = advice[plugin]
            let verdict = found?.verdict ?? .unknown
            return [
                "plugin": .text(plugin.name), "address": .text(address(of: plugin.name, found)), "range": .maybe(plugin.range),
                "verdict": .text(verdict.words), "tone": .text(verdict.tone), "why": .maybe(found?.reason),
            ]
        }
    }

    /// Its page; of what the registry does not know there is none, but the agents that name it.
    private static func address(of name: String, _ advice: PluginAdvice?) -> String {
        advice?.registered.map(PluginPage.address) ?? AgentsAddress.plugin(name).text
    }
}

extension PluginAdvice.Verdict {
    var words: String {
        switch self {
        case .ok: "Works here"
        case .unknown: "Not known"
        case .incompatible: "Does not work here"
        case .unmaintained: "No longer looked after"
        }
    }

    /// The class of its colour.
    var tone: String {
        switch self {
        case .ok: "good"
        case .unknown: "plain"
        case .incompatible: "bad"
        case .unmaintained: "warn"
        }
    }
}
