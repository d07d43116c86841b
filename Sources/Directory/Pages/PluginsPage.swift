import Foundation
import Web
import Workspaces

/// The list of plugins: what was found, and how to narrow it.
struct PluginsPage: Sendable {
    /// What was asked for.
    let address: PluginsAddress
    let found: [StoredPlugin]
    /// Of those, newest first.
    let releases: [String: [PluginRelease]]
    /// Where the next page begins; nil on the last.
    let nextCursor: String?
    let counts: PluginCounts
    /// The version of the platform's core; nil where nobody has said.
    let core: SemanticVersion?

    var title: String { address.words.map { "Plugins: \($0)" } ?? "Plugins" }

    var values: PageValues {
        [
            "words": .maybe(address.words), "kept": .list(kept), "chosen": .section(chosen), "facets": .section([signalFacet, lineFacet]),
            "foundWords": .text(foundWords), "orders": orders, "cards": .list(found.map(card)), "next": next, "empty": empty,
        ]
    }

    // MARK: Results

    private var foundWords: String {
        counts.matches == 0 ? "Nothing found" : PageWords.count(counts.matches, "plugin", "plugins")
    }

    private func card(_ plugin: StoredPlugin) -> PageValues {
        let (record, releases) = (plugin.record, releases[plugin.record.name] ?? [])
        let fit = plugin.fit(releases, core: core)
        let newest = releases.first
        let mismatch: String? = fit?.verdict == .incompatible ? fit?.reason : nil
        return [
            "anchor": .text("plugin-\(record.name)"), "address": .text(PluginPage.address(of: record.name)), "title": .text(record.name),
            "owner": .text(record.owner), "ownerAddress": .text(PluginsAddress.word(record.owner).text),
            "signal": .text(plugin.maintenance.signal.words), "tone": .text(plugin.maintenance.signal.tone), "why": .text(plugin.maintenance.reason),
            "summary": .maybe(record.description), "mismatch": .maybe(mismatch), "supports": .text(plugin.supportWords),
            "release": .maybe(newest?.version), "range": .maybe(newest?.coreRange),
        ]
    }

    private var next: PageValue {
        var following = address
        following.cursor = nextCursor
        return nextCursor == nil ? .nothing : .text(following.text)
    }

    private var empty: PageValue {
        guard found.isEmpty else { return .nothing }
        let wider: String? = address.isFiltered ? address.withoutFilters.text : nil
        let isNarrowed = address.isFiltered || address.words != nil || address.cursor != nil
        return .group(["isFiltered": .flag(address.isFiltered), "isNarrowed": .flag(isNarrowed), "withoutFilters": .maybe(wider)])
    }

    // MARK: Ways on

    /// The filters, which a new search keeps.
    private var kept: [PageValues] {
        address.filters.map { filter -> PageValues in ["name": .text(filter.name), "value": .text(filter.value)] }
    }

    private var chosen: [PageValues] {
        func one(_ kind: String, _ label: String?, without part: PluginsAddress) -> PageValues? {
            label.map { label -> PageValues in ["kind": .text(kind), "label": .text(label), "address": .text(part.text)] }
        }
        return [
            one("Maintenance", address.signal?.words, without: address.with(\.signal, nil)),
            one("Supports", address.line?.words, without: address.with(\.line, nil)),
        ].compactMap { $0 }
    }

    private var orders: PageValue {
        guard !found.isEmpty else { return .nothing }
        let orders: [(order: PluginOrder, label: String)] = [(order: .name, label: "By name"), (order: .newest, label: "Newest")]
        return .section(
            orders.map { order -> PageValues in
                let isOn = order.order == address.order ?? .name
                return ["label": .text(order.label), "address": .text(address.with(\.order, order.order).text), "isOn": .flag(isOn)]
            })
    }

    /// All signals, also those that no plugin has now: what there is to choose from does not change with the question.
    private var signalFacet: PageValues {
        let values = MaintenanceSignal.allCases.map { signal -> PageValues in
            let isOn = signal == address.signal
            return Self.choice(
                signal.words, counts.signals[signal] ?? 0, isOn: isOn, leadsTo: address.with(\.signal, isOn ? nil : signal))
        }
        return ["title": "Maintenance", "values": .list(values)]
    }

    private var lineFacet: PageValues {
        let values = PluginLine.allCases.map { line -> PageValues in
            let isOn = line == address.line
            return Self.choice(line.words, counts.lines[line] ?? 0, isOn: isOn, leadsTo: address.with(\.line, isOn ? nil : line))
        }
        return ["title": "Supports", "values": .list(values)]
    }

    private static func choice(_ label: String, _ count: Int, isOn: Bool, leadsTo address: PluginsAddress) -> PageValues {
        ["label": .text(label), "count": .text(PageWords.number(count)), "isOn": .flag(isOn), "address": .text(address.text)]
    }
}
