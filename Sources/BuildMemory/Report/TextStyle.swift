/// What the place of output can show.
package struct TextStyle: Sendable, Equatable {
    /// Columns that a line may take.
    package var width: Int
    /// Block characters and typographic signs; otherwise plain ASCII.
    package var unicode: Bool
    /// Bold and red by escape sequences.
    package var colour: Bool

    /// For files, pipes and logs: plain, and as wide as such readers expect.
    package static let plain = TextStyle(width: 100, unicode: false, colour: false)

    package init(width: Int, unicode: Bool, colour: Bool) {
        self.width = max(width, 40)
        self.unicode = unicode
        self.colour = colour
    }

    /// What a terminal can show, from its environment.
    /// - Parameters:
    ///   - isTerminal: whether the output is one.
    ///   - columns: its width; nil when it does not tell.
    ///   - plain: whether the user asked for plain output.
    package init(environment: [String: String], isTerminal: Bool, columns: Int?, plain: Bool) {
        guard isTerminal, !plain, environment["TERM"] != "dumb" else {
            self = .plain
            if isTerminal, let columns { width = max(columns, 40) }
            return
        }
        // The first that is set decides, as setlocale(3) has it.
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        let charset = locale.lowercased()
        self.init(
            width: columns ?? 80,
            unicode: charset.contains("utf-8") || charset.contains("utf8"),
            // https://no-color.org: present and not empty.
            colour: (environment["NO_COLOR"] ?? "").isEmpty)
    }

    func bold(_ text: String) -> String { colour ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
    func alarm(_ text: String) -> String { colour ? "\u{1B}[1;31m\(text)\u{1B}[0m" : text }
    func faint(_ text: String) -> String { colour ? "\u{1B}[2m\(text)\u{1B}[0m" : text }
}
