import Foundation

/// What one registry file says of one plugin.
struct PluginEntry: Sendable, Equatable {
    struct Release: Sendable, Equatable {
        let version: String
        let line: PluginLine
        let coreRange: String?
        let isPublished: Bool
    }

    /// What only the full form of a registry says.
    struct Details: Sendable, Equatable {
        var description: String?
        var homepage: String?
        var topics: [String] = []
        var language: String?
        var stars: Int?
        var license: String?
        /// nil where the file does not say.
        var lines: Set<PluginLine>?
        /// The plugin's own date, where the file has one.
        var updatedAt: Date?
        /// At most one of each version.
        var releases: [Release] = []
    }

    let name: PluginName
    let owner: String
    let repository: String
    /// nil in an index.
    let details: Details?
}

/// Where a plugin's sources are: `github:owner/name` in an index, `owner/name` in the full form.
struct PluginRepository: Sendable, Equatable {
    let owner: String
    let name: String

    var address: String { "https://github.com/\(owner)/\(name)" }

    /// - Returns: nil for anything else, addresses of other hosts among them.
    init?(_ text: String) {
        var rest = Substring(text)
        for prefix in ["github:", "https://github.com/", "git+https://github.com/"] where rest.hasPrefix(prefix) {
            rest = rest.dropFirst(prefix.count)
            break
        }
        // A branch may follow.
        if let hash = rest.firstIndex(of: "#") { rest = rest[..<hash] }
        if rest.hasSuffix(".git") { rest = rest.dropLast(4) }
        let words = rest.split(separator: "/", omittingEmptySubsequences: false)
        guard words.count == 2, Self.isWord(words[0], limit: 39), Self.isWord(words[1], limit: 100) else { return nil }
        owner = String(words[0])
        name = String(words[1])
    }

    private static func isWord(_ word: Substring, limit: Int) -> Bool {
        guard !word.isEmpty, word.utf8.count <= limit, word != ".", word != ".." else { return false }
        return word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
            default: false
            }
        }
    }
}
