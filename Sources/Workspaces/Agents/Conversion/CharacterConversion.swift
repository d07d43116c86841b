/// A character file written in the form of another generation. Pure.
///
/// | what | v0 | v1 | v2 |
/// |---|---|---|---|
/// | who speaks in an example | `user` | `name` | `name` |
/// | what was done in an example | `action` | `actions` | `actions` |
/// | `messageExamples` | lists | lists | groups `{"examples": […]}` |
/// | `bio` | a text or a list | a text or a list | a list |
/// | `lore` | a list | the end of `bio` | the end of `bio` |
/// | `clients`, `modelProvider` | words | plugins | plugins |
/// | an item of `knowledge` | a text | a text, `{"path"}`, `{"directory"}` | `{"item": {"case", "value"}}` |
///
/// Members that nobody here knows are kept as they are. Nothing is lost in silence: what could not be written as it stood is told
/// by ``notes``, with its place in the file that was given. Converted again into the same generation it stays the same.
package struct CharacterConversion: Sendable {
    /// What became of something that the wanted generation has no equal form for.
    package struct Note: Sendable, Hashable, CustomStringConvertible {
        package enum Kind: String, Sendable, CaseIterable {
            /// It stands elsewhere in the new file, and may not find its way back.
            case moved
            /// It stands where it stood; programs of the wanted generation may pass over it.
            case kept
            /// The new file does not have it.
            case left
        }

        package let kind: Kind
        /// In the file that was given. Names that look like keys are blotted out.
        package let pointer: JSONPointer
        /// A clause without values from the file.
        package let detail: String

        package var description: String { "\(pointer) was \(kind == .left ? "left out" : kind.rawValue): \(detail)" }
    }

    /// Notes that are told; a file may be made of nothing else.
    package static let maximumNotes = 1000

    package let document: JSONNode
    /// In the order of the work.
    package let notes: [Note]
    /// Whether there are more than are told.
    package let isCut: Bool

    /// - Parameter document: a character file without its secrets, as ``CharacterFile/document`` is.
    package init(_ document: JSONNode, to shape: CharacterShape) {
        var converter = CharacterConverter(to: shape)
        self.document = converter.convert(document)
        notes = converter.notes
        isCut = converter.isCut
    }
}

/// Walks a character file once and writes it anew. Values of a type that no character file has where they stand are kept as they are.
struct CharacterConverter {
    typealias Note = CharacterConversion.Note

    /// What only the newest generation has, and a file is told to be of it by. `documents` is knowledge by another name.
    static let newestOnly: Set<String> = ["advancedPlanning", "advancedMemory", "enabled", "status"]
    /// What the oldest generation asks for, and every file of it has.
    static let oldestLists = ["bio", "lore", "messageExamples", "postExamples", "topics", "adjectives", "clients"]

    let target: CharacterShape
    private(set) var notes: [Note] = []
    private(set) var isCut = false

    init(to target: CharacterShape) {
        self.target = target
    }

    mutating func convert(_ document: JSONNode) -> JSONNode {
        guard case .object(let written) = document else { return document }
        var members = written.compactMap { member in convert(member).map { JSONMember(name: member.name, value: $0) } }
        if target == .v0 {
            writeWords(into: &members, of: document)
            fillOldest(&members)
        } else {
            writePlugins(into: &members)
            joinLore(into: &members)
        }
        if target != .v2 { joinDocuments(into: &members) }
        return .object(members)
    }

    /// A member by itself; nil for one that is left out.
    private mutating func convert(_ member: JSONMember) -> JSONNode? {
        let place = JSONPointer().member(member.name)
        switch member.name {
        case "messageExamples": return examples(member.value, at: place)
        case "knowledge": return knowledge(member.value, at: place)
        case "documents" where target != .v2: return knowledge(member.value, at: place)
        case "bio" where target == .v2: return member.value.text.map { JSONNode.array([.string($0)]) } ?? member.value
        case _ where target != .v2 && Self.newestOnly.contains(member.name):
            note(.left, place, "only v2 has it")
            return nil
        default: return member.value
        }
    }

    // MARK: Lists

    /// Newer generations tell everything about a character in its `bio`.
    private mutating func joinLore(into members: inout [JSONMember]) {
        guard let lore = members.value(of: "lore"), let texts = lore.texts else { return }
        members.remove("lore")
        guard !texts.isEmpty else { return }
        switch members.value(of: "bio") {
        case .array(let before): members.set("bio", .array(before + texts.map(JSONNode.string)))
        case .string(let before): members.set("bio", .array(([before] + texts).map(JSONNode.string)))
        default: members.set("bio", .array(texts.map(JSONNode.string)))
        }
        note(.moved, JSONPointer().member("lore"), "\(target.rawValue) has no lore; it stands at the end of /bio")
    }

    private mutating func joinDocuments(into members: inout [JSONMember]) {
        guard case .array(let documents)? = members.value(of: "documents") else { return }
        let before: [JSONNode]
        switch members.value(of: "knowledge") {
        case nil, .null: before = []
        case .array(let elements): before = elements
        default: return
        }
        members.remove("documents")
        guard !documents.isEmpty else {
            return note(.left, JSONPointer().member("documents"), "only v2 has it, and there is nothing in it")
        }
        members.set("knowledge", .array(before + documents))
        note(.moved, JSONPointer().member("documents"), "only v2 has it; it stands at the end of /knowledge")
    }

    private func fillOldest(_ members: inout [JSONMember]) {
        for name in Self.oldestLists where members.value(of: name) == nil { members.set(name, .array([])) }
        let style = members.value(of: "style") ?? .object([])
        guard case .object(var parts) = style else { return }
        for name in ["all", "chat", "post"] where parts.value(of: name) == nil { parts.set(name, .array([])) }
        members.set("style", .object(parts))
    }

    // MARK: Notes

    mutating func note(_ kind: Note.Kind, _ pointer: JSONPointer, _ detail: String) {
        guard notes.count < CharacterConversion.maximumNotes else {
            isCut = true
            return
        }
        notes.append(Note(kind: kind, pointer: KeyScanner.redacted(pointer), detail: detail))
    }
}

extension [JSONMember] {
    func value(of name: String) -> JSONNode? { first { $0.name == name }?.value }

    /// Replaces a member where it stands, or adds it at the end.
    mutating func set(_ name: String, _ value: JSONNode) {
        let member = JSONMember(name: name, value: value)
        if let index = firstIndex(where: { $0.name == name }) { self[index] = member } else { append(member) }
    }

    mutating func remove(_ name: String) { removeAll { $0.name == name } }
}

extension JSONNode {
    /// A text, or a list of nothing but texts, as a list; of null an empty one. Nil for anything else.
    var texts: [String]? {
        switch self {
        case .null: return []
        case .string(let text): return [text]
        case .array(let elements):
            let texts = elements.compactMap(\.text)
            return texts.count == elements.count ? texts : nil
        default: return nil
        }
    }
}
