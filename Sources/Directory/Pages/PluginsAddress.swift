import Web
import Workspaces

/// The address of a list of plugins: what is looked for, in which order, and where the page begins. Its parts have the API's names.
///
/// As with ``AgentsAddress`` what cannot be read here is read over.
struct PluginsAddress: ListAddress, Sendable, Equatable {
    var words: String?
    var line: PluginLine?
    var signal: MaintenanceSignal?
    /// Nil for the one by name: people look a plugin up, and programs look for new ones.
    var order: PluginOrder?
    var cursor: String?

    init() {}

    init(_ query: Query) {
        words = Self.text(query["q"])
        line = query["supports"].flatMap { PluginLine(rawValue: $0) }
        signal = query["maintenance"].flatMap { MaintenanceSignal(rawValue: $0) }
        order = query["sort"].flatMap { PluginOrder(rawValue: $0) }
        cursor = query["cursor"]
    }

    /// All plugins in which a word occurs.
    static func word(_ word: String) -> PluginsAddress { PluginsAddress().with(\.words, word) }

    // MARK: Parts

    var isFiltered: Bool { line != nil || signal != nil }

    /// The filters as a form carries them beside the words.
    var filters: [(name: String, value: String)] {
        [("supports", line?.rawValue), ("maintenance", signal?.rawValue), ("sort", order?.rawValue)]
            .compactMap { name, value in value.map { (name: name, value: $0) } }
    }

    /// As it stands in a link.
    var text: String {
        PageAddress.query(
            "/plugins",
            [
                (name: "q", value: words), (name: "supports", value: line?.rawValue), (name: "maintenance", value: signal?.rawValue),
                (name: "sort", value: order?.rawValue), (name: "cursor", value: cursor),
            ])
    }

    /// What is asked of the registry.
    var filter: PluginFilter { PluginFilter(words: words ?? "", line: line, signal: signal) }
}
