import Foundation

/// Numbers as people read them.
enum ByteText {
    /// Three digits and a binary unit: `512 B`, `11.8 MiB`, `3.42 GiB`.
    static func bytes(_ count: Int) -> String {
        var value = Double(count)
        var unit = 0
        // 1,023.6 would be printed as 1024: the next unit begins where three digits end.
        while value >= 999.5, unit < units.count - 1 {
            value /= 1_024
            unit += 1
        }
        return unit == 0 ? "\(count) B" : digits(value) + " " + units[unit]
    }

    /// `850 ms`, `12.3 s`, `4 min 05 s`, `1 h 02 min`.
    static func time(milliseconds: Int) -> String {
        switch milliseconds {
        case ..<1_000: return "\(milliseconds) ms"
        case ..<60_000: return seconds(milliseconds) + " s"
        case ..<3_600_000: return "\(milliseconds / 60_000) min \(padded(milliseconds / 1_000 % 60)) s"
        default: return "\(milliseconds / 3_600_000) h \(padded(milliseconds / 60_000 % 60)) min"
        }
    }

    /// Seconds with one decimal.
    static func seconds(_ milliseconds: Int) -> String { String(format: "%.1f", Double(milliseconds) / 1_000) }

    /// A share as percent with two digits: `0.42 %`, `3.1 %`, `87 %`.
    static func percent(_ share: Double) -> String {
        let value = share * 100
        let decimals = value < 0.995 ? 2 : value < 9.95 ? 1 : 0
        return String(format: "%.\(decimals)f %%", value)
    }

    private static let units = ["B", "KiB", "MiB", "GiB", "TiB"]

    private static func digits(_ value: Double) -> String {
        let decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
        return String(format: "%.\(decimals)f", value)
    }

    private static func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
