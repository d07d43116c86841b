import Foundation
import TestSupport
import Testing

@testable import Workspaces

@Suite("What counts as too often")
struct WatchRulesTests {
    private typealias Instant = StillClock.Instant

    private let rule = WatchRule(threshold: 3, window: .seconds(10), response: .alert)

    private func at(_ seconds: Double) -> Instant { Instant(offset: .seconds(seconds)) }

    /// Whether the last of these raises the signal; none before it may.
    private func isRaised(_ things: [(Double, UInt64)]) -> Bool {
        var count = SlidingCount<Instant>()
        let raised = things.map { count.count($0.1, at: at($0.0), under: rule) }
        #expect(!raised.dropLast().contains(true))
        return raised.last ?? false
    }

    @Test("distinct things within the window are counted, each once, and what is over is not")
    func counting() {
        #expect(!isRaised([(0, 1), (1, 2), (2, 2)]))
        #expect(isRaised([(0, 1), (1, 2), (9, 3)]))
        #expect(!isRaised([(0, 1), (1, 2), (10, 3)]))
        // What comes again counts from then on.
        #expect(isRaised([(0, 1), (1, 2), (5, 1), (10.9, 3)]))
        #expect(!isRaised([(0, 1), (1, 2), (5, 1), (11, 3)]))
        // The window slides: no second of it is better than another.
        #expect(isRaised([(0, 1), (9, 2), (18, 3), (18.5, 4)]))
    }

    @Test("once raised it is silent for a window, and then begins anew")
    func silence() {
        var count = SlidingCount<Instant>()
        var raised: [Double] = []
        for step in 0..<60 where count.count(UInt64(step), at: at(Double(step) / 2), under: rule) { raised.append(Double(step) / 2) }
        #expect(raised == [1, 12, 23])
    }

    @Test("a threshold of one is raised by the first")
    func one() {
        var count = SlidingCount<Instant>()
        let rule = WatchRule(threshold: 1, window: .seconds(10), response: .log)
        let isReached = count.count(1, at: at(0), under: rule)
        #expect(isReached)
    }

    @Test("the rules without other words are those of the table")
    func standard() {
        let rules = WatchRules()
        let table: [(WatchSignal, Int, Int, WatchResponse, Int)] = [
            (.idWalking, 40, 60, .lock, 900), (.foreignWorkspaces, 8, 300, .slow, 900), (.badSignatures, 20, 300, .slow, 900),
            (.refusedTokens, 30, 300, .alert, 0), (.keyReuse, 10, 600, .alert, 0), (.forkBurst, 60, 600, .alert, 0),
        ]
        #expect(table.map { $0.0 } == WatchSignal.allCases)
        for (signal, threshold, window, response, period) in table {
            let expected = WatchRule(threshold: threshold, window: .seconds(window), response: response, period: .seconds(period))
            #expect(rules[signal] == expected, "\(signal)")
        }
    }

    @Test("responses rise, and each does what those before it do")
    func responses() {
        #expect(WatchResponse.allCases.sorted() == [.log, .alert, .slow, .lock])
        #expect(WatchResponse.allCases.map(\.name) == ["log", "alert", "slow", "lock"])
    }
}

@Suite("A map of few keys")
struct WatchRecentMapTests {
    @Test("the key that was touched longest ago is forgotten, and reading touches nothing")
    func forgetting() {
        var map = RecentMap<String, Int>(capacity: 3)
        for key in ["a", "b", "c"] { map.update(key, initial: 0) { $0 += 1 } }
        map.update("a", initial: 0) { $0 += 1 }
        _ = map.value(of: "b")
        map.update("d", initial: 0) { $0 += 1 }
        #expect(map.value(of: "b") == nil)
        #expect(map.value(of: "a") == 2)
        #expect(map.value(of: "c") == 1)
        #expect(map.count == 3)
        map.removeAll()
        #expect(map.count == 0)
        map.update("b", initial: 7) { $0 += 1 }
        #expect(map.value(of: "b") == 8)
    }

    @Test("it does what a list in the order of use does, whatever comes")
    func model() {
        var generator = SplitMix64(seed: 7)
        var map = RecentMap<Int, Int>(capacity: 5)
        var model: [(key: Int, value: Int)] = []
        for step in 0..<3000 {
            let key = Int(generator.next() % 9)
            map.update(key, initial: 0) { $0 = step }
            model.removeAll { $0.key == key }
            model.append((key, step))
            if model.count > 5 { model.removeFirst() }
            #expect(map.count == model.count)
            for key in 0..<9 { #expect(map.value(of: key) == model.first { $0.key == key }?.value, "step \(step), key \(key)") }
        }
    }
}
