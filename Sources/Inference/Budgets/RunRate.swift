import Foundation

/// How many runs a minute. Pure: time comes in, and what is remembered between two runs is one instant.
///
/// If runs came evenly, each would be due a minute over `perMinute` after the one before. A run that comes early moves the next one's
/// time further ahead, and a minute ahead is as far as it goes: so a whole minute's runs may come at once, and then one at a time.
///
/// | 60 a minute, nothing before | |
/// |---|---|
/// | 60 at once | all are accepted |
/// | the 61st | is refused, to come again in a second |
/// | after 10 s of rest | 10 are accepted |
struct RunRate: Sendable, Equatable {
    let perMinute: Int

    enum Verdict: Sendable, Equatable {
        /// Accepted; what is to be remembered.
        case accepted(due: Date)
        case refused(retryAfter: Duration)
    }

    /// - Parameter due: What the last accepted run left; nil for the first.
    func verdict(due: Date?, at now: Date) -> Verdict {
        let interval = Self.window / Double(max(1, perMinute))
        let next = max(due ?? now, now).addingTimeInterval(interval)
        let beyond = next.timeIntervalSince(now) - Self.window
        // Instants are kept to the microsecond: what is less is rounding.
        guard beyond < 1e-5 else { return .refused(retryAfter: .seconds(beyond)) }
        return .accepted(due: next)
    }

    private static let window: TimeInterval = 60
}
