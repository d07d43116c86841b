/// How long to pause before the next attempt to connect: exponential, capped, with full jitter.
///
/// `pause = random in 0 ... min(cap, base × 2^(failures − 1))`
///
/// With the defaults (base 50 ms, cap 2 s):
///
/// | failures in a row | longest pause |
/// | --- | --- |
/// | 1 | 50 ms |
/// | 2 | 100 ms |
/// | 3 | 200 ms |
/// | 6 | 1.6 s |
/// | 7 and more | 2 s |
///
/// Full jitter, since a restarted server is met by every worker of a fleet at once. The cap is low: a worker that finds its server
/// again two seconds late has cost less than an operator's glance.
public struct RedisBackoff: Sendable, Equatable {
    /// The longest pause after one failure.
    public var base: Duration
    /// The longest pause after any number of failures.
    public var cap: Duration

    /// 50 ms and 2 s, for the reasons above, unless said otherwise.
    public init(base: Duration = .milliseconds(50), cap: Duration = .seconds(2)) {
        self.base = base
        self.cap = cap
    }

    /// The longest pause after so many failures in a row; zero after none.
    func ceiling(failures: Int) -> Duration {
        guard failures > 0 else { return .zero }
        // Beyond 2^30 any base has met its cap; the bound keeps the product from overflowing.
        return min(cap, base * (1 << min(failures - 1, 30)))
    }

    /// The pause before the next attempt.
    ///
    /// - Parameter jitter: drawn by the caller, from 0 to 1.
    func pause(failures: Int, jitter: Double) -> Duration {
        ceiling(failures: failures) * jitter
    }
}
