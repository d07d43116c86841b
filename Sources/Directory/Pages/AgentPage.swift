import Foundation
import Web
import Workspaces

/// An agent's page, or that of one of its versions.
struct AgentPage: Sendable {
    let shown: ShownAgent
    /// The version that was asked for; nil for what the directory shows.
    let document: PublishedDocument?
    /// The highest first.
    let versions: [PublishedVersion]
    let hasMoreVersions: Bool
    let advice: [PluginReference: PluginAdvice]

    /// Paragraphs of what it says of itself, and characters of each.
    private static let (paragraphs, paragraphLength) = (40, 4000)
    /// Topics that are shown.
    private static let topics = 30

    private var listing: Listing { shown.listing }
    private var address: String { PageAddress.path("agents", listing.owner, listing.name) }

    /// The agent as the page shows it: nil in quarantine, where nothing of it is shown, and for what is no character any more.
    private var file: CharacterFile? {
        guard listing.status.isOpen else { return nil }
        return try? CharacterFile(document: document?.character ?? shown.character)
    }

    /// The plugins that the page names.
    static func plugins(_ shown: ShownAgent, _ document: PublishedDocument?) -> [PluginReference] {
        guard let document else { return shown.listing.plugins }
        return (try? CharacterFile(document: document.character).plugins) ?? []
    }

    /// The semantic version that the page shows.
    var version: String? { (document?.version.version ?? listing.semanticVersion)?.description }

    var title: String { "\(listing.displayName) by \(listing.owner)" + (document.map { " \($0.version.version)" } ?? "") }

    var values: PageValues {
        let file = file
        let name = file?.name ?? listing.displayName
        let published = document?.version.publishedAt ?? listing.publishedAt
        let updated: Date? = document == nil ? listing.updatedAt : nil
        let own: PageValues = [
            "title": .text(name), "owner": .text(listing.owner), "name": .text(listing.name),
            "ownerAddress": .text(AgentsAddress.owner(listing.owner).text), "agentAddress": .text(address), "banner": banner,
            "isByOwner": .flag(shown.mark.isByOwner(listing)), "maintainer": MaintainerPart.value(listing.maintainer),
            "looksLike": LikenessPart.value(shown.mark.looksLike),
            "resembles": LikenessPart.value(listing.resembles?.address), "version": .maybe(version),
            "published": .moment(published), "updated": .moment(updated), "forkWords": .text(PageWords.count(listing.forks, "fork", "forks")),
        ]
        return own.merging(content(of: file)).merging(waysOn).merging(versionValues)
    }

    /// What the agent is made of: nothing of it in quarantine.
    private func content(of file: CharacterFile?) -> PageValues {
        let isOpen = listing.status.isOpen
        let plugins = isOpen ? PluginPart.list(Self.plugins(shown, document), advice) : []
        let secrets = isOpen ? PlacePart.list(document?.version.secretPlaces ?? listing.secretPlaces) : []
        let topics = TopicPart.list(file?.topics ?? [], limit: Self.topics)
        return ["about": .section(about(file)), "plugins": .section(plugins), "secrets": .section(secrets), "topics": .section(topics)]
    }

    private func about(_ file: CharacterFile?) -> [PageValues] {
        guard let file else { return [] }
        let texts = file.bio.isEmpty ? [file.summary] : file.bio
        return texts.filter { !$0.isEmpty }.prefix(Self.paragraphs).map { text -> PageValues in
            ["text": .text(PageWords.cut(text, at: Self.paragraphLength))]
        }
    }

    // MARK: Status

    private var banner: PageValue {
        let headline: String
        switch listing.status {
        case .active: return .nothing
        case .deprecated: headline = "Deprecated: its owner advises against it"
        case .quarantined: headline = "In quarantine: operators look into this agent, and nothing of it is shown until they have decided"
        case .removed: headline = "Removed by operators"
        }
        return .group([
            "tone": .text(listing.status == .deprecated ? "warn" : "bad"), "headline": .text(headline), "reason": .maybe(listing.statusReason),
            "since": .moment(listing.statusChangedAt),
        ])
    }

    // MARK: Ways on

    private var waysOn: PageValues {
        let isOpen = listing.status.isOpen
        let card: String? = isOpen ? "\(address)/.well-known/agent-card.json" : nil
        return [
            "canFork": .flag(isOpen && document == nil), "forkAddress": .text("\(address)/fork"), "reportAddress": .text("\(address)/report"),
            "cardAddress": .maybe(card), "apiAddress": .text("/v1\(address)"), "lineage": lineage,
        ]
    }

    private var lineage: PageValue {
        guard !listing.lineage.isEmpty else { return .nothing }
        return .group([
            "items": .list(LineagePart.list(listing.lineage)),
            "standing": .text(LineagePart.words(behind: shown.standing?.behind, status: shown.standing?.status)),
        ])
    }

    // MARK: Versions

    private var versionValues: PageValues {
        ["versions": versionPart, "olderVersion": olderVersion]
    }

    private var versionPart: PageValue {
        guard listing.status.isOpen, !versions.isEmpty else { return .nothing }
        let more: String? = hasMoreVersions ? "/v1\(address)/versions" : nil
        return .group(["items": .list(versionList), "moreVersions": .maybe(more)])
    }

    private var versionList: [PageValues] {
        versions.enumerated().map { index, version -> PageValues in
            let (number, isThis) = (version.version.description, version.version == document?.version.version)
            let isShown = version.version == listing.semanticVersion
            let older = versions.dropFirst(index + 1).first?.version
            let difference = older.map { DifferencePage.address(of: address, from: $0, to: version.version) }
            let own: PageValues = [
                "number": .text(number), "address": .text(PageAddress.path("agents", listing.owner, listing.name, "v", number)),
                "isThis": .flag(isThis), "isShown": .flag(isShown), "isPrerelease": .flag(version.version.isPrerelease),
                "changelog": .maybe(version.changelog), "differenceAddress": .maybe(difference),
            ]
            return own.merging(PageWords.moment(version.publishedAt))
        }
    }

    private var olderVersion: PageValue {
        guard let document, document.version.version != listing.semanticVersion else { return .nothing }
        let current = listing.semanticVersion.map { "version \($0)" } ?? "another one"
        return .group(["shownVersion": .text(document.version.version.description), "currentWords": .text(current)])
    }
}

/// Places of a character file.
enum PlacePart {
    static func list(_ places: [String]) -> [PageValues] {
        places.map { place -> PageValues in ["place": .text(PageWords.cut(place, at: 300))] }
    }
}

/// Where an agent came from.
enum LineagePart {
    /// - Parameter lineage: nearest first.
    static func list(_ lineage: [ForkSource]) -> [PageValues] {
        lineage.map { source -> PageValues in
            ["owner": .text(source.owner), "name": .text(source.name), "address": .text(PageAddress.path("agents", source.owner, source.name))]
        }
    }

    /// How a copy stands to what it was made of.
    /// - Parameters:
    ///   - behind: publications since; nil where the original is listed no more.
    ///   - status: of the original.
    static func words(behind: Int?, status: ListingStatus?) -> String {
        guard let behind, let status else { return "The original is not published any more." }
        let distance = behind == 0 ? "Up to date with the original." : "\(PageWords.count(behind, "version", "versions")) behind the original."
        switch status {
        case .active: return distance
        case .deprecated: return "\(distance) The original is deprecated."
        case .quarantined: return "The original is in quarantine."
        case .removed: return "The original was removed by operators."
        }
    }
}
