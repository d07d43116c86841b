public import Foundation

/// A cron expression on the clocks of a place: which instants are its ticks.
///
/// Clocks are put forward, and then some local times do not exist; they are put back, and then some exist twice. What a
/// schedule means by it depends on whether it names hours:
///
/// - *Named times* (the hour field leaves an hour out: `30 2 * * *`, `0 */2 * * *`): every local time that is named happens
///   exactly once. One that does not exist happens at the first instant after the gap, together with all others of the same
///   gap; one that exists twice happens the first time.
/// - *A beat* (the hour field holds all hours: `*/15 * * * *`, `@hourly`): it follows the time that really passes. An instant is
///   a tick when the clock on the wall shows one of its minutes, be it for the second time.
///
/// In Berlin, where 2:00 became 3:00 on 29 March 2026 and 3:00 became 2:00 on 25 October 2026:
///
/// | expression | in spring | in autumn |
/// |---|---|---|
/// | `30 2 * * *` | 3:00 +02:00 | 2:30 +02:00, not 2:30 +01:00 |
/// | `0,30 2-3 * * *` | 3:00 and 3:30 | 2:00 and 2:30 +02:00, 3:00 and 3:30 +01:00 |
/// | `0 4 * * *` | 4:00, 23 hours after the last | 4:00, 25 hours after the last |
/// | `*/15 * * * *` | 1:45, 3:00, 3:15: a quarter apart | 2:45 +02:00, 2:00 +01:00: a quarter apart |
/// | `@hourly` | 1:00, 3:00: an hour apart | 2:00 +02:00, 2:00 +01:00: an hour apart |
///
/// Ticks are a set that depends on nothing but expression and place: from wherever one looks, the next one is the same.
public struct CronCalendar: Sendable {
    public let expression: CronExpression
    public let zone: TimeZone

    /// Days that are looked through before a schedule is said to have no further tick. Leap days lie eight years apart around
    /// 1900 and 2100; what lies farther apart is a date that must also be a certain day of the week, as `31 12 */7`.
    static let horizon = 8 * 366
    /// Seconds within which no place changes its clocks twice.
    private static let quiet = 86_400

    public init(_ expression: CronExpression, in zone: TimeZone) {
        self.expression = expression
        self.zone = zone
    }

    /// The first tick after an instant, exclusive; nil when there is none within eight years, as for 30 February.
    public func next(after date: Date) -> Date? {
        let seconds = date.timeIntervalSince1970.rounded(.down)
        // Past the age of the universe there are no time zones either, and no integers to count with.
        guard abs(seconds) < 1e15 else { return nil }
        let tick = expression.isEveryHour ? nextBeat(after: Int(seconds)) : nextNamed(after: Int(seconds))
        return tick.map { Date(timeIntervalSince1970: Double($0)) }
    }

    // MARK: Named times

    /// Local times are mapped to instants by `instant(of:)`, which never runs backwards. So no local time up to the present one
    /// can give an instant in the future, and the search begins behind it; in an hour that is shown for the second time it
    /// passes over what has happened already.
    private func nextNamed(after now: Int) -> Int? {
        var wall = nextWall(after: now + offset(at: now))
        while let found = wall {
            let tick = instant(of: found)
            if tick > now { return tick }
            wall = nextWall(after: found)
        }
        return nil
    }

    /// When clocks show a local time for the first time, or skip it.
    private func instant(of wall: Int) -> Int {
        // Local times lie less than a day from those of Greenwich.
        let (early, late) = (wall - Self.quiet, wall + Self.quiet)
        let before = offset(at: early)
        guard let change = change(after: early, through: late) else { return wall - before }
        return wall < change + before ? wall - before : max(change, wall - offset(at: change))
    }

    // MARK: A beat

    /// Goes from one change of the clocks to the next: between two of them local time passes as time does.
    private func nextBeat(after now: Int) -> Int? {
        var now = now
        while true {
            let offset = offset(at: now)
            guard let wall = nextWall(after: now + offset) else { return nil }
            guard let change = change(after: now, through: wall - offset) else { return wall - offset }
            if isNamed(change + self.offset(at: change)) { return change }
            now = change
        }
    }

    // MARK: Local time, counted in seconds as if it were that of Greenwich

    /// The first local time of the expression after another.
    private func nextWall(after wall: Int) -> Int? {
        let start = wall.quotient(floor: 60) + 1
        var number = start.quotient(floor: 1440)
        var minute = start - number * 1440
        let last = number + Self.horizon
        while number <= last {
            let day = CivilDay(number: number)
            if expression.contains(day), let found = expression.minuteOfDay(atLeast: minute) { return (number * 1440 + found) * 60 }
            number = expression.contains(month: day.month) ? number + 1 : day.nextMonth
            minute = 0
        }
        return nil
    }

    private func isNamed(_ wall: Int) -> Bool {
        nextWall(after: wall - 1) == wall
    }

    // MARK: The clocks of the place

    private func offset(at instant: Int) -> Int {
        zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant)))
    }

    /// The first instant after `start` and not after `end` at which clocks show something else than they would have.
    ///
    /// Found by halving and not by asking for transitions, for these are said to be those of summer time, and places have
    /// changed their clocks for other reasons.
    private func change(after start: Int, through end: Int) -> Int? {
        let offset = offset(at: start)
        var before = start
        while before < end {
            var after = min(before + Self.quiet, end)
            guard self.offset(at: after) != offset else {
                before = after
                continue
            }
            while after - before > 1 {
                let middle = before + (after - before) / 2
                if self.offset(at: middle) == offset { before = middle } else { after = middle }
            }
            return after
        }
        return nil
    }
}

extension CronExpression {
    /// The first tick after an instant, on the clocks of a place: see `CronCalendar`.
    public func next(after date: Date, in zone: TimeZone) -> Date? {
        CronCalendar(self, in: zone).next(after: date)
    }
}
