import Foundation
import Web

/// Numbers, lengths of time and moments as the pages write them. What is not known is a question mark and never a zero.
enum PageWords {
    static let unknown: HTML = "<span class=\"unknown\" title=\"not known\">?</span>"
    static let none: HTML = "<span class=\"none\">–</span>"

    /// `1,234,567`.
    static func count(_ number: Int?) -> HTML {
        guard let number else { return unknown }
        return HTML(text: grouped(number))
    }

    static func grouped(_ number: Int) -> String {
        let digits = Array(String(number.magnitude))
        var text = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// `1,234/s`, `0.25/s`.
    static func rate(_ perSecond: Double?) -> HTML {
        guard let perSecond, perSecond.isFinite else { return unknown }
        return HTML(text: number(perSecond) + "/s")
    }

    /// Whole from ten on, two digits behind the point below one.
    static func number(_ value: Double) -> String {
        let magnitude = abs(value)
        guard magnitude < 1e15 else { return "\(value)" }
        if magnitude >= 10 || magnitude == 0 { return grouped(Int(value.rounded())) }
        let scale: Double = magnitude >= 1 ? 10 : 100
        return "\((value * scale).rounded() / scale)"
    }

    /// `340 ms`, `4.2 s`, `3 min 20 s`, `2 h 5 min`, `4 d 3 h`.
    static func length(_ seconds: Double?) -> HTML {
        guard let seconds, seconds.isFinite else { return unknown }
        return HTML(text: lengthText(seconds))
    }

    static func lengthText(_ seconds: Double) -> String {
        let seconds = max(0, seconds)
        if seconds == 0 { return "0 s" }
        if seconds < 0.0995 { return "\(number(seconds * 1000)) ms" }
        if seconds < 1 { return "\(Int((seconds * 1000).rounded())) ms" }
        if seconds < 60 { return "\(number(seconds)) s" }
        guard seconds < 1e12 else { return "very long" }
        let whole = Int(seconds.rounded())
        if whole < 3600 { return parts(whole / 60, "min", whole % 60, "s") }
        if whole < 86_400 { return parts(whole / 3600, "h", whole % 3600 / 60, "min") }
        return parts(whole / 86_400, "d", whole % 86_400 / 3600, "h")
    }

    private static func parts(_ large: Int, _ largeUnit: String, _ small: Int, _ smallUnit: String) -> String {
        small == 0 ? "\(grouped(large)) \(largeUnit)" : "\(grouped(large)) \(largeUnit) \(small) \(smallUnit)"
    }

    /// `2026-01-31 08:30:12`, in UTC, with all its digits for programs.
    static func moment(_ date: Date?) -> HTML {
        guard let date else { return none }
        let exact = WireCoding.text(date)
        return "<time datetime=\"\(exact)\">\(momentText(exact))</time>"
    }

    /// The same from the wire's form, to the second.
    private static func momentText(_ exact: String) -> String {
        String(exact.prefix(19)).replacing("T", with: " ")
    }

    /// Some words of a text that may be long; all of it where the pointer rests.
    static func excerpt(_ text: String?, _ length: Int = 140) -> HTML {
        guard let text, !text.isEmpty else { return none }
        let line = text.split(separator: "\n", omittingEmptySubsequences: true).joined(separator: " ")
        guard line.count > length else { return HTML(text: line) }
        let short = String(line.prefix(length))
        return "<span title=\"\(text)\">\(short)…</span>"
    }

    /// The first and the last characters of an identifier, which differ most.
    static func short(_ id: String) -> String {
        id.count > 14 ? "\(id.prefix(8))…\(id.suffix(4))" : id
    }
}
