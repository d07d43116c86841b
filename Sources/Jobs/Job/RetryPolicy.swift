/// How long a failed job waits before its next attempt: exponential with full jitter, so that jobs that failed
/// together do not come back together.
///
/// `delay = random in 0…min(cap, base × 2^(attempt − 1))`, never under `floor`. With the defaults (base 1 s, cap
/// 10 min, 8 attempts):
///
/// | failed attempt | longest wait |
/// |---|---|
/// | 1 | 1 s |
/// | 2 | 2 s |
/// | 4 | 8 s |
/// | 7 | 64 s |
/// | 8 | none: the job is a dead letter |
public struct RetryPolicy: Sendable, Hashable {
    public let base: Duration
    public let cap: Duration
    /// Under this no wait ever goes: a retry at once would meet the fault that it flees.
    public let floor: Duration
    /// Attempts in all, the first one counted.
    public let maximumAttempts: Int

    public init(base: Duration = .seconds(1), cap: Duration = .seconds(600), floor: Duration = .milliseconds(50), maximumAttempts: Int = 8) {
        precondition(maximumAttempts >= 1, "a job is tried at least once")
        self.base = base
        self.cap = cap
        self.floor = floor
        self.maximumAttempts = maximumAttempts
    }

    /// The longest that a job may wait after its `attempt`-th attempt failed.
    public func ceiling(afterAttempt attempt: Int) -> Duration {
        // 2^40 seconds is past any cap; the bound keeps the product finite.
        let factor = Double(sign: .plus, exponent: min(max(attempt, 1) - 1, 40), significand: 1)
        return max(floor, min(cap, base * factor))
    }

    /// Nil when the `attempt`-th attempt was the last one.
    public func delay(afterAttempt attempt: Int, using generator: inout some RandomNumberGenerator) -> Duration? {
        guard attempt < maximumAttempts else { return nil }
        return max(floor, ceiling(afterAttempt: attempt) * Double.random(in: 0...1, using: &generator))
    }
}
