import Testing

@testable import Directory

@Suite("Words of a search")
struct SearchWordsTests {
    @Test(
        "become patterns, in lower case and with wildcards escaped",
        arguments: [
            ("", []), ("   ", []), ("Tide TABLE", ["%tide%", "%table%"]), ("100% a_b \\", ["%100\\%%", "%a\\_b%", "%\\\\%"]),
        ])
    func patterns(text: String, expected: [String]) {
        #expect(SearchWords(text).patterns == expected)
    }

    @Test("are bounded in number and length")
    func bounds() {
        #expect(SearchWords(Array(repeating: "x", count: 100).joined(separator: " ")).patterns.count == 8)
        #expect(SearchWords(String(repeating: "x", count: 1000)).patterns[0].count == 66)
    }
}
