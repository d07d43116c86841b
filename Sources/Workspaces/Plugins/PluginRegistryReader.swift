import Foundation
import Web

/// Reads the entries of a registry file, and collects what it could not take.
///
/// What an entry cannot be without (a name, a repository) refuses it; anything else of a wrong type is left out and named. So a
/// registry that is generated anew each day does not lose a plugin for a description that became a number.
struct PluginRegistryReader {
    enum Limits {
        /// Characters of a description; what is longer is cut, for it is shown in lists.
        static let description = 1000
        static let topics = 50
        /// Characters of a topic, a language, a licence.
        static let word = 100
        static let homepage = 500
    }

    let file: String
    private(set) var faults: [PluginRegistryFault] = []
    private(set) var refused: Set<String> = []

    init(file: String) {
        self.file = file
    }

    /// One entry; nil for a comment, and for one that is refused.
    mutating func entry(_ member: JSONMember, isFull: Bool, at pointer: JSONPointer) -> PluginEntry? {
        if Self.isBlank(member.name) { return nil }
        guard let name = PluginName(member.name) else {
            return refuse(member.name, pointer, "this is no name of a package")
        }
        if isFull { return full(name, member.value, at: pointer) }
        guard let text = member.value.text else {
            return refuse(name.text, pointer, "expected a string, found \(member.value.typeName)")
        }
        guard let repository = PluginRepository(text) else {
            return refuse(name.text, pointer, "expected `github:owner/repository`")
        }
        return PluginEntry(name: name, owner: repository.owner, repository: repository.address, details: nil)
    }

    /// A member that is written twice: the parser took the later one.
    mutating func note(duplicate pointer: JSONPointer) {
        if case .name(let name)? = pointer.steps.last, Self.isBlank(name) { return }
        ignore(pointer, "is written more than once; the last one was taken")
    }

    /// A time as the wire has it, nil for anything else.
    mutating func date(_ node: JSONNode?, at pointer: JSONPointer) -> Date? {
        guard let text = text(node, at: pointer, limit: Limits.word) else { return nil }
        guard let date = WireCoding.date(text) else {
            ignore(pointer, "expected a time such as 2026-04-22T00:00:00Z")
            return nil
        }
        return date.inMilliseconds
    }

    // MARK: The full form

    private mutating func full(_ name: PluginName, _ node: JSONNode, at pointer: JSONPointer) -> PluginEntry? {
        guard node.isObject else { return refuse(name.text, pointer, "expected an object, found \(node.typeName)") }
        let git = pointer.member("git")
        guard let repository = node["git"]?["repo"]?.text.flatMap({ PluginRepository($0) }) else {
            return refuse(name.text, git.member("repo"), "expected `owner/repository`")
        }
        var details = PluginEntry.Details()
        details.description = text(node["description"], at: pointer.member("description"), limit: Limits.description)
        details.homepage = homepage(node["homepage"], at: pointer.member("homepage"))
        details.topics = topics(node["topics"], at: pointer.member("topics"))
        details.language = text(node["language"], at: pointer.member("language"), limit: Limits.word)
        details.stars = stars(node["stargazers_count"], at: pointer.member("stargazers_count"))
        details.license = license(node["license"], at: pointer.member("license"))
        details.lines = lines(node["supports"], at: pointer.member("supports"))
        details.updatedAt = updatedAt(node, at: pointer)
        details.releases = releases(node, at: pointer)
        return PluginEntry(name: name, owner: repository.owner, repository: repository.address, details: details)
    }

    private mutating func homepage(_ node: JSONNode?, at pointer: JSONPointer) -> String? {
        guard let text = text(node, at: pointer, limit: nil), !text.isEmpty else { return nil }
        // It becomes a link on somebody's page.
        guard text.utf8.count <= Limits.homepage, ["http", "https"].contains(URL(string: text)?.scheme?.lowercased()) else {
            ignore(pointer, "expected an http or https address of at most \(Limits.homepage) bytes")
            return nil
        }
        return text
    }

    private mutating func topics(_ node: JSONNode?, at pointer: JSONPointer) -> [String] {
        switch node {
        case nil, .null: return []
        case .array(let elements):
            if elements.count > Limits.topics { ignore(pointer, "has more than \(Limits.topics) topics; the first were taken") }
            return elements.prefix(Limits.topics).enumerated().compactMap { index, element in
                text(element, at: pointer.element(index), limit: Limits.word)
            }
        case .some(let other):
            ignore(pointer, "expected a list, found \(other.typeName)")
            return []
        }
    }

    private mutating func stars(_ node: JSONNode?, at pointer: JSONPointer) -> Int? {
        switch node {
        case nil, .null: return nil
        case .number(let digits):
            if let count = Int32(CanonicalNumber(digits)?.text ?? digits), count >= 0 { return Int(count) }
            ignore(pointer, "expected a whole number from 0 to \(Int32.max)")
            return nil
        case .some(let other):
            ignore(pointer, "expected a number, found \(other.typeName)")
            return nil
        }
    }

    /// A word, or an object as GitHub has it.
    private mutating func license(_ node: JSONNode?, at pointer: JSONPointer) -> String? {
        guard let node, node.isObject else { return text(node, at: pointer, limit: Limits.word) }
        return text(node["spdx_id"] ?? node["key"], at: pointer.member(node["spdx_id"] == nil ? "key" : "spdx_id"), limit: Limits.word)
    }

    private mutating func lines(_ node: JSONNode?, at pointer: JSONPointer) -> Set<PluginLine>? {
        switch node {
        case nil, .null: return nil
        case .object:
            var supported: Set<PluginLine> = []
            for line in PluginLine.allCases {
                for key in line.fileKeys {
                    switch node?[key] {
                    case nil, .null, .bool(false): continue
                    case .bool(true): supported.insert(line)
                    case .some(let other): ignore(pointer.member(key), "expected a boolean, found \(other.typeName)")
                    }
                }
            }
            return supported
        case .some(let other):
            ignore(pointer, "expected an object, found \(other.typeName)")
            return nil
        }
    }

    private mutating func updatedAt(_ node: JSONNode, at pointer: JSONPointer) -> Date? {
        for key in ["lastUpdatedAt", "updatedAt", "updated_at", "pushed_at"] {
            if let date = date(node[key], at: pointer.member(key)) { return date }
        }
        return nil
    }

    // MARK: Values

    /// A string, cut where it is longer than `limit` characters; nil for null and for anything else.
    mutating func text(_ node: JSONNode?, at pointer: JSONPointer, limit: Int?) -> String? {
        switch node {
        case nil, .null: return nil
        case .string(let text):
            guard let limit, text.count > limit else { return text }
            return String(text.prefix(limit - 1)) + "…"
        case .some(let other):
            ignore(pointer, "expected a string, found \(other.typeName)")
            return nil
        }
    }

    mutating func ignore(_ pointer: JSONPointer, _ detail: String) {
        faults.append(PluginRegistryFault(file: file, pointer: pointer, detail: detail, effect: .ignored))
    }

    private mutating func refuse(_ name: String, _ pointer: JSONPointer, _ detail: String) -> PluginEntry? {
        refused.insert(name)
        faults.append(PluginRegistryFault(file: file, pointer: pointer, detail: detail, effect: .refused))
        return nil
    }

    private static func isBlank(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy(\.properties.isWhitespace)
    }
}
