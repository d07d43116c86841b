import Web

/// The address of a list of agents: what is looked for, in which order, and where the page begins.
///
/// People follow old links and type into addresses: what cannot be read here is read over, where the API would refuse it.
struct AgentsAddress: ListAddress, Sendable, Equatable {
    var words: String?
    var tag: String?
    var plugin: String?
    var owner: String?
    var status: FoundStatus?
    /// Only of verified owners: a page that leaves them out helps nobody.
    var isVerified = false
    /// Nil for the one that fits: by relevance with words, else the newest first.
    var sort: DirectorySort?
    var cursor: String?

    init() {}

    init(_ query: Query) {
        words = Self.text(query["q"])
        tag = Self.text(query["tag"])?.lowercased()
        plugin = Self.text(query["plugin"])
        owner = Self.text(query["owner"])
        status = query["status"].flatMap { FoundStatus(rawValue: $0) }
        isVerified = query["verified"] == "true"
        sort = query["sort"].flatMap { DirectorySort(rawValue: $0) }
        cursor = query["cursor"]
    }

    /// All agents of an owner.
    static func owner(_ owner: String) -> AgentsAddress { AgentsAddress().with(\.owner, owner) }

    /// All agents with a topic.
    static func tag(_ tag: String) -> AgentsAddress { AgentsAddress().with(\.tag, tag.lowercased()) }

    /// All agents that name a plugin, under this spelling.
    static func plugin(_ name: String) -> AgentsAddress { AgentsAddress().with(\.plugin, name) }

    // MARK: Parts

    var isFiltered: Bool { tag != nil || plugin != nil || owner != nil || status != nil || isVerified }

    /// The filters as a form carries them beside the words.
    var filters: [(name: String, value: String)] {
        [
            ("tag", tag), ("plugin", plugin), ("owner", owner), ("status", status?.rawValue), ("verified", isVerified ? "true" : nil),
            ("sort", sort == .relevance ? nil : sort?.rawValue),
        ]
        .compactMap { name, value in value.map { (name: name, value: $0) } }
    }

    /// As it stands in a link.
    var text: String {
        PageAddress.query(
            "/agents",
            [
                (name: "q", value: words), (name: "tag", value: tag), (name: "plugin", value: plugin), (name: "owner", value: owner),
                (name: "status", value: status?.rawValue), (name: "verified", value: isVerified ? "true" : nil),
                (name: "sort", value: sort?.rawValue), (name: "cursor", value: cursor),
            ])
    }

    /// What is asked of the directory.
    var search: DirectorySearch {
        var search = DirectorySearch()
        search.words = words.flatMap { SearchWords($0) }
        search.tag = tag
        search.plugin = plugin
        search.owner = owner
        search.status = status
        search.isVerified = isVerified ? true : nil
        search.wantsFacets = true
        let fitting: DirectorySort = search.words == nil ? .newest : .relevance
        search.sort = sort == .relevance ? fitting : sort ?? fitting
        return search
    }
}
