import Foundation
import TestSupport
import Testing

/// What the comparison of times makes of answers whose times are known.
@Suite("Comparing the times of answers")
struct TimeComparisonTests {
    /// An answer of 2 ms and its noise: mostly some tenths of a millisecond, and one in twenty waits for something else.
    private static func time(_ generator: inout SplitMix64) -> Double {
        func chance() -> Double { Double(generator.next() >> 11) / 9_007_199_254_740_992 }
        let noise = -0.3 * log(1 - chance())
        return 2 + noise + (chance() < 0.05 ? 20 * chance() : 0)
    }

    /// - Parameter extra: milliseconds that the thing takes longer.
    private static func comparison(_ rounds: Int, extra: Double, seed: UInt64) -> TimeComparison {
        var generator = SplitMix64(seed: seed)
        return TimeComparison(
            (0..<rounds).map { _ in
                let (known, unknown, other) = (time(&generator) + extra, time(&generator), time(&generator))
                return .init(known: .milliseconds(known), unknown: .milliseconds(unknown), other: .milliseconds(other))
            })
    }

    @Test("a query more is found, nearly always where there are many rounds, and on its side", arguments: [(8, 2.5), (24, 2.5), (40, 3.0)])
    func found(rounds: Int, errors: Double) {
        let seeds: Range<UInt64> = 0..<400
        let slower = seeds.count(where: { Self.comparison(rounds, extra: 1, seed: $0).outcome(within: errors) == .slower })
        let faster = seeds.count(where: { Self.comparison(rounds, extra: -1, seed: $0).outcome(within: errors) == .faster })
        let least = rounds == 8 ? 300 : 396
        #expect(slower >= least && faster >= least, "\(slower) and \(faster) of 400")
    }

    @Test("noise is seldom taken for a difference, the more rounds the more seldom", arguments: [(8, 2.5, 12), (24, 2.5, 4), (40, 3.0, 2)])
    func noise(rounds: Int, errors: Double, most: Int) {
        let seeds: Range<UInt64> = 0..<400
        let wrong = seeds.count(where: { Self.comparison(rounds, extra: 0, seed: $0).outcome(within: errors) != .same })
        #expect(wrong <= most, "\(wrong) of 400")
    }

    @Test("the bound is the control's own noise: where unknown ones scatter, as much is no difference")
    func control() {
        func comparison(scatter: Double) -> TimeComparison {
            TimeComparison(
                (0..<40).map { round in
                    let off = Double(round % 5 - 2) * scatter
                    return .init(known: .milliseconds(3), unknown: .milliseconds(2), other: .milliseconds(2 + off))
                })
        }
        #expect(comparison(scatter: 0.1).outcome(within: 3) == .slower)
        #expect(comparison(scatter: 2).outcome(within: 3) == .same)
        #expect(comparison(scatter: 2).bound(3) > 5 * comparison(scatter: 0.1).bound(3))
    }

    @Test("one slow answer moves nothing, and what is less than a tenth of an answer is none")
    func steady() {
        func comparison(_ known: [Double]) -> TimeComparison {
            TimeComparison(known.map { .init(known: .milliseconds($0), unknown: .milliseconds(2), other: .milliseconds(2)) })
        }
        #expect(comparison([2, 2, 2, 2, 900]).outcome(within: 3) == .same)
        #expect(comparison([2.1, 2.1, 2.1, 2.1, 2.1]).outcome(within: 3) == .same)
        #expect(comparison([2.5, 2.5, 2.5, 2.5, 2.5]).outcome(within: 3) == .slower)
        #expect(comparison([1.5, 1.5, 1.5, 1.5, 1.5]).outcome(within: 3) == .faster)
        #expect(TimeComparison([]).outcome(within: 3) == .same)
    }
}
