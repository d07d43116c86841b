import TestSupport
import Testing

@testable import Workspaces

@Suite("Whether a title is what it is taken for")
struct AgentsTitleTextTests {
    @Test(
        "titles of all scripts, of several side by side, and with pictures are taken",
        arguments: [
            "Eliza", "F.R.I.D.A.Y. 2", "Zoë Müller", "E\u{301}liza", "日本語 Tシャツ", "한국어", "Привет Eliza", "Ελληνικά", "Հայերեն", "ᏣᎳᎩ",
            "π-bot", "µTorrent", "Ｅｌｉｚａ", "𝐄𝐥𝐢𝐳𝐚", "عربى", "नमस्ते", "Eliza ❤\u{FE0F}", "❤\u{FE0F}\u{200D}🔥", "👩🏽\u{200D}🚀 Ada", "1\u{FE0F}\u{20E3}",
            "می\u{200C}خواهم", "क\u{94D}\u{200D}ष", "🔥", "!",
        ])
    func taken(title: String) {
        #expect(TitleText.faults(in: title) == [])
    }

    @Test(
        "what is not seen is told with its place",
        arguments: [
            ("Eli\u{200B}za", "200B", 4), ("Eliza\u{200D}", "200D", 6), ("\u{FEFF}Eliza", "FEFF", 1), ("a\u{200C}b", "200C", 2),
            ("a\u{AD}b", "AD", 2), ("\u{202E}azilE", "202E", 1), ("a\u{3164}", "3164", 2), ("a\u{2800}", "2800", 2), ("a\u{FE0F}", "FE0F", 2),
            ("a\u{2028}b", "2028", 2),
            ("a\u{E0041}", "E0041", 2), ("a\u{E000}", "E000", 2), ("❤\u{FE0F}\u{FE0F}", "FE0F", 3), ("👩\u{200D}a", "200D", 2),
        ])
    func invisible(title: String, digits: String, position: Int) throws {
        let scalar = try #require(UInt32(digits, radix: 16).flatMap { Unicode.Scalar($0) })
        #expect(TitleText.faults(in: title) == [.invisible(scalar, position: position)])
    }

    @Test("letters of two alphabets in one word are told, also around what nobody sees")
    func mixed() {
        #expect(TitleText.faults(in: "El\u{456}za") == [.mixed(word: "El\u{456}za", alphabets: [.latin, .cyrillic])])
        #expect(TitleText.faults(in: "The \u{395}liza") == [.mixed(word: "\u{395}liza", alphabets: [.greek, .latin])])
        #expect(TitleText.faults(in: "Ꭼliza2") == [.mixed(word: "Ꭼliza2", alphabets: [.cherokee, .latin])])
        #expect(TitleText.faults(in: "Ｅ\u{3B1}") == [.mixed(word: "Ｅ\u{3B1}", alphabets: [.latin, .greek])])
        #expect(
            TitleText.faults(in: "E\u{200B}\u{456}") == [
                .invisible("\u{200B}", position: 2), .mixed(word: "E\u{456}", alphabets: [.latin, .cyrillic]),
            ])
    }

    @Test("a fault is told in a sentence that names it")
    func words() {
        #expect(TitleText.Fault.invisible("\u{AD}", position: 3).sentence == "Character 3, U+00AD, is not seen.")
        let mixed = TitleText.Fault.mixed(word: "E\u{456}", alphabets: [.latin, .cyrillic])
        #expect(mixed.sentence == "The word “E\u{456}” mixes Latin and Cyrillic letters.")
    }

    @Test("whatever the title, one letter of another alphabet or one that is not seen is found", arguments: [1, 2, 3, 4, 5] as [UInt64])
    func anywhere(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let letters: [Unicode.Scalar] = Array("abcdeXYZ0189é ".unicodeScalars)
        let strange: [Unicode.Scalar] = ["\u{430}", "\u{3BF}", "\u{585}"]
        let unseen: [Unicode.Scalar] = ["\u{200B}", "\u{2060}", "\u{202D}", "\u{FEFF}", "\u{AD}", "\u{180E}"]
        for _ in 0..<500 {
            var scalars = (0..<Int.random(in: 2...20, using: &random)).map { _ in letters.randomElement(using: &random) ?? "a" }
            #expect(TitleText.faults(in: Self.text(scalars)) == [], "seed \(seed)")
            let place = Int.random(in: 0..<scalars.count, using: &random)
            let hidden = try #require(unseen.randomElement(using: &random))
            let withHidden = Self.text(Array(scalars[..<place]) + [hidden] + scalars[place...])
            #expect(TitleText.faults(in: withHidden) == [.invisible(hidden, position: place + 1)], "seed \(seed)")
            // In a word with a Latin letter beside it.
            let foreign = try #require(strange.randomElement(using: &random))
            scalars.insert(contentsOf: ["q", foreign], at: place)
            #expect(TitleText.faults(in: Self.text(scalars)).count == 1, "\(Self.text(scalars)), seed \(seed)")
        }
    }

    private static func text(_ scalars: [Unicode.Scalar]) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}
