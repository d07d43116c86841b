import Foundation
import Web

/// Numbers and dates as the pages write them.
enum PageWords {
    /// `1,234,567`.
    static func number(_ number: Int) -> String {
        let digits = Array(String(number.magnitude))
        var text = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// `1 fork`, `1,200 forks`.
    static func count(_ number: Int, _ one: String, _ many: String) -> String {
        "\(self.number(number)) \(number == 1 ? one : many)"
    }

    /// The day in UTC as `day`, and the whole moment for programs as `exact`. A day, and not "three days ago": a page that says the same is
    /// the same, and is not sent twice.
    static func moment(_ date: Date) -> PageValues {
        let exact = WireCoding.text(date)
        return ["exact": .text(exact), "day": .text(String(exact.prefix(10)))]
    }

    /// The beginning of a text that may be long.
    static func cut(_ text: String, at length: Int) -> String {
        text.count <= length ? text : text.prefix(length - 1) + "…"
    }
}
