/// Counts distinct things within the last `window`, exactly, and remembers at most `threshold` of them.
///
/// | threshold 3, window 10 s | things seen | |
/// |---|---|---|
/// | 0 s `a`, 1 s `b`, 2 s `b` | 2 | quiet: the same again is not more |
/// | 0 s `a`, 1 s `b`, 9 s `c` | 3 | raised |
/// | 0 s `a`, 1 s `b`, 10 s `c` | 2 | quiet: `a` is over |
///
/// Once raised it forgets what it saw, and says nothing for a window: what goes on is told of once a window and not once a request.
struct SlidingCount<Instant: InstantProtocol>: Sendable where Instant.Duration == Duration {
    /// In the order of their times. Short: of the largest rule there is, a few dozen.
    private var seen: [(thing: UInt64, at: Instant)] = []
    private var quietSince: Instant?

    /// - Returns: whether this one raises the signal.
    mutating func count(_ thing: UInt64, at now: Instant, under rule: WatchRule) -> Bool {
        if let quietSince {
            guard quietSince.duration(to: now) >= rule.window else { return false }
            self.quietSince = nil
        }
        seen.removeAll { $0.thing == thing || $0.at.duration(to: now) >= rule.window }
        seen.append((thing, now))
        guard seen.count >= rule.threshold else { return false }
        seen = []
        quietSince = now
        return true
    }
}
