/// Text in the pieces in which a model says it.
enum TextPieces {
    /// About four characters a piece, the space before the word that it opens.
    static func tokens(_ text: String) -> [String] {
        var tokens: [String] = []
        var current = ""
        for character in text {
            let opensWord = character == " " && !current.isEmpty && current != " "
            if opensWord || current.count >= 6 {
                tokens.append(current)
                current = ""
            }
            current.append(character)
        }
        if !current.isEmpty { tokens.append(current) }
        return tokens
    }

    /// Words drawn from a list, a piece each.
    static func words(_ count: Int, using generator: inout some RandomNumberGenerator) -> [String] {
        (0..<count).map { index in
            let word = vocabulary[Int.random(in: vocabulary.indices, using: &generator)]
            return index == 0 ? word : " \(word)"
        }
    }

    /// Some that need two, three and four bytes a character, for they are what streams get wrong.
    static let vocabulary = [
        "harbour", "light", "keeps", "the", "slow", "ships", "from", "stone", "and", "tide", "over", "sand", "while", "gulls", "argue",
        "about", "bread", "café", "naïve", "über", "señor", "straße", "東京", "мост", "ελιά", "→", "🚢", "👩‍🚀", "rope", "anchor", "north",
        "wind", "salt", "bell", "lamp", "watch", "morning", "crew", "chart", "deep",
    ]
}
