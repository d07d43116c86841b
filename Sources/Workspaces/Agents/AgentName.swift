/// An agent's name in addresses and on the command line: unique in its workspace, never changed by an import.
///
/// Lower-case Latin letters and digits in groups joined by single hyphens, at most 64 characters.
package struct AgentName: Sendable, Hashable, CustomStringConvertible {
    package static let maximumLength = 64

    /// Words that stand at a name's place in a route.
    package static let reserved: Set<String> = [
        "publish", "versions", "forks", "reports", "new", "import", "search", "moderation", "appeals", "character",
    ]

    package let text: String

    package var description: String { text }

    /// Takes a name as it is.
    ///
    /// - Returns: nil when it breaks the form or is reserved.
    package init?(_ text: String) {
        guard !text.isEmpty, text.utf8.count <= Self.maximumLength, !Self.reserved.contains(text) else { return nil }
        let groups = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard groups.allSatisfy({ group in !group.isEmpty && group.allSatisfy(Self.isAllowed) }) else { return nil }
        self.text = text
    }

    /// Makes a name of what people call the agent: `F.R.I.D.A.Y.` → `f-r-i-d-a-y`, `Zoë Müller` → `zoe-muller`.
    ///
    /// - Returns: nil when no Latin letter or digit is left, and the caller has to choose a name.
    package init?(displayName: String) {
        var text = ""
        for character in displayName.lowercased() {
            let letters = Self.folded[character] ?? String(character)
            if letters.utf8.allSatisfy(Self.isAllowed) {
                text += letters
            } else if !text.isEmpty, text.last != "-", !"'’".contains(character) {
                text += "-"
            }
        }
        text = String(text.prefix(Self.maximumLength))
        while text.last == "-" { text.removeLast() }
        if Self.reserved.contains(text) { text += "-agent" }
        self.init(text)
    }

    /// The name that is tried when this one is taken: `eliza-2` for 2. Shortened at its end when it would be too long.
    package func numbered(_ number: Int) -> AgentName {
        let suffix = "-\(number)"
        var stem = text.prefix(Self.maximumLength - suffix.utf8.count)
        while stem.last == "-" { stem.removeLast() }
        return AgentName(unchecked: stem + suffix)
    }

    /// The first of this name, `name-2`, `name-3`… that is not taken.
    package func free(among taken: Set<String>) -> AgentName {
        if !taken.contains(text) { return self }
        var number = 2
        while taken.contains(numbered(number).text) { number += 1 }
        return numbered(number)
    }

    private init(unchecked text: String) {
        self.text = text
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: false
        }
    }

    /// Latin letters with marks, as most languages that use them write them without.
    private static let folded: [Character: String] = {
        let groups: [(String, String)] = [
            ("àáâãäåāăąǎ", "a"), ("çćĉċč", "c"), ("ďđð", "d"), ("èéêëēĕėęě", "e"), ("ĝğġģ", "g"), ("ĥħ", "h"), ("ìíîïĩīĭįı", "i"), ("ĵ", "j"),
            ("ķ", "k"),
            ("ĺļľł", "l"), ("ñńņňŋ", "n"), ("òóôõöøōŏőǒ", "o"), ("ŕŗř", "r"), ("śŝşšș", "s"), ("ţťŧț", "t"), ("ùúûüũūŭůűųǔ", "u"), ("ŵ", "w"),
            ("ýÿŷ", "y"),
            ("źżž", "z"), ("æ", "ae"), ("œ", "oe"), ("ß", "ss"), ("þ", "th"),
        ]
        var table: [Character: String] = [:]
        for (letters, plain) in groups {
            for letter in letters { table[letter] = plain }
        }
        return table
    }()
}
