/// A version as Semantic Versioning 2.0.0 writes it: `1.4.0`, `2.0.0-beta.2`, `1.0.0+build.5`.
///
/// Two versions that differ in their build alone are the same one: they compare as equal, and an agent has one of them.
///
/// | text | |
/// |---|---|
/// | `1.0.0-alpha` < `1.0.0-alpha.1` < `1.0.0-alpha.beta` < `1.0.0-beta` | more identifiers are more; a word is more than a number |
/// | `1.0.0-beta.2` < `1.0.0-beta.11` < `1.0.0-rc.1` < `1.0.0` | numbers count as numbers; a release is more than its prereleases |
/// | `v1.0.0`, `1.0`, `01.0.0`, `1.0.0-`, `1.0.0-01`, `^1.0.0` | no versions |
package struct SemanticVersion: Sendable, Hashable, CustomStringConvertible {
    /// Of the whole text, in characters.
    package static let maximumLength = 255
    /// Of a number, in digits: what a calendar needs, and what 64 bits hold.
    static let maximumDigits = 18

    /// A part of a prerelease.
    package enum Identifier: Sendable, Hashable {
        case number(UInt64)
        case word(String)
    }

    package let major: UInt64
    package let minor: UInt64
    package let patch: UInt64
    /// Empty for a release.
    package let prerelease: [Identifier]
    /// As written after the `+`; empty without one.
    package let build: String

    /// What is published first.
    package static let first = SemanticVersion(major: 1, minor: 0, patch: 0)

    package init(major: UInt64, minor: UInt64, patch: UInt64) {
        self.major = major
        self.minor = minor
        self.patch = patch
        prerelease = []
        build = ""
    }

    /// - Returns: nil for what is no version.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.maximumLength else { return nil }
        let parts = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        let release = parts[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = release[0].split(separator: ".", omittingEmptySubsequences: false).map(Self.number)
        guard numbers.count == 3, let major = numbers[0], let minor = numbers[1], let patch = numbers[2] else { return nil }
        var identifiers: [Identifier] = []
        if release.count == 2 {
            for word in release[1].split(separator: ".", omittingEmptySubsequences: false) {
                guard let identifier = Self.identifier(word) else { return nil }
                identifiers.append(identifier)
            }
        }
        if parts.count == 2 {
            guard parts[1].split(separator: ".", omittingEmptySubsequences: false).allSatisfy(Self.isWord) else { return nil }
        }
        self.major = major
        self.minor = minor
        self.patch = patch
        prerelease = identifiers
        build = parts.count == 2 ? String(parts[1]) : ""
    }

    package var isPrerelease: Bool { !prerelease.isEmpty }

    package var description: String {
        let words = prerelease.map { identifier in
            switch identifier {
            case .number(let number): String(number)
            case .word(let word): word
            }
        }
        return "\(major).\(minor).\(patch)" + (words.isEmpty ? "" : "-" + words.joined(separator: ".")) + (build.isEmpty ? "" : "+" + build)
    }

    package static func == (left: SemanticVersion, right: SemanticVersion) -> Bool {
        (left.major, left.minor, left.patch) == (right.major, right.minor, right.patch) && left.prerelease == right.prerelease
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(major)
        hasher.combine(minor)
        hasher.combine(patch)
        hasher.combine(prerelease)
    }

    // MARK: What follows

    /// The version of a publication whose publisher names none.
    ///
    /// | the highest so far | next |
    /// |---|---|
    /// | none | `1.0.0` |
    /// | `1.4.2` | `1.4.3` |
    /// | `2.0.0-beta.2` | `2.0.0` |
    /// - Parameter highest: the highest release, or the highest prerelease where there is no release.
    package static func next(after highest: SemanticVersion?) -> SemanticVersion {
        guard let highest else { return first }
        // At the end of the numbers the same one comes out, and is refused as one that is there.
        let patch = highest.isPrerelease || String(highest.patch + 1).count > maximumDigits ? highest.patch : highest.patch + 1
        return SemanticVersion(major: highest.major, minor: highest.minor, patch: patch)
    }

    /// Whether a listing that shows `shown` is to show this version instead: the highest release is shown, and a prerelease only
    /// where there is no release.
    package func replaces(_ shown: SemanticVersion) -> Bool {
        isPrerelease == shown.isPrerelease ? self >= shown : shown.isPrerelease
    }

    // MARK: Reading

    private static func number(_ text: Substring) -> UInt64? {
        guard (1...maximumDigits).contains(text.utf8.count), text.utf8.allSatisfy(isDigit), text == "0" || text.first != "0" else { return nil }
        return UInt64(text)
    }

    private static func identifier(_ text: Substring) -> Identifier? {
        guard isWord(text) else { return nil }
        return text.utf8.allSatisfy(isDigit) ? number(text).map(Identifier.number) : .word(String(text))
    }

    private static func isWord(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                isDigit(byte) || byte == UInt8(ascii: "-") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
