/// What a person typed to search by.
///
/// Words are joined by "and"; `"two words"` stand beside each other, `or` gives a choice, a leading hyphen leaves out.
struct SearchWords: Sendable, Equatable {
    /// Enough to find anything by.
    static let maximumCount = 8
    /// Of one word, in characters; the rest of it is read over.
    static let maximumLength = 64

    let text: String
    /// What names are compared with letter by letter. Nil where something is quoted or left out: likeness heeds neither.
    let likeness: String?

    /// - Returns: nil when there is no word.
    init?(_ typed: String) {
        let words = typed.split(whereSeparator: \.isWhitespace).prefix(Self.maximumCount)
        guard !words.isEmpty else { return nil }
        let kept = words.map { $0.prefix(Self.maximumLength) }
        text = kept.joined(separator: " ")
        let isStrict = kept.contains { $0.contains("\"") || ($0.hasPrefix("-") && $0.count > 1) }
        let named = kept.filter { $0.lowercased() != "or" }
        likeness = isStrict || named.isEmpty ? nil : named.joined(separator: " ")
    }
}
