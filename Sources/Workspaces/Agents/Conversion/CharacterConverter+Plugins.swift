/// Where a character talks and which model it thinks with: words of their own at first, plugins since.
extension CharacterConverter {
    /// What the oldest generation has as a word, and newer ones as a plugin.
    struct Word: Sendable, Hashable {
        let word: String
        let plugin: String
    }

    static let clients = [
        Word(word: "discord", plugin: "@elizaos/plugin-discord"), Word(word: "telegram", plugin: "@elizaos/plugin-telegram"),
        Word(word: "twitter", plugin: "@elizaos/plugin-twitter"), Word(word: "farcaster", plugin: "@elizaos/plugin-farcaster"),
    ]
    static let providers = [
        Word(word: "openai", plugin: "@elizaos/plugin-openai"), Word(word: "anthropic", plugin: "@elizaos/plugin-anthropic"),
        Word(word: "google", plugin: "@elizaos/plugin-google-genai"), Word(word: "groq", plugin: "@elizaos/plugin-groq"),
        Word(word: "ollama", plugin: "@elizaos/plugin-ollama"), Word(word: "openrouter", plugin: "@elizaos/plugin-openrouter"),
    ]

    // MARK: Words to plugins

    /// Takes `clients` and `modelProvider` away and names their plugins.
    mutating func writePlugins(into members: inout [JSONMember]) {
        var wanted: [String] = []
        if let clients = members.value(of: "clients") { wanted += plugins(for: clients, among: Self.clients, at: JSONPointer().member("clients")) }
        if let provider = members.value(of: "modelProvider") {
            wanted += plugins(for: provider, among: Self.providers, at: JSONPointer().member("modelProvider"))
        }
        var plugins: [JSONNode]
        switch members.value(of: "plugins") {
        case nil, .null: plugins = []
        case .array(let elements): plugins = elements
        // No character file has it so: the words stay where they are, for there is nowhere to put their plugins.
        default: return
        }
        members.remove("clients")
        members.remove("modelProvider")
        guard !wanted.isEmpty else { return }
        var named = Set(plugins.compactMap { PluginReference($0)?.name })
        for plugin in wanted where named.insert(plugin).inserted { plugins.append(.string(plugin)) }
        members.set("plugins", .array(plugins))
    }

    private mutating func plugins(for node: JSONNode, among words: [Word], at place: JSONPointer) -> [String] {
        let given: [(JSONNode, JSONPointer)]
        switch node {
        case .null, .string(""): return []
        case .array(let elements): given = elements.enumerated().map { ($1, place.element($0)) }
        default: given = [(node, place)]
        }
        return given.compactMap { node, place in
            guard let text = node.text, let word = words.first(where: { $0.word == text.lowercased() }) else {
                note(.left, place, "\(target.rawValue) has plugins in its place, and none is known for it")
                return nil
            }
            note(.moved, place, "\(target.rawValue) has the plugin \(word.plugin) in its place")
            return word.plugin
        }
    }

    // MARK: Plugins to words

    /// Names clients and model provider, where the file itself does not, after the plugins that stand for them.
    mutating func writeWords(into members: inout [JSONMember], of document: JSONNode) {
        guard document["clients"] == nil, document["modelProvider"] == nil, case .array(let plugins)? = members.value(of: "plugins") else { return }
        var (clients, provider): ([JSONNode], JSONNode?) = ([], nil)
        var rest: [JSONNode] = []
        for (index, node) in plugins.enumerated() {
            let place = JSONPointer().member("plugins").element(index)
            let name = PluginReference(node)?.name
            let client = Self.clients.first { $0.plugin == name }
            let model = Self.providers.first { $0.plugin == name }
            guard let word = client ?? model else {
                rest.append(node)
                continue
            }
            // Whatever else is said of the plugin, its range above all, has no place in a word.
            guard node.text == word.plugin, client != nil || provider == nil else {
                rest.append(node)
                note(.kept, place, client != nil ? "v0 names no versions of a client" : "v0 has one model provider, without versions")
                continue
            }
            if client != nil { clients.append(.string(word.word)) } else { provider = .string(word.word) }
            note(.moved, place, client != nil ? "v0 names it among /clients" : "v0 names it as /modelProvider")
        }
        guard !clients.isEmpty || provider != nil else { return }
        members.set("plugins", .array(rest))
        members.set("clients", .array(clients))
        if let provider { members.set("modelProvider", provider) }
    }
}
