import TestSupport
import Testing

@testable import Redis

@Suite struct RedisBackoffTests {
    @Test(
        "The longest pause doubles with each failure up to the cap",
        arguments: [
            (0, .zero), (1, .milliseconds(50)), (2, .milliseconds(100)), (3, .milliseconds(200)), (6, .milliseconds(1_600)), (7, .seconds(2)),
            (8, .seconds(2)), (64, .seconds(2)), (.max, .seconds(2)), (-1, .zero),
        ] as [(Int, Duration)])
    func ceilings(failures: Int, ceiling: Duration) {
        #expect(RedisBackoff().ceiling(failures: failures) == ceiling)
    }

    @Test("A pause lies anywhere between nothing and the longest", arguments: [1, 3, 7, 1_000])
    func spread(failures: Int) {
        var random = SplitMix64(seed: 4)
        let backoff = RedisBackoff()
        let ceiling = backoff.ceiling(failures: failures)
        let pauses = (0..<2_000).map { _ in backoff.pause(failures: failures, jitter: .random(in: 0...1, using: &random)) / ceiling }
        #expect(pauses.allSatisfy { (0...1).contains($0) })
        let mean = pauses.reduce(0, +) / Double(pauses.count)
        #expect((0.47...0.53).contains(mean), "mean \(mean)")
        for tenth in 0..<10 {
            let share = pauses.count { $0 * 10 >= Double(tenth) && $0 * 10 < Double(tenth + 1) }
            #expect((120...280).contains(share), "\(share) of 2,000 in tenth \(tenth)")
        }
    }

    @Test("No failure means no pause, and a base above the cap is capped")
    func edges() {
        #expect(RedisBackoff().pause(failures: 0, jitter: 1) == .zero)
        #expect(RedisBackoff(base: .seconds(9), cap: .seconds(1)).ceiling(failures: 1) == .seconds(1))
    }
}
