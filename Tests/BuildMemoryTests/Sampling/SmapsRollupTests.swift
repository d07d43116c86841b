import Testing

@testable import BuildMemory

@Suite("smaps_rollup")
struct SmapsRollupTests {
    private static let text = """
        560ed7308000-7ffcbcf4d000 ---p 00000000 00:00 0                          [rollup]
        Rss:                1640 kB
        Pss:                 282 kB
        Pss_Dirty:           112 kB
        Shared_Clean:       1484 kB
        SwapPss:               0 kB

        """

    @Test("gives resident and proportional bytes")
    func ordinary() throws {
        let rollup = try #require(withBytes(Self.text, SmapsRollup.init(bytes:)))
        #expect(rollup.rss == 1_640 << 10)
        #expect(rollup.pss == 282 << 10)
    }

    @Test("takes no other line for the one that is wanted")
    func similarNames() {
        #expect(withBytes("Rss: 5 kB\nPss_Dirty: 112 kB\nSwapPss: 3 kB\n", SmapsRollup.init(bytes:)) == nil)
        #expect(withBytes("Pss: 5 kB\n", SmapsRollup.init(bytes:)) == nil)
    }

    @Test(
        "is refused when it is empty, cut short or too large",
        arguments: ["", "Rss:", "Rss: 5 kB\nPss:", "Rss: 99999999999999999999 kB\nPss: 1 kB\n", "Rss: -1 kB\nPss: 1 kB"])
    func nonsense(text: String) {
        #expect(withBytes(text, SmapsRollup.init(bytes:)) == nil)
    }
}
