/// The rate of a counter over the last seconds, from looks at it that come when they come. A value: no clock, no I/O.
///
/// A counter that goes back was set back, as by a flush of Redis: then the rate is unknown until the next look.
struct RateWindow: Sendable, Equatable {
    private struct Look: Sendable, Equatable {
        var count: Int
        var at: ContinuousClock.Instant
    }

    /// Looks that are closer together are one.
    private static let spacing = Duration.milliseconds(500)
    /// Over less than this no rate is told: a few jobs more or less would be thousands a second.
    private static let least = Duration.milliseconds(100)

    let length: Duration
    private var looks: [Look] = []

    init(length: Duration) {
        self.length = length
    }

    /// - Returns: counts a second since the oldest look within the window, or since the last one where looks are rarer than that;
    ///   nil when there was none to compare with.
    mutating func looked(_ count: Int, at now: ContinuousClock.Instant) -> Double? {
        if let last = looks.last, count < last.count || now < last.at { looks = [] }
        if looks.count >= 2, looks[looks.count - 1].at - looks[looks.count - 2].at < Self.spacing { looks.removeLast() }
        looks.append(Look(count: count, at: now))
        while looks.count > 2, now - looks[0].at > length { looks.removeFirst() }
        let elapsed = now - looks[0].at
        guard elapsed >= Self.least else { return nil }
        return Double(count - looks[0].count) / elapsed.inSeconds
    }
}
