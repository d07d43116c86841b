import Foundation

/// Numbers as they are read at a glance: few digits, and a unit.
enum TopNumber {
    /// `5`, `12,345`, `1.2M`.
    static func count(_ value: Int) -> String {
        if abs(value) >= 1_000_000 { return String(format: "%.1fM", Double(value) / 1_000_000) }
        guard abs(value) >= 1000 else { return "\(value)" }
        let rest = String(format: "%03d", abs(value) % 1000)
        return "\(value / 1000),\(rest)"
    }

    /// A second: `0`, `0.25`, `3.1`, `1,234`.
    static func rate(_ value: Double) -> String {
        guard value.isFinite else { return "?" }
        if value == 0 { return "0" }
        if value < 1 { return String(format: "%.2f", value) }
        if value < 10 { return String(format: "%.1f", value) }
        return count(Int(min(value.rounded(), 1e15)))
    }

    /// `0s`, `0.3s`, `42s`, `3m12s`, `5h03m`, `12d`.
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite else { return "?" }
        if seconds == 0 { return "0s" }
        if seconds < 9.95 { return String(format: "%.1fs", max(0, seconds)) }
        let whole = Int(min(seconds.rounded(), 1e15))
        if whole < 60 { return "\(whole)s" }
        if whole < 3600 { return "\(whole / 60)m" + String(format: "%02ds", whole % 60) }
        if whole < 48 * 3600 { return "\(whole / 3600)h" + String(format: "%02dm", whole % 3600 / 60) }
        return "\(whole / 86_400)d"
    }

    /// Milliseconds where seconds would hide it: `0.4ms`, `12ms`, then as durations are.
    static func took(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1 else { return duration(seconds) }
        let milliseconds = max(0, seconds * 1000)
        return milliseconds < 10 ? String(format: "%.1fms", milliseconds) : "\(Int(milliseconds.rounded()))ms"
    }
}
