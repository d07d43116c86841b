import TestSupport
import Testing

@testable import Workspaces

@Suite("Ranges of versions")
struct PluginsRangeTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let range: String
        let accepted: [String]
        let refused: [String]
        var testDescription: String { range }

        init(_ range: String, _ accepted: [String], not refused: [String]) {
            self.range = range
            self.accepted = accepted
            self.refused = refused
        }
    }

    static let cases: [Case] = [
        Case("1.5.10", ["1.5.10"], not: ["1.5.9", "1.5.11", "1.5.10-beta.1"]),
        Case("=1.5.10", ["1.5.10"], not: ["1.5.11"]),
        Case("v1.5.10", ["1.5.10"], not: ["1.5.11"]),
        Case("0.25.6-alpha.1", ["0.25.6-alpha.1"], not: ["0.25.6", "0.25.6-alpha.2", "0.25.9"]),
        Case("^1.3.1", ["1.3.1", "1.3.2", "1.99.0"], not: ["1.3.0", "2.0.0", "2.0.0-alpha.1", "1.4.0-beta.1", "1.3.1-rc.1"]),
        Case("^0.25.6", ["0.25.6", "0.25.9"], not: ["0.25.5", "0.26.0", "1.0.0"]),
        Case("^0.0.3", ["0.0.3"], not: ["0.0.2", "0.0.4"]),
        Case("^0.0", ["0.0.0", "0.0.9"], not: ["0.1.0"]),
        Case("^0", ["0.0.0", "0.99.9"], not: ["1.0.0"]),
        Case("^1.x", ["1.0.0", "1.9.9"], not: ["0.9.9", "2.0.0"]),
        Case("~1.2.3", ["1.2.3", "1.2.9"], not: ["1.2.2", "1.3.0"]),
        Case("~1.2", ["1.2.0", "1.2.9"], not: ["1.3.0", "1.1.9"]),
        Case("~1", ["1.0.0", "1.9.0"], not: ["2.0.0", "0.9.9"]),
        Case("~>1.2.3", ["1.2.9"], not: ["1.3.0"]),
        Case("1.x", ["1.0.0", "1.9.9"], not: ["0.9.9", "2.0.0", "2.0.0-alpha.1"]),
        Case("1", ["1.0.0", "1.9.9"], not: ["2.0.0"]),
        Case("1.2.*", ["1.2.0", "1.2.9"], not: ["1.3.0"]),
        Case("1.X.3", ["1.0.0", "1.7.1"], not: ["2.0.0"]),
        Case(">=1.0.0 <2", ["1.0.0", "1.9.9"], not: ["0.9.9", "2.0.0", "2.0.0-alpha.1"]),
        Case(">1", ["2.0.0"], not: ["1.0.0", "1.9.9"]),
        Case(">1.2.3", ["1.2.4"], not: ["1.2.3"]),
        Case("<=1.2", ["1.2.9", "0.0.0"], not: ["1.3.0"]),
        Case("<1.2", ["1.1.9"], not: ["1.2.0"]),
        Case("1.0 - 1.4", ["1.0.0", "1.4.9"], not: ["0.9.9", "1.5.0"]),
        Case("1.2.3 - 1.4.0", ["1.2.3", "1.4.0"], not: ["1.2.2", "1.4.1"]),
        Case("^0.25.0 || ^1.0.0", ["0.25.1", "1.6.0"], not: ["0.26.0", "2.0.0"]),
        Case("^0.25.0||1.5.10", ["0.25.1", "1.5.10"], not: ["1.5.9"]),
        Case("*", ["0.0.0", "1.6.2", "2.0.0-alpha.1"], not: []),
        Case("", ["1.6.2", "2.0.0-alpha.1"], not: []),
        Case("x", ["3.2.1"], not: []),
        Case(">*", [], not: ["0.0.0", "9.9.9", "0.0.0-0"]),
        Case("^2.0.0-alpha.1", ["2.0.0-alpha.1", "2.0.0-alpha.4", "2.0.0", "2.3.0"], not: ["2.1.0-alpha.1", "2.0.0-alpha.0", "3.0.0"]),
        Case(">=2.0.0-alpha.1 <2.0.0-beta.1", ["2.0.0-alpha.9"], not: ["2.0.0-beta.1", "2.0.0"]),
        Case(">=1.0.0+build.5", ["1.0.0", "2.0.0"], not: ["0.9.9"]),
    ]

    @Test("a range accepts what the package manager accepts", arguments: cases)
    func accepted(_ given: Case) throws {
        let range = try #require(CoreRange(given.range))
        #expect("\(range)" == given.range)
        for (texts, isIn) in [(given.accepted, true), (given.refused, false)] {
            for text in texts {
                let version = try #require(SemanticVersion(text))
                #expect(range.contains(version) == isIn, "\(given.range) and \(text)")
            }
        }
    }

    @Test(
        "a word that is no range is none",
        arguments: [
            "latest", "next", "alpha", "workspace:*", "workspace:^1.0.0", "github:elizaos/eliza", "npm:@elizaos/core@^1", "file:../core", "1.2.3.4",
            "1.2-beta", "01.2.3", "^", "> >1", ">=", "1.2.3 -", "- 1.2.3", "^1.2.3 ||| 2", ">=1,<2", "1..2", "1.2.", "-1", "^^1.0.0", "1.2.3-",
            "1.2.3 to 2", String(repeating: "1 ", count: 200),
        ])
    func words(text: String) {
        #expect(CoreRange(text) == nil)
    }

    // MARK: Properties

    private struct Triple {
        let numbers: [Int]
        var text: String { numbers.map(String.init).joined(separator: ".") }

        init(_ random: inout SplitMix64) {
            numbers = (0..<3).map { _ in Int.random(in: 0...3, using: &random) }
        }

        func isBefore(_ other: Triple) -> Bool { numbers.lexicographicallyPrecedes(other.numbers) }
    }

    @Test("signs mean what they mean for all numbers, by the rule in other words", arguments: [1, 2, 3, 4, 5] as [UInt64])
    func signs(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<2_000 {
            let (bound, asked) = (Triple(&random), Triple(&random))
            let version = try #require(SemanticVersion(asked.text))
            let isAtLeast = !asked.isBefore(bound)
            // The caret keeps everything up to the first number that is not 0, the tilde the first two.
            let kept = (bound.numbers.firstIndex { $0 > 0 } ?? 2) + 1
            let expected: [(range: String, isIn: Bool)] = [
                ("^\(bound.text)", isAtLeast && asked.numbers.prefix(kept) == bound.numbers.prefix(kept)),
                ("~\(bound.text)", isAtLeast && asked.numbers.prefix(2) == bound.numbers.prefix(2)),
                (">=\(bound.text)", isAtLeast), ("<\(bound.text)", !isAtLeast), (bound.text, asked.numbers == bound.numbers),
                (">\(bound.text)", bound.isBefore(asked)), ("<=\(bound.text)", !bound.isBefore(asked)),
                ("\(bound.numbers[0]).x", asked.numbers[0] == bound.numbers[0]),
                ("\(bound.numbers[0]).\(bound.numbers[1])", asked.numbers.prefix(2) == bound.numbers.prefix(2)),
            ]
            for (range, isIn) in expected {
                #expect(try #require(CoreRange(range)).contains(version) == isIn, "\(range) and \(asked.text), seed \(seed)")
            }
        }
    }

    @Test("«or» is either, a space is both, and spaces do not matter", arguments: [11, 12, 13] as [UInt64])
    func joining(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let signs = ["^", "~", ">=", "<", "<=", ">", ""]
        for _ in 0..<1_000 {
            let one = signs.randomElement(using: &random)! + Triple(&random).text
            let other = signs.randomElement(using: &random)! + Triple(&random).text
            let version = try #require(SemanticVersion(Triple(&random).text))
            let (first, second) = (try #require(CoreRange(one)).contains(version), try #require(CoreRange(other)).contains(version))
            #expect(try #require(CoreRange("\(one) || \(other)")).contains(version) == (first || second), "\(one) || \(other), seed \(seed)")
            #expect(try #require(CoreRange("\(one)||\(other)")).contains(version) == (first || second), "\(one)||\(other), seed \(seed)")
            #expect(try #require(CoreRange("\(one) \(other)")).contains(version) == (first && second), "\(one) \(other), seed \(seed)")
            let spaced = one.replacing("=", with: "= ").replacing("^", with: "^ ")
            #expect(try #require(CoreRange("  \(spaced)\t")).contains(version) == first, "\(spaced), seed \(seed)")
        }
    }

    @Test("a prerelease is accepted only by a range that names one of the same three numbers", arguments: [21, 22, 23] as [UInt64])
    func prereleases(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<1_000 {
            let (bound, asked) = (Triple(&random), Triple(&random))
            let version = try #require(SemanticVersion("\(asked.text)-beta.2"))
            for sign in ["^", "~", ">=", "<=", "<", ">", ""] {
                let plain = try #require(CoreRange(sign + bound.text))
                #expect(!plain.contains(version), "\(plain) and \(asked.text)-beta.2")
                let named = try #require(CoreRange("\(sign)\(bound.text)-beta.1"))
                if named.contains(version) { #expect(asked.numbers == bound.numbers, "\(named) and \(asked.text)-beta.2") }
            }
        }
    }

    @Test("any text is a range or none, and never stops the process", arguments: [31, 32] as [UInt64])
    func anything(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let letters = Array("0123456789.x*^~<>=| -+vbeta\t")
        let version = try #require(SemanticVersion("1.2.3"))
        for _ in 0..<5_000 {
            let text = String((0..<Int.random(in: 0...12, using: &random)).map { _ in letters.randomElement(using: &random)! })
            if let range = CoreRange(text) {
                let isIn = range.contains(version)
                #expect(CoreRange(text + " || *")?.contains(version) == true, "\(text)")
                #expect(CoreRange(text + " ")?.contains(version) == isIn, "\(text)")
            }
        }
    }
}
