import Foundation
import Web
import Workspaces

/// The list of agents: what was found, how to narrow it, and where to go when nothing was.
struct AgentsPage: Sendable {
    /// What was asked for.
    let address: AgentsAddress
    /// The order that the results have.
    let sort: DirectorySort
    let found: [FoundListing]
    /// Where the next page begins; nil on the last.
    let nextCursor: String?
    let facets: SearchFacets
    let marks: [UUID: ListingMark]
    let advice: [PluginReference: PluginAdvice]
    /// Where nothing was found.
    let suggestions: [NearListing]

    var title: String {
        if let owner = address.owner { return "Agents of \(owner)" }
        if let tag = address.tag { return "Agents about \(tag)" }
        return address.words.map { "Agents: \($0)" } ?? "Agents"
    }

    var values: PageValues {
        [
            "heading": .text(heading), "words": .maybe(address.words), "kept": .list(kept), "chosen": .section(chosen),
            "facets": facetParts, "foundWords": .text(foundWords), "orders": orders, "cards": .list(cards), "next": next, "empty": empty,
        ]
    }

    private var heading: String {
        if let owner = address.owner, address.words == nil { return "Agents of \(owner)" }
        return "Find an agent to fork"
    }

    // MARK: Results

    private var cards: [PageValues] {
        found.map { found in
            AgentCardPart(listing: found.listing, mark: marks[found.listing.id], advice: advice).values
        }
    }

    private var next: PageValue {
        var following = address
        following.cursor = nextCursor
        return nextCursor == nil ? .nothing : .text(following.text)
    }

    private var foundWords: String {
        if found.isEmpty, address.cursor == nil { return "Nothing found" }
        if facets.isCut { return "More than \(PageWords.number(facets.matches)) agents" }
        return PageWords.count(facets.matches, "agent", "agents")
    }

    private var empty: PageValue {
        guard found.isEmpty else { return .nothing }
        let near = suggestions.map { near -> PageValues in
            [
                "address": .text(PageAddress.path("agents", near.place.owner, near.place.name)), "title": .text(near.title),
                "owner": .text(near.place.owner),
            ]
        }
        let wider: String? = address.isFiltered ? address.withoutFilters.text : nil
        return .group(["isFiltered": .flag(address.isFiltered), "suggestions": .section(near), "withoutFilters": .maybe(wider)])
    }

    // MARK: Ways on

    /// The filters, which a new search keeps.
    private var kept: [PageValues] {
        address.filters.map { filter -> PageValues in ["name": .text(filter.name), "value": .text(filter.value)] }
    }

    private var chosen: [PageValues] {
        func one(_ kind: String, _ label: String?, without part: AgentsAddress) -> PageValues? {
            label.map { label -> PageValues in ["kind": .text(kind), "label": .text(label), "address": .text(part.text)] }
        }
        return [
            one("Topic", address.tag, without: address.with(\.tag, nil)), one("Plugin", address.plugin, without: address.with(\.plugin, nil)),
            one("Owner", address.owner, without: address.with(\.owner, nil)),
            one("Status", address.status?.rawValue, without: address.with(\.status, nil)),
            one("Maintainer", address.isVerified ? "Verified" : nil, without: address.with(\.isVerified, false)),
        ].compactMap { $0 }
    }

    private var orders: PageValue {
        guard !found.isEmpty else { return .nothing }
        var orders: [(sort: DirectorySort, label: String)] = [(sort: .newest, label: "Newest"), (sort: .forks, label: "Most forked")]
        if address.words != nil { orders.insert((sort: .relevance, label: "Best match"), at: 0) }
        return .section(
            orders.map { order -> PageValues in
                ["label": .text(order.label), "address": .text(address.with(\.sort, order.sort).text), "isOn": .flag(order.sort == sort)]
            })
    }

    private var facetParts: PageValue {
        let parts: [PageValues?] = [
            facet("Topics", facets.tags, \.tag, limit: 14), facet("Plugins", facets.plugins, \.plugin, limit: 8),
            facet("Owners", facets.owners, \.owner, limit: 8), verifiedFacet, statusFacet,
        ]
        return .section(parts.compactMap { $0 })
    }

    /// Values of a filter as links: to choose one, or to take the choice back.
    private func facet(
        _ title: String, _ counts: [SearchFacets.Count], _ part: WritableKeyPath<AgentsAddress, String?>, limit: Int
    ) -> PageValues? {
        guard !counts.isEmpty else { return nil }
        let current = address[keyPath: part]
        let values = counts.prefix(limit).map { count -> PageValues in
            let isOn = count.value == current
            return Self.choice(count, isOn: isOn, leadsTo: address.with(part, isOn ? nil : count.value))
        }
        return ["title": .text(title), "values": .list(values)]
    }

    private var verifiedFacet: PageValues? {
        guard facets.verified > 0 || address.isVerified else { return nil }
        let count = SearchFacets.Count(value: "Verified", count: facets.verified)
        let choice = Self.choice(count, isOn: address.isVerified, leadsTo: address.with(\.isVerified, !address.isVerified))
        return ["title": "Maintainer", "values": .list([choice])]
    }

    private var statusFacet: PageValues? {
        // One status alone narrows nothing.
        guard facets.statuses.count > 1 || address.status != nil else { return nil }
        let values = facets.statuses.compactMap { count -> PageValues? in
            guard let status = FoundStatus(rawValue: count.value) else { return nil }
            let isOn = status == address.status
            return Self.choice(count, isOn: isOn, leadsTo: address.with(\.status, isOn ? nil : status))
        }
        return ["title": "Status", "values": .list(values)]
    }

    private static func choice(_ count: SearchFacets.Count, isOn: Bool, leadsTo address: AgentsAddress) -> PageValues {
        [
            "label": .text(count.value), "count": .text(PageWords.number(count.count)), "isOn": .flag(isOn), "address": .text(address.text),
        ]
    }
}
