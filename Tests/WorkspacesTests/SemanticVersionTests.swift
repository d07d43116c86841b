import TestSupport
import Testing

@testable import Workspaces

@Suite("Semantic versions")
struct SemanticVersionTests {
    @Test(
        "are read as they are written",
        arguments: [
            "0.0.0", "1.0.0", "10.20.30", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-0.3.7", "1.0.0-x.7.z.92", "1.0.0-x-y-z.--", "1.0.0+20130313144700",
            "1.0.0-beta+exp.sha.5114f85", "1.0.0+21AF26D3----117B344092BD", "1.2.3-SNAPSHOT", "999999999999999999.0.0", "1.0.0-0A.is.legal",
        ])
    func valid(text: String) {
        #expect(SemanticVersion(text)?.description == text)
    }

    @Test(
        "and nothing else is one",
        arguments: [
            "", "1", "1.2", "1.2.3.4", "v1.2.3", " 1.2.3", "1.2.3 ", "01.2.3", "1.02.3", "1.2.03", "1.2.3-", "1.2.3-01", "1.2.3-a..b", "1.2.3-a.",
            "1.2.3+", "1.2.3+a..b", "1.2.3+a+b", "^1.2.3", "1.x.0", "*", "latest", "-1.2.3", "1.2.3-ä", "1.2.3-a_b", "1,2,3", "+", "-", "1..0",
            "1000000000000000000.0.0", "1.0.0-1000000000000000000", "1.0.0-" + String(repeating: "a", count: 250), "１.0.0",
        ])
    func invalid(text: String) {
        #expect(SemanticVersion(text) == nil)
    }

    /// The specification's own order (semver.org, item 11), with neighbours that are easily mistaken.
    private static let ordered = [
        "0.0.0-0", "0.0.0-1", "0.0.0-9", "0.0.0-10", "0.0.0--", "0.0.0--1", "0.0.0-A", "0.0.0-a", "0.0.0-a-b", "0.0.0-a0", "0.0.0", "0.0.9", "0.0.10",
        "0.9.0",
        "0.10.0-rc.1", "0.10.0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.1.0", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
        "1.0.0-rc.1", "1.0.0", "1.0.1", "2.0.0", "2.1.0", "2.1.1", "10.0.0",
    ]

    @Test("are ordered as the specification says, and so are their keys, byte by byte")
    func order() throws {
        let versions = try Self.ordered.map { try #require(SemanticVersion($0), "\($0)") }
        for (lower, one) in versions.enumerated() {
            for (higher, other) in versions.enumerated() {
                #expect((one < other) == (lower < higher), "\(one) < \(other)")
                #expect((one == other) == (lower == higher), "\(one) == \(other)")
                #expect(Self.keyPrecedes(one, other) == (lower < higher), "\(one.precedence) < \(other.precedence)")
            }
        }
    }

    @Test("whatever they hold, key and order say the same", arguments: [UInt64(1), 2, 3, 4])
    func orderOfKeys(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let versions = try (0..<120).map { _ in
            let text = Self.random(using: &generator)
            return try #require(SemanticVersion(text), "\(text), seed \(seed)")
        }
        for one in versions {
            for other in versions {
                #expect(Self.keyPrecedes(one, other) == (one < other), "\(one) and \(other), seed \(seed)")
                #expect((one.precedence == other.precedence) == (one == other), "\(one) and \(other), seed \(seed)")
            }
        }
    }

    @Test("builds do not count")
    func builds() throws {
        let (one, other) = (try #require(SemanticVersion("1.0.0+a")), try #require(SemanticVersion("1.0.0+b")))
        #expect(one == other && one.precedence == other.precedence && one.hashValue == other.hashValue)
        #expect(!(one < other) && !(other < one))
        #expect(one.description != other.description)
    }

    @Test(
        "the next one is the next patch, or the release of a prerelease",
        arguments: [
            (nil, "1.0.0"), ("1.4.2", "1.4.3"), ("1.4.9", "1.4.10"), ("2.0.0-beta.2", "2.0.0"), ("1.0.0+x", "1.0.1"),
            ("1.0.999999999999999999", "1.0.999999999999999999"),
        ] as [(String?, String)])
    func next(highest: String?, expected: String) throws {
        let version = try highest.map { try #require(SemanticVersion($0)) }
        #expect(SemanticVersion.next(after: version).description == expected)
    }

    @Test(
        "a listing shows the highest release, and a prerelease only where there is none",
        arguments: [
            ("1.0.1", "1.0.0", true), ("1.0.0", "1.0.0", true), ("0.9.0", "1.0.0", false), ("2.0.0-rc.1", "1.0.0", false),
            ("1.0.0", "2.0.0-rc.1", true), ("1.0.0-rc.2", "1.0.0-rc.1", true), ("1.0.0-rc.1", "1.0.0-rc.2", false),
        ])
    func replaces(new: String, shown: String, expected: Bool) throws {
        let (one, other) = (try #require(SemanticVersion(new)), try #require(SemanticVersion(shown)))
        #expect(one.replaces(other) == expected)
    }

    // MARK: Material

    private static func keyPrecedes(_ one: SemanticVersion, _ other: SemanticVersion) -> Bool {
        one.precedence.utf8.lexicographicallyPrecedes(other.precedence.utf8)
    }

    /// From few values, so that neighbours meet.
    private static func random(using generator: inout SplitMix64) -> String {
        func number(_ generator: inout SplitMix64) -> String {
            ["0", "1", "2", "9", "10", "11", "99", "100", "123456789012345678"].randomElement(using: &generator) ?? "0"
        }
        var text = "\(number(&generator)).\(number(&generator)).0"
        let words = ["0", "1", "9", "10", "a", "A", "a-b", "ab", "a0", "-", "--", "rc", "beta", "0a"]
        let count = Int.random(in: 0...3, using: &generator)
        if count > 0 { text += "-" + (0..<count).map { _ in words.randomElement(using: &generator) ?? "a" }.joined(separator: ".") }
        return text
    }
}
