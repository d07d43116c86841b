import Testing

@testable import BuildMemory

@Suite("Numbers in text")
struct ByteTextTests {
    @Test(
        "bytes have three digits and a binary unit",
        arguments: [
            (0, "0 B"), (999, "999 B"), (1_000, "0.98 KiB"), (1_536, "1.50 KiB"), (12_373_196, "11.8 MiB"), (1_023 << 20, "1.00 GiB"),
            (3_672_400_000, "3.42 GiB"),
            (1 << 46, "64.0 TiB"), (5 << 50, "5120 TiB"),
        ])
    func bytes(count: Int, text: String) {
        #expect(ByteText.bytes(count) == text)
    }

    @Test(
        "times grow coarser as they grow longer",
        arguments: [
            (0, "0 ms"), (999, "999 ms"), (12_340, "12.3 s"), (59_999, "60.0 s"), (60_000, "1 min 00 s"), (245_900, "4 min 05 s"),
            (3_720_000, "1 h 02 min"),
        ])
    func times(milliseconds: Int, text: String) {
        #expect(ByteText.time(milliseconds: milliseconds) == text)
    }

    @Test("percents have two digits", arguments: [(0.0042, "0.42 %"), (0.031, "3.1 %"), (0.87, "87 %"), (0.00996, "1.0 %"), (0, "0.00 %")])
    func percents(share: Double, text: String) {
        #expect(ByteText.percent(share) == text)
    }
}
