/// What a character's members hold, whichever generation wrote them.
struct CharacterFields {
    var shape: CharacterShape
    var name: String
    var username: String?
    var system: String?
    var bio: [String]
    var lore: [String]
    var topics: [String]
    var adjectives: [String]
    var postExamples: [String]
    var style: [String: [String]]
    var conversations: [[CharacterMessage]]
    var knowledge: [CharacterKnowledge]
    var plugins: [PluginReference]
}

/// Reads the members that Mainstay uses, tolerant of the three generations and of what hand-written files do (a single
/// string where a list is usual, null for nothing), and collects every fault, not only the first.
struct CharacterReader {
    /// Enough to repair a file by, few enough to read.
    static let maximumFaults = 20
    /// A display name longer than this fits no list.
    static let maximumNameLength = 100

    private(set) var faults: [CharacterFault] = []
    private var speakerKeys: Set<String> = []
    private var hasGroups = false
    private var hasTypedKnowledge = false

    mutating func read(_ document: JSONNode) -> CharacterFields? {
        guard case .object(let members) = document else {
            fault(JSONPointer(), "expected an object, found \(document.typeName)")
            return nil
        }
        let name = readName(document["name"])
        if let settings = document["settings"], settings != .null, !settings.isObject {
            fault(JSONPointer().member("settings"), "expected an object, found \(settings.typeName)")
        }
        var fields = CharacterFields(
            shape: .v1,
            name: name ?? "",
            username: optionalText(document, "username"),
            system: optionalText(document, "system"),
            bio: texts(document["bio"], at: JSONPointer().member("bio")),
            lore: texts(document["lore"], at: JSONPointer().member("lore")),
            topics: texts(document["topics"], at: JSONPointer().member("topics")),
            adjectives: texts(document["adjectives"], at: JSONPointer().member("adjectives")),
            postExamples: texts(document["postExamples"], at: JSONPointer().member("postExamples")),
            style: style(document["style"]),
            conversations: conversations(document["messageExamples"]),
            knowledge: knowledge(document["knowledge"], at: JSONPointer().member("knowledge")),
            plugins: plugins(document["plugins"]))
        fields.knowledge += knowledge(document["documents"], at: JSONPointer().member("documents"))
        fields.shape = shape(Set(members.map(\.name)))
        return fields
    }

    // MARK: Shape

    /// Newer marks win: a file that was carried over keeps old members beside the new ones.
    private func shape(_ names: Set<String>) -> CharacterShape {
        if hasGroups || hasTypedKnowledge { return .v2 }
        if !names.isDisjoint(with: ["advancedPlanning", "advancedMemory", "documents", "enabled", "status"]) { return .v2 }
        if speakerKeys.contains("user") { return .v0 }
        if speakerKeys.contains("name") { return .v1 }
        return names.isDisjoint(with: ["clients", "modelProvider", "lore"]) ? .v1 : .v0
    }

    // MARK: Members

    private mutating func readName(_ node: JSONNode?) -> String? {
        let pointer = JSONPointer().member("name")
        guard let node else {
            fault(pointer, "is missing")
            return nil
        }
        guard let text = node.text else {
            fault(pointer, "expected a string, found \(node.typeName)")
            return nil
        }
        let isBlank = text.unicodeScalars.allSatisfy(\.properties.isWhitespace)
        let hasControls = text.unicodeScalars.contains { $0.properties.generalCategory == .control }
        if isBlank { fault(pointer, "is empty") }
        if hasControls { fault(pointer, "holds a control character") }
        if text.count > Self.maximumNameLength { fault(pointer, "is longer than \(Self.maximumNameLength) characters") }
        return text
    }

    private mutating func optionalText(_ document: JSONNode, _ name: String) -> String? {
        guard let node = document[name], node != .null else { return nil }
        if case .string(let text) = node { return text }
        fault(JSONPointer().member(name), "expected a string, found \(node.typeName)")
        return nil
    }

    private mutating func texts(_ node: JSONNode?, at pointer: JSONPointer) -> [String] {
        switch node {
        case nil, .null: return []
        case .string(let text): return [text]
        case .array(let elements):
            return elements.enumerated().compactMap { index, element in
                if let text = element.text { return text }
                fault(pointer.element(index), "expected a string, found \(element.typeName)")
                return nil
            }
        case .some(let other):
            fault(pointer, "expected a string or a list of strings, found \(other.typeName)")
            return []
        }
    }

    private mutating func style(_ node: JSONNode?) -> [String: [String]] {
        let pointer = JSONPointer().member("style")
        switch node {
        case nil, .null: return [:]
        case .object:
            var style: [String: [String]] = [:]
            for name in ["all", "chat", "post"] {
                style[name] = texts(node?[name], at: pointer.member(name))
            }
            return style
        case .some(let other):
            fault(pointer, "expected an object, found \(other.typeName)")
            return [:]
        }
    }

    // MARK: Examples

    private mutating func conversations(_ node: JSONNode?) -> [[CharacterMessage]] {
        let pointer = JSONPointer().member("messageExamples")
        guard let elements = elements(node, at: pointer) else { return [] }
        return elements.enumerated().map { index, element in
            let place = pointer.element(index)
            switch element {
            case .array(let messages):
                return self.messages(messages, at: place)
            case .object:
                guard case .array(let messages)? = element["examples"] else {
                    fault(place.member("examples"), "expected a list of messages, found \(element["examples"]?.typeName ?? "nothing")")
                    return []
                }
                hasGroups = true
                return self.messages(messages, at: place.member("examples"))
            default:
                fault(place, "expected a list of messages or a group of examples, found \(element.typeName)")
                return []
            }
        }
    }

    private mutating func messages(_ nodes: [JSONNode], at pointer: JSONPointer) -> [CharacterMessage] {
        nodes.enumerated().compactMap { index, node in message(node, at: pointer.element(index)) }
    }

    private mutating func message(_ node: JSONNode, at pointer: JSONPointer) -> CharacterMessage? {
        guard node.isObject else {
            fault(pointer, "expected a message object, found \(node.typeName)")
            return nil
        }
        guard let key = ["name", "user"].first(where: { node[$0]?.text != nil }), let speaker = node[key]?.text else {
            fault(pointer, "says nowhere who speaks: a string `name` or `user` is expected")
            return nil
        }
        speakerKeys.insert(key)
        guard let content = node["content"] else {
            fault(pointer.member("content"), "is missing")
            return nil
        }
        if let text = content.text { return CharacterMessage(speaker: speaker, text: text, actions: []) }
        guard content.isObject else {
            fault(pointer.member("content"), "expected an object or a string, found \(content.typeName)")
            return nil
        }
        if let text = content["text"], text != .null, text.text == nil {
            fault(pointer.member("content").member("text"), "expected a string, found \(text.typeName)")
        }
        let actions = [content["action"]?.text].compactMap { $0 } + texts(content["actions"], at: pointer.member("content").member("actions"))
        return CharacterMessage(speaker: speaker, text: content["text"]?.text ?? "", actions: actions)
    }

    // MARK: Knowledge and plugins

    private mutating func knowledge(_ node: JSONNode?, at pointer: JSONPointer) -> [CharacterKnowledge] {
        guard let elements = elements(node, at: pointer) else { return [] }
        return elements.enumerated().compactMap { index, element in
            switch element {
            case .string(let text): return .text(text)
            case .object: return knowledgeItem(element)
            default:
                fault(pointer.element(index), "expected a string or an object, found \(element.typeName)")
                return nil
            }
        }
    }

    private mutating func knowledgeItem(_ node: JSONNode) -> CharacterKnowledge {
        if let item = node["item"], item.isObject {
            hasTypedKnowledge = true
            let path = item["value"]?.text ?? item["value"]?["path"]?.text ?? item["value"]?["directory"]?.text
            switch (item["case"]?.text, path) {
            case ("path"?, let path?): return .file(path: path)
            case ("directory"?, let path?): return .directory(path: path)
            default: return .other
            }
        }
        // The oldest files carry the text together with the path it came from: the text is what is known.
        if let text = node["content"]?.text ?? node["text"]?.text { return .text(text) }
        if let path = node["path"]?.text { return .file(path: path) }
        if let path = node["directory"]?.text { return .directory(path: path) }
        return .other
    }

    private mutating func plugins(_ node: JSONNode?) -> [PluginReference] {
        let pointer = JSONPointer().member("plugins")
        guard let elements = elements(node, at: pointer) else { return [] }
        var seen: Set<String> = []
        return elements.enumerated().compactMap { index, element in
            guard let reference = PluginReference(element) else {
                fault(pointer.element(index), "expected a plugin's name, or an object with a `name`, found \(element.typeName)")
                return nil
            }
            return seen.insert(reference.name).inserted ? reference : nil
        }
    }

    private mutating func elements(_ node: JSONNode?, at pointer: JSONPointer) -> [JSONNode]? {
        switch node {
        case nil, .null: return nil
        case .array(let elements): return elements
        case .some(let other):
            fault(pointer, "expected a list, found \(other.typeName)")
            return nil
        }
    }

    private mutating func fault(_ pointer: JSONPointer, _ detail: String) {
        guard faults.count < Self.maximumFaults else { return }
        faults.append(CharacterFault(pointer: KeyScanner.redacted(pointer), detail: detail))
    }
}

extension PluginReference {
    /// `"@scope/name"`, `"@scope/name@^1.2"`, or `{"name": …, "version": …}`.
    init?(_ node: JSONNode) {
        let written = node.text ?? node["name"]?.text
        guard let written, !written.isEmpty, written.utf8.count <= 214 else { return nil }
        // The first character may be the @ of a scope; a later one divides name and range.
        let divider = written.dropFirst().firstIndex(of: "@")
        name = divider.map { String(written[..<$0]) } ?? written
        let trailing = divider.map { String(written[$0...].dropFirst()) }
        range = node["version"]?.text ?? (trailing?.isEmpty == false ? trailing : nil)
    }
}

extension JSONNode {
    var isObject: Bool {
        if case .object = self { true } else { false }
    }
}
