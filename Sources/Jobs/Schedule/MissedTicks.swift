import Foundation

/// What becomes of ticks that nobody saw in time: no worker ran, or what they need was away.
///
/// For `0 * * * *`, last settled at 9:00 and looked at again at 12:05:
///
/// | policy | runs | settled up to |
/// |---|---|---|
/// | `.runOnce` | 12:00 | 12:00 |
/// | `.skip(grace: .seconds(600))` | 12:00 | 12:00 |
/// | `.skip(grace: .seconds(60))` | none | 12:00 |
/// | `.runAll(most: 100)` | 10:00, 11:00, 12:00 | 12:00 |
/// | `.runAll(most: 2)` | 11:00, 12:00 | 12:00 |
public enum MissedTicks: Sendable, Hashable {
    /// Only the latest one is considered, and runs when it is no older than `grace`. That is also the time within which a tick
    /// must be accepted: leave it room for a worker that is restarted and a store that is away.
    case skip(grace: Duration)
    /// One run for all of them, as the latest one: what a nightly report wants.
    case runOnce
    /// Each one, but no more than the latest `most`, from 1 to 1000: what counts something for each hour wants.
    case runAll(most: Int)
}

/// What a look at a schedule finds to do.
struct DueTicks: Sendable, Equatable {
    /// Ticks to be run, in their order.
    var runs: [Date] = []
    /// The latest tick that has passed, which is the last one of `runs` or was skipped; nil when none has.
    var latest: Date?
    /// Whether ticks passed that are not run.
    var areSomeSkipped = false
}

extension MissedTicks {
    /// The ticks after `settled` that are due at `now`.
    func due(after settled: Date, now: Date, on calendar: CronCalendar) -> DueTicks {
        guard let first = calendar.next(after: settled), first <= now else { return DueTicks() }
        let most =
            switch self {
            case .skip, .runOnce: 1
            case .runAll(let most): min(max(1, most), 1000)
            }
        let (ticks, isAll) = calendar.latest(most, after: settled, through: now)
        guard case .skip(let grace) = self, let latest = ticks.last, now.timeIntervalSince(latest) > grace.inSeconds else {
            return DueTicks(runs: ticks, latest: ticks.last, areSomeSkipped: !isAll)
        }
        return DueTicks(latest: latest, areSomeSkipped: true)
    }
}

extension CronCalendar {
    /// The latest `count` ticks of a span of time, and whether these are all.
    ///
    /// Looks back in ever wider windows: a fleet that was off for a year would otherwise count half a million minutes to find
    /// the last one.
    func latest(_ count: Int, after start: Date, through end: Date) -> (ticks: [Date], isAll: Bool) {
        var window = 60 * Double(count + 1)
        while true {
            let from = max(start, end.addingTimeInterval(-window))
            var ticks: [Date] = []
            var last = from
            while let tick = next(after: last), tick <= end {
                ticks.append(tick)
                last = tick
            }
            if ticks.count > count { return (ticks.suffix(count), false) }
            if from <= start { return (ticks, true) }
            window *= 8
        }
    }
}
