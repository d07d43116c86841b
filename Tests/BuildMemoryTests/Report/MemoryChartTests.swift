import TestSupport
import Testing

@testable import BuildMemory

@Suite("The memory chart")
struct MemoryChartTests {
    private static func timeline(_ values: [(at: Int, mebibytes: Int)]) -> TimelineColumns {
        var timeline = TimelineColumns()
        timeline.at = values.map(\.at)
        timeline.rss = values.map { $0.mebibytes << 20 }
        return timeline
    }

    @Test("draws time to the right and memory upwards, in ASCII")
    func ascii() {
        let chart = MemoryChart.lines(
            Self.timeline([(0, 1), (250, 2), (500, 4), (750, 3)]), duration: 1_000, style: TextStyle(width: 40, unicode: false, colour: false),
            height: 4)
        #expect(
            chart == [
                " 4.00 MiB |              #######",
                "          |              ##############",
                "          |       #####################",
                "          |############################",
                "        0 +----------------------------",
                "           0                      1.0 s",
            ])
    }

    @Test("fits its width, in whatever style, and shows the peak in full")
    func property() {
        var generator = SplitMix64(seed: 5)
        for _ in 0..<300 {
            let count = Int.random(in: 1...400, using: &generator)
            let values = (0..<count).map {
                (at: $0 * Int.random(in: 1...90, using: &generator) % 4_000, mebibytes: Int.random(in: 0...9_000, using: &generator))
            }
            let sorted = values.sorted { $0.at < $1.at }
            let style = TextStyle(width: Int.random(in: 40...200, using: &generator), unicode: Bool.random(using: &generator), colour: false)
            let lines = MemoryChart.lines(Self.timeline(sorted), duration: 4_000, style: style)
            guard sorted.contains(where: { $0.mebibytes > 0 }) else { continue }
            #expect(lines.count == 7)
            #expect(lines.allSatisfy { $0.count <= style.width }, "\(lines)")
            #expect(lines[0].contains(style.unicode ? "█" : "#"))
            if !style.unicode { #expect(lines.joined().utf8.allSatisfy { $0 < 128 }) }
        }
    }

    @Test("is left out when there is nothing to show", arguments: [[], [(at: 0, mebibytes: 0)]])
    func empty(values: [(at: Int, mebibytes: Int)]) {
        #expect(MemoryChart.lines(Self.timeline(values), duration: 0, style: .plain).isEmpty)
    }

    @Test("repeats what was last seen where no sample falls")
    func gaps() {
        let columns = MemoryChart.columns(Self.timeline([(0, 1), (90, 3)]), duration: 100, width: 10)
        #expect(columns.map { $0 >> 20 } == [1, 1, 1, 1, 1, 1, 1, 1, 1, 3])
    }
}
