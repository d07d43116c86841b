/// Reads how long a provider asks to be left alone.
///
/// | header | means |
/// |---|---|
/// | `retry-after-ms: 1500` | 1.5 s; asked first, for it is the finer one |
/// | `retry-after: 20` | 20 s |
/// | `retry-after: Wed, 21 Oct 2026 07:28:00 GMT` | until then; nothing when it has passed |
///
/// A value over a day is taken as a day; what cannot be read is no value.
enum RetryAfter {
    static let maximum = Duration.seconds(86_400)

    /// - Parameter now: Seconds since 1970, for the form that names a date.
    static func duration(milliseconds: String?, value: String?, now: Double) -> Duration? {
        if let milliseconds, let number = Double(milliseconds.trimmed), number.isFinite, number >= 0 {
            return bounded(.seconds(number / 1_000))
        }
        guard let value = value?.trimmed, !value.isEmpty else { return nil }
        if let number = Double(value) {
            return number.isFinite && number >= 0 ? bounded(.seconds(min(number, 1e6))) : nil
        }
        guard let date = seconds(ofDate: value) else { return nil }
        return bounded(.seconds(max(0, Double(date) - now)))
    }

    /// Seconds since 1970 of an IMF-fixdate (RFC 9110, section 5.6.7), the one form that may be sent today.
    static func seconds(ofDate text: String) -> Int? {
        let words = text.split(whereSeparator: { $0 == " " || $0 == "," })
        guard words.count == 6, words[5] == "GMT", let day = Int(words[1]), let month = months.firstIndex(of: String(words[2])),
            let year = Int(words[3])
        else { return nil }
        let time = words[4].split(separator: ":").compactMap { Int($0) }
        guard time.count == 3, (1...31).contains(day), (1970...9999).contains(year), (0...23).contains(time[0]), (0...59).contains(time[1]),
            (0...60).contains(time[2])
        else { return nil }
        return days(year: year, month: month + 1, day: day) * 86_400 + time[0] * 3_600 + time[1] * 60 + time[2]
    }

    /// Days since 1970-01-01 in the Gregorian calendar: years are counted from March, so that the leap day is a year's last.
    static func days(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func bounded(_ duration: Duration) -> Duration { min(duration, maximum) }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}

extension String {
    fileprivate var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
