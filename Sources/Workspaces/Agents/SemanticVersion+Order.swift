extension SemanticVersion: Comparable {
    package static func < (left: SemanticVersion, right: SemanticVersion) -> Bool {
        let (one, other) = ((left.major, left.minor, left.patch), (right.major, right.minor, right.patch))
        if one != other { return one < other }
        guard left.isPrerelease, right.isPrerelease else { return left.isPrerelease && !right.isPrerelease }
        return left.prerelease.lexicographicallyPrecedes(right.prerelease, by: Identifier.precedes)
    }

    /// A text that sorts, byte by byte, as versions do, so that the database can put them into order and begin a page anywhere.
    ///
    /// A number is its count of digits as a letter, and the digits: `9` is `a9`, `10` is `b10`. A release ends in `~`, which is more
    /// than the `-` of a prerelease. An identifier begins with 0 (number) or 1 (word) and ends in `!`, which is less than
    /// anything that an identifier may hold.
    ///
    /// | version | key |
    /// |---|---|
    /// | `1.0.0` | `a1a0a0~` |
    /// | `1.10.0-rc.2` | `a1b10a0-1rc!0a2!` |
    package var precedence: String {
        var key = Self.key(major) + Self.key(minor) + Self.key(patch)
        if prerelease.isEmpty { return key + "~" }
        key += "-"
        for identifier in prerelease {
            switch identifier {
            case .number(let number): key += "0" + Self.key(number) + "!"
            case .word(let word): key += "1" + word + "!"
            }
        }
        return key
    }

    private static func key(_ number: UInt64) -> String {
        let digits = String(number)
        return String(UnicodeScalar(UInt8(ascii: "a") + UInt8(digits.utf8.count - 1))) + digits
    }
}

extension SemanticVersion.Identifier {
    /// Numbers by value, words by their bytes, numbers before words.
    static func precedes(_ left: Self, _ right: Self) -> Bool {
        switch (left, right) {
        case (.number(let one), .number(let other)): one < other
        case (.word(let one), .word(let other)): one.utf8.lexicographicallyPrecedes(other.utf8)
        case (.number, .word): true
        case (.word, .number): false
        }
    }
}
