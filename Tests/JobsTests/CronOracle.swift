import Foundation

@testable import Jobs

/// A cron expression that was made up together with what it means: nothing here has read a text.
struct RandomCron: CustomStringConvertible {
    struct Field {
        var text: String
        var values: Set<Int>
        var isWildcard: Bool { text.hasPrefix("*") }
    }

    let minute: Field
    let hour: Field
    let day: Field
    let month: Field
    let weekday: Field

    var description: String { [minute, hour, day, month, weekday].map(\.text).joined(separator: " ") }
    var isBeat: Bool { hour.values.count == 24 }

    /// - Parameters:
    ///   - hours: those that single values and ranges are drawn from, so that they meet the hours that clocks change in.
    ///   - days: the same of the days of the month.
    init(hours: ClosedRange<Int> = 0...23, days: ClosedRange<Int> = 1...31, using generator: inout Seeded) {
        let dayNames = ["SUN", "mon", "Tue", "WED", "thu", "Fri", "SAT"]
        let monthNames = ["JAN", "feb", "Mar", "APR", "may", "Jun", "JUL", "aug", "Sep", "OCT", "nov", "Dec"]
        minute = Self.field(all: 0...59, drawn: 0...59, wild: 3, using: &generator)
        hour = Self.field(all: 0...23, drawn: hours, wild: 3, using: &generator)
        day = Self.field(all: 1...31, drawn: days, wild: 6, using: &generator)
        month = Self.field(all: 1...12, drawn: 1...12, wild: 8, names: monthNames, using: &generator)
        weekday = Self.field(all: 0...6, drawn: 0...6, wild: 6, names: dayNames, using: &generator)
    }

    /// - Parameter wild: of ten fields, those that are `*`.
    private static func field(
        all: ClosedRange<Int>, drawn: ClosedRange<Int>, wild: Int, names: [String] = [], using generator: inout Seeded
    ) -> Field {
        if Int.random(in: 0..<10, using: &generator) < wild { return Field(text: "*", values: Set(all)) }
        let parts = (0..<Int.random(in: 1...3, using: &generator)).map { _ in part(all: all, drawn: drawn, names: names, using: &generator) }
        return Field(text: parts.map(\.text).joined(separator: ","), values: parts.reduce(into: []) { $0.formUnion($1.values) })
    }

    private static func part(all: ClosedRange<Int>, drawn: ClosedRange<Int>, names: [String], using generator: inout Seeded) -> Field {
        func word(_ value: Int) -> String {
            guard !names.isEmpty, Bool.random(using: &generator) else {
                return Bool.random(using: &generator) ? "\(value)" : "0\(value)"
            }
            return names[value - all.lowerBound]
        }
        let (one, other) = (Int.random(in: drawn, using: &generator), Int.random(in: drawn, using: &generator))
        let step = Int.random(in: 1...all.upperBound, using: &generator)
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: return Field(text: "*/\(step)", values: Set(stride(from: all.lowerBound, through: all.upperBound, by: step)))
        case 1: return Field(text: "\(word(min(one, other)))-\(word(max(one, other)))", values: Set(min(one, other)...max(one, other)))
        case 2:
            return Field(
                text: "\(word(min(one, other)))-\(word(max(one, other)))/\(step)",
                values: Set(stride(from: min(one, other), through: max(one, other), by: step)))
        default: return Field(text: word(one), values: [one])
        }
    }

    func contains(_ date: DateComponents) -> Bool {
        guard month.values.contains(date.month ?? -1) else { return false }
        let (byDate, byWeekday) = (day.values.contains(date.day ?? -1), weekday.values.contains((date.weekday ?? 0) - 1))
        if day.isWildcard || weekday.isWildcard { return byDate && byWeekday }
        return byDate || byWeekday
    }
}

/// Some days in a place, gone through minute by minute.
struct MinuteByMinute: Sendable {
    let start: Int
    /// What a clock shows at each minute, as the number of minutes that it had in Greenwich.
    private let shown: [Int]
    /// The date of each day that is shown, or would be if no clock were ever put forward.
    private let dates: [Int: DateComponents]

    var end: Int { start + shown.count * 60 }

    init(zone: TimeZone, from start: Int, minutes: Int) {
        self.start = start
        shown = (0..<minutes).map { minute in
            let instant = start + minute * 60
            return (instant + zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant)))) / 60
        }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        var dates: [Int: DateComponents] = [:]
        for day in (shown.min() ?? 0) / 1440...(shown.max() ?? 0) / 1440 {
            dates[day] = calendar.dateComponents([.month, .day, .weekday], from: Date(timeIntervalSince1970: Double(day) * 86_400))
        }
        self.dates = dates
    }

    /// All ticks, by the rules as `CronCalendar` words them and in no other way than that.
    func ticks(of cron: RandomCron) -> [Int] {
        let days = Set(dates.filter { cron.contains($0.value) }.keys)
        let hours = (0..<24).map(cron.hour.values.contains)
        let minutes = (0..<60).map(cron.minute.values.contains)
        func isNamed(_ number: Int) -> Bool { minutes[number % 60] && hours[number % 1440 / 60] && days.contains(number / 1440) }

        var ticks: [Int] = []
        var reached = (shown.first ?? 0) - 1
        for (minute, number) in shown.enumerated() {
            // Of named times, those that are shown for the first time, and those that were left out just now.
            let isTick = cron.isBeat || number == reached + 1 ? isNamed(number) : number > reached && (reached + 1...number).contains(where: isNamed)
            reached = max(reached, number)
            if isTick { ticks.append(start + minute * 60) }
        }
        return ticks
    }
}
