/// A word in double brackets by which a message asks for a trap: `[[cut:3]]`.
struct MagicWord: Equatable {
    let name: String
    /// What follows the colons, in order.
    let values: [String]

    /// All in a text, in order.
    static func all(in text: String) -> [MagicWord] {
        text.matches(of: #/\[\[([a-z-]+)((?::[^:\[\]]+)*)\]\]/#).map { match in
            MagicWord(name: String(match.1), values: match.2.split(separator: ":").map(String.init))
        }
    }

    /// The text without them.
    static func removed(from text: String) -> String {
        text.replacing(#/\s*\[\[[a-z-]+(?::[^:\[\]]+)*\]\]/#, with: "").trimmed
    }

    /// The value as a number, when it is one of at least `least`.
    func number(_ place: Int = 0, atLeast least: Int = 0) -> Int? {
        guard values.indices.contains(place), let number = Int(values[place]), number >= least else { return nil }
        return number
    }

    /// The value as a time: `50ms`, `2s`; a bare number is milliseconds. A day at the most.
    var duration: Duration? {
        guard let match = values.first?.wholeMatch(of: #/([0-9]{1,8})(ms|s)?/#), let number = Int(match.1) else { return nil }
        let time: Duration = match.2 == "s" ? .seconds(number) : .milliseconds(number)
        return time <= .seconds(86_400) ? time : nil
    }
}

extension String {
    fileprivate var trimmed: String {
        let start = drop { $0.isWhitespace }
        let end = start.lastIndex { !$0.isWhitespace }
        return end.map { String(start[...$0]) } ?? ""
    }
}
