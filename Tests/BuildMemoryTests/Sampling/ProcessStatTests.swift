import TestSupport
import Testing

@testable import BuildMemory

@Suite("A process's stat line")
struct ProcessStatTests {
    private static let tail = "S 7 7 7 34816 -1 4194304 101 202 0 0 11 22 33 44 20 -5 8 0 153748 3133440 384 18446744073709551615 1 1 0\n"

    @Test("is read field by field")
    func ordinary() throws {
        let stat = try #require(withBytes("4711 (swift-build) " + Self.tail, ProcessStat.init(bytes:)))
        #expect(stat.pid == 4711)
        #expect(stat.parent == 7)
        #expect(stat.name == "swift-build")
        #expect(stat.cpuTicks == 33)
        #expect(stat.start == 153_748)
        #expect(stat.residentPages == 384)
        #expect(!stat.isZombie)
    }

    @Test(
        "keeps whatever name a process gives itself",
        arguments: ["a) b", "(sd-pam)", ") S 1 (", "", "two words", "line\nfeed", "tab\there", "))))", "((((", "é漢"])
    func oddNames(name: String) throws {
        let stat = try #require(withBytes("12 (\(name)) " + Self.tail, ProcessStat.init(bytes:)))
        #expect(stat.name == name)
        #expect(stat.pid == 12)
        #expect(stat.parent == 7)
        #expect(stat.residentPages == 384)
    }

    @Test("is refused when it is cut short anywhere before its last field that matters")
    func torn() {
        let whole = "12 (a) b) " + Self.tail
        let needed = whole.utf8.count - " 18446744073709551615 1 1 0\n".utf8.count
        for length in 0..<whole.utf8.count {
            let stat = withBytes(String(decoding: whole.utf8.prefix(length), as: UTF8.self), ProcessStat.init(bytes:))
            if length < needed - "384".count + 1 { #expect(stat == nil, "\(length) bytes") }
            if length >= needed { #expect(stat?.residentPages == 384, "\(length) bytes") }
        }
    }

    @Test(
        "is refused when a number does not fit or is none",
        arguments: [
            "99999999999 (a) " + tail,
            "12 (a) S 99999999999 7 7 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 5 5 5 5",
            "12 (a) S 7 7 7 0 -1 0 0 0 0 0 18446744073709551615 1 0 0 20 0 1 0 5 5 5 5",
            "12 (a) S 7 7 7 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 99999999999999999999999 5 5 5",
            "12 (a) S x 7 7 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 5 5 5 5",
            "12 a S 7", "()", "", "12 (a", ")(",
        ])
    func nonsense(text: String) {
        #expect(withBytes(text, ProcessStat.init(bytes:)) == nil)
    }

    @Test("never makes the parser trap, whatever the bytes")
    func randomBytes() {
        var generator = SplitMix64(seed: 1)
        let alphabet = Array("0123456789 ()SZ-\n\u{0}é".utf8)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...80, using: &generator)).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
            let stat = bytes.withUnsafeBytes(ProcessStat.init(bytes:))
            if let stat { #expect(stat.pid >= 0 && stat.parent >= 0) }
        }
    }
}
