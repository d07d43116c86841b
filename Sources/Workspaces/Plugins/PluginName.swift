/// The name of a plugin's package, as the package registry writes it: `@elizaos/plugin-discord`, or without a scope
/// `plugin-connections`.
///
/// | text | |
/// |---|---|
/// | `@elizaos/plugin-d.a.t.a`, `plugin_x`, `@a/B` | a name |
/// | `@elizaos/`, `a/b`, `@a/b/c`, `.hidden`, `plugin x`, 215 characters | not one |
package struct PluginName: Sendable, Hashable, CustomStringConvertible {
    /// What the package registry allows.
    package static let maximumLength = 214

    package let text: String

    package var description: String { text }

    /// - Returns: nil when it is no such name.
    package init?(_ text: String) {
        guard !text.isEmpty, text.utf8.count <= Self.maximumLength else { return nil }
        var words = text.split(separator: "/", omittingEmptySubsequences: false)
        if text.hasPrefix("@") {
            guard words.count == 2 else { return nil }
            words[0] = words[0].dropFirst()
        } else {
            guard words.count == 1 else { return nil }
        }
        guard words.allSatisfy(Self.isWord) else { return nil }
        self.text = text
    }

    /// This name, then the one that the same plugin has under the ecosystem's other scope.
    ///
    /// The scope `@elizaos-plugins` became `@elizaos` while character files went on with what they had, and both stand in
    /// published agents.
    package var spellings: [String] {
        for (scope, other) in [("@elizaos/", "@elizaos-plugins/"), ("@elizaos-plugins/", "@elizaos/")] where text.hasPrefix(scope) {
            return [text, other + text.dropFirst(scope.count)]
        }
        return [text]
    }

    private static func isWord(_ word: Substring) -> Bool {
        guard let first = word.utf8.first, first != UInt8(ascii: "."), first != UInt8(ascii: "_") else { return false }
        return word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "~"): true
            default: false
            }
        }
    }
}
