import TestSupport
import Testing

@testable import BuildMemory

@Suite("The sampling budget")
struct SamplingBudgetTests {
    @Test(
        "sets the interval as the table in its documentation says",
        arguments: [
            (60.0, 0.01, 20.0), (300, 0.01, 50), (600, 0.01, 100), (600, 0.05, 20), (20_000, 0.01, 2_000),
        ])
    func intervals(cost: Double, share: Double, expected: Double) {
        var budget = SamplingBudget(share: share)
        for _ in 0..<1_200 { budget.scanned(rss: 0, microseconds: cost) }
        // So late that all of it has been paid for.
        #expect(abs(budget.interval(atMilliseconds: 1e10) - expected) < 0.001)
    }

    @Test("lets the first scans follow each other quickly")
    func start() {
        var budget = SamplingBudget(share: 0.01)
        var now = 0.0
        var times: [Double] = []
        for _ in 0..<8 {
            budget.scanned(rss: 0, microseconds: 300)
            now += budget.interval(atMilliseconds: now)
            times.append(now)
        }
        #expect(times == [2, 6, 12, 20, 30, 42, 56, 72])
    }

    @Test("is kept over time, whatever a scan costs and however memory moves", arguments: [0.002, 0.01, 0.1])
    func property(share: Double) {
        var generator = SplitMix64(seed: UInt64(share * 1_000))
        for cost in [50.0, 400, 3_000] {
            var budget = SamplingBudget(share: share)
            var now = 0.0
            var rss = 1 << 20
            while now < 120_000 {
                let scan = cost * Double.random(in: 0.7...1.3, using: &generator)
                rss = max(1 << 20, rss + Int.random(in: -(40 << 20)...(80 << 20), using: &generator))
                budget.scanned(rss: rss, microseconds: scan)
                if budget.wantsPSS(ofRSS: rss, atMilliseconds: now) { budget.readPSS(ofRSS: rss, microseconds: Double(rss) * 13_000 / 1e9) }
                now += budget.interval(atMilliseconds: now)
            }
            let allowed = SamplingBudget.allowance + now * 1_000 * share
            // The slowest rate of looking is kept even when it costs more: half a scan a second.
            let least = now / SamplingBudget.longest * cost * 1.4
            #expect(budget.spent <= max(allowed, least) * 1.02, "share \(share), cost \(cost)")
            #expect(Double(budget.scans) >= now / SamplingBudget.longest - 1)
        }
    }

    @Test("pays for PSS only at a new peak, and by the table in its documentation")
    func proportional() {
        var budget = SamplingBudget(share: 0.01)
        let gigabyte = 1_000_000_000
        func wants(_ rss: Int, after previous: Int, at now: Double) -> Bool {
            var budget = budget
            budget.scanned(rss: previous, microseconds: 0)
            budget.scanned(rss: rss, microseconds: 0)
            return budget.wantsPSS(ofRSS: rss, atMilliseconds: now)
        }
        #expect(wants(gigabyte, after: 0, at: 0))
        budget.readPSS(ofRSS: gigabyte, microseconds: 13_000)
        #expect(!wants(gigabyte, after: gigabyte, at: 1e9), "no new peak")
        #expect(!wants(gigabyte * 2, after: gigabyte * 2, at: 0), "7 ms are left and 26 ms are asked for")
        // 37 ms of credit: one reading, not eight.
        let larger = gigabyte / 100 * 102
        #expect(wants(larger, after: larger, at: 3_000), "settled")
        #expect(!wants(gigabyte + 1, after: gigabyte + 1, at: 3_000), "settled, and hardly larger")
        #expect(!wants(larger, after: gigabyte / 2, at: 3_000), "still growing")
        #expect(wants(gigabyte / 4 * 5 + 1, after: gigabyte, at: 3_000))
        #expect(wants(gigabyte + 1, after: gigabyte / 2, at: 60_000), "plenty")
    }

    @Test("leaves PSS its part, however much scanning costs while the command starts")
    func shares() {
        var budget = SamplingBudget(share: 0.01)
        var now = 0.0
        while now < 200 {
            budget.scanned(rss: 1, microseconds: 3_000)
            now += budget.interval(atMilliseconds: now)
        }
        #expect(budget.credit(atMilliseconds: now) >= 0.3 * SamplingBudget.allowance)
    }

    @Test("learns what a byte costs here")
    func learns() {
        var budget = SamplingBudget(share: 0.01)
        for _ in 0..<20 { budget.readPSS(ofRSS: 1_000_000_000, microseconds: 100_000) }
        #expect(abs(budget.pssCost - 1e-4) < 1e-6)
        var small = SamplingBudget(share: 0.01)
        small.readPSS(ofRSS: 1_000_000, microseconds: 500)
        #expect(small.pssCost == SamplingBudget.pssMicrosecondsPerByte)
    }
}
