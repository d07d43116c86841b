/// Reads the text of a range into its bounds.
enum CoreRangeReader {
    /// The text is no range. What is wrong with it nobody asks: most are words such as `latest`, and meant so.
    struct Unreadable: Error {}

    /// What stands before a version.
    private enum Sign: String, CaseIterable {
        case atLeast = ">="
        case atMost = "<="
        /// An older spelling of `~`.
        case oldTilde = "~>"
        case above = ">"
        case below = "<"
        case tilde = "~"
        case caret = "^"
        case exactly = "="

        /// Splits a word into its sign, if it has one, and what follows. The longer signs come first in the list.
        static func split(_ word: Substring) -> (sign: Sign?, rest: Substring) {
            for sign in allCases where word.hasPrefix(sign.rawValue) { return (sign, word.dropFirst(sign.rawValue.count)) }
            return (nil, word)
        }
    }

    /// - Throws: ``Unreadable``.
    static func alternatives(_ text: String) throws -> [[CoreComparator]] {
        try text.split(separator: "||", omittingEmptySubsequences: false).map(comparators)
    }

    private static func comparators(_ alternative: Substring) throws -> [CoreComparator] {
        let words = alternative.split { $0 == " " || $0 == "\t" }
        if words.count == 3, words[1] == "-" {
            return try bounds(.atLeast, PartialVersion(words[0])) + bounds(.atMost, PartialVersion(words[2]))
        }
        var found: [CoreComparator] = []
        var waiting: Sign?
        for word in words {
            let (sign, rest) = Sign.split(word)
            // At most one sign a version; a space may follow it.
            if sign != nil, waiting != nil { throw Unreadable() }
            guard !rest.isEmpty else {
                waiting = sign
                continue
            }
            found += try bounds(sign ?? waiting, PartialVersion(rest))
            waiting = nil
        }
        guard waiting == nil else { throw Unreadable() }
        return found
    }

    private static func bounds(_ sign: Sign?, _ written: PartialVersion) throws -> [CoreComparator] {
        guard written.major != nil else {
            // Above or below everything there is nothing: no version comes before 0.0.0-0.
            return sign == .above || sign == .below ? [try bound(.less, .init(0, 0, 0), "0")] : []
        }
        let low = written.lowest
        let atLeast = try bound(.greaterOrEqual, low, written.prerelease)
        switch sign {
        case nil, .exactly:
            return written.isWhole ? [try bound(.equal, low, written.prerelease)] : [atLeast, try upTo(written.next)]
        case .caret: return [atLeast, try upTo(written.nextOfCaret)]
        case .tilde, .oldTilde: return [atLeast, try upTo(written.nextOfTilde)]
        case .atLeast: return [atLeast]
        case .above: return [try written.isWhole ? bound(.greater, low, written.prerelease) : bound(.greaterOrEqual, written.next)]
        case .below: return [try written.isWhole ? bound(.less, low, written.prerelease) : upTo(low)]
        case .atMost: return [try written.isWhole ? bound(.lessOrEqual, low, written.prerelease) : upTo(written.next)]
        }
    }

    /// Up to a version, without it and its prereleases: `-0` comes before all of them.
    private static func upTo(_ numbers: PartialVersion.Numbers) throws -> CoreComparator {
        try bound(.less, numbers, "0")
    }

    private static func bound(
        _ relation: CoreComparator.Relation, _ numbers: PartialVersion.Numbers, _ prerelease: String? = nil
    ) throws -> CoreComparator {
        let text = "\(numbers.major).\(numbers.minor).\(numbers.patch)\(prerelease.map { "-\($0)" } ?? "")"
        guard let version = SemanticVersion(text) else { throw Unreadable() }
        return CoreComparator(relation: relation, bound: version)
    }
}

/// A version whose later numbers may be open: `1`, `1.2.x`, `*`, `1.2.3-beta.1`.
struct PartialVersion {
    /// Three numbers that are all there.
    struct Numbers {
        let major: Int
        let minor: Int
        let patch: Int

        init(_ major: Int, _ minor: Int, _ patch: Int) {
            self.major = major
            self.minor = minor
            self.patch = patch
        }
    }

    let major: Int?
    let minor: Int?
    let patch: Int?
    /// Only where all three numbers are there.
    let prerelease: String?

    /// - Throws: `CoreRangeReader.Unreadable`.
    init(_ text: Substring) throws {
        var rest = text.hasPrefix("v") || text.hasPrefix("V") ? text.dropFirst() : text
        // Build metadata says nothing of precedence.
        if let plus = rest.firstIndex(of: "+") { rest = rest[..<plus] }
        let dash = rest.firstIndex(of: "-")
        let numbers = rest[..<(dash ?? rest.endIndex)].split(separator: ".", omittingEmptySubsequences: false)
        guard (1...3).contains(numbers.count) else { throw CoreRangeReader.Unreadable() }
        var found: [Int] = []
        var isOpen = false
        for number in numbers {
            let value = try Self.number(number)
            // `1.x.3` is `1.x`.
            isOpen = isOpen || value == nil
            if let value, !isOpen { found.append(value) }
        }
        major = found.first
        minor = found.count > 1 ? found[1] : nil
        patch = found.count > 2 ? found[2] : nil
        prerelease = dash.map { String(rest[rest.index(after: $0)...]) }
        guard prerelease == nil || (patch != nil && prerelease?.isEmpty == false) else { throw CoreRangeReader.Unreadable() }
    }

    /// - Returns: nil for a number that is left open.
    private static func number(_ text: Substring) throws -> Int? {
        if text == "x" || text == "X" || text == "*" { return nil }
        let isPlain = text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } && (text.count == 1 || text.first != "0")
        guard isPlain, text.utf8.count <= 15, let value = Int(text) else { throw CoreRangeReader.Unreadable() }
        return value
    }

    var isWhole: Bool { patch != nil }

    /// The first version that it may mean.
    var lowest: Numbers { Numbers(major ?? 0, minor ?? 0, patch ?? 0) }

    /// The first one after all that it may mean.
    var next: Numbers {
        let low = lowest
        if minor == nil { return Numbers(low.major + 1, 0, 0) }
        return patch == nil ? Numbers(low.major, low.minor + 1, 0) : Numbers(low.major, low.minor, low.patch + 1)
    }

    var nextOfTilde: Numbers {
        minor == nil ? Numbers(lowest.major + 1, 0, 0) : Numbers(lowest.major, lowest.minor + 1, 0)
    }

    var nextOfCaret: Numbers {
        let low = lowest
        if low.major > 0 || minor == nil { return Numbers(low.major + 1, 0, 0) }
        return low.minor > 0 || patch == nil ? Numbers(0, low.minor + 1, 0) : Numbers(0, 0, low.patch + 1)
    }
}
