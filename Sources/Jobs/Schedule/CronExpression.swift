/// When something happens again and again: the five fields of cron.
///
/// | text | when |
/// |---|---|
/// | `*/15 * * * *` | each quarter of an hour |
/// | `30 2 * * *`, `@daily` is `0 0 * * *` | each day at 2:30, at midnight |
/// | `0 9-17 * * MON-FRI` | on working days, on the hour from 9 to 17 |
/// | `0 0 1,15 * *` | on the 1st and the 15th |
/// | `0 0 13 * FRI` | on each 13th **and** on each Friday |
/// | `0 0 */2 * MON` | on Mondays whose day is odd |
/// | `0 0 29 2 *` | on leap days |
///
/// Fields are minute, hour, day of month, month and day of week, each `*`, values, ranges and steps, or lists of these;
/// months and days of the week have English names of three letters, and Sunday is 0 and 7. `@hourly`, `@daily`
/// (`@midnight`), `@weekly`, `@monthly` and `@yearly` (`@annually`) stand for all five. It has no seconds, no years, and none
/// of the letters `L`, `W`, `#`, `?` of other programs.
///
/// **Both day fields.** As in the cron of Paul Vixie, which everybody knows: where both are restricted, a day that fulfils one
/// of them is enough. A field that begins with `*` restricts nothing in this sense; where one does, both must be fulfilled.
///
/// What it means on a calendar with summer time is said by `CronCalendar`.
public struct CronExpression: Sendable, Hashable, CustomStringConvertible {
    /// As it was written, with single spaces.
    public let description: String
    let minutes: CronValues
    let hours: CronValues
    private let daysOfMonth: CronValues
    private let months: CronValues
    private let daysOfWeek: CronValues

    /// - Throws: `CronError`, which names the field, what stood there and what may stand there. That a date never comes, as
    ///   30 February, is no error: `next(after:in:)` finds none.
    public init(_ text: String) throws(CronError) {
        let written = text.split { $0 == " " || $0 == "\t" }
        description = written.joined(separator: " ")
        let words = try Self.fields(written, of: description)
        minutes = try CronValues(words[0], of: .minute)
        hours = try CronValues(words[1], of: .hour)
        daysOfMonth = try CronValues(words[2], of: .dayOfMonth)
        months = try CronValues(words[3], of: .month)
        daysOfWeek = try CronValues(words[4], of: .dayOfWeek)
    }

    private static func fields(_ words: [Substring], of text: String) throws(CronError) -> [Substring] {
        if words.count == 1, let word = words.first, word.first == "@" {
            guard let meaning = macros[word.lowercased()] else {
                let known = macros.keys.sorted().joined(separator: ", ")
                throw CronError(field: nil, text: text, reason: "is no word for a schedule; there are \(known)")
            }
            return meaning.split(separator: " ")
        }
        guard words.count == CronField.allCases.count else {
            let names = CronField.allCases.map(\.rawValue).joined(separator: ", ")
            throw CronError(field: nil, text: text, reason: "has \(words.count) fields instead of five: \(names)")
        }
        return words
    }

    private static let macros = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *",
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
    ]
}

extension CronExpression {
    /// It leaves no hour out, and so names no time of the day: it is a beat, as each quarter of an hour.
    var isEveryHour: Bool { hours.count == CronField.hour.range.count }

    func contains(month: Int) -> Bool { months.contains(month) }

    func contains(_ day: CivilDay) -> Bool {
        guard months.contains(day.month) else { return false }
        let (byDate, byWeekday) = (daysOfMonth.contains(day.day), daysOfWeek.contains(day.weekday))
        return daysOfMonth.isWildcard || daysOfWeek.isWildcard ? byDate && byWeekday : byDate || byWeekday
    }

    /// The first minute of a day, counted from its midnight, that is not before `bound`.
    func minuteOfDay(atLeast bound: Int) -> Int? {
        if hours.contains(bound / 60), let minute = minutes.first(atLeast: bound % 60) { return bound / 60 * 60 + minute }
        guard let hour = hours.first(atLeast: bound / 60 + 1), let minute = minutes.first(atLeast: 0) else { return nil }
        return hour * 60 + minute
    }
}
