/// One of the five words of a cron expression: what it may hold, and how it is read.
public enum CronField: String, Sendable, CaseIterable {
    case minute
    case hour
    case dayOfMonth = "day of month"
    case month
    case dayOfWeek = "day of week"

    /// The numbers that may be written. 7 is another name of Sunday.
    public var range: ClosedRange<Int> {
        switch self {
        case .minute: 0...59
        case .hour: 0...23
        case .dayOfMonth: 1...31
        case .month: 1...12
        case .dayOfWeek: 0...7
        }
    }

    /// Words that may be written for numbers, in any case; the first one stands for the lowest number.
    var names: [String] {
        switch self {
        case .minute, .hour, .dayOfMonth: []
        case .month: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
        case .dayOfWeek: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
        }
    }

    /// `0-7 or SUN-SAT`.
    var allowed: String {
        let numbers = "\(range.lowerBound)-\(range.upperBound)"
        guard let first = names.first, let last = names.last else { return numbers }
        return "\(numbers) or \(first)-\(last)"
    }
}

/// Why a text is not a cron expression. It says which field, what stood there, and what may stand there:
///
///     minute "61" is out of range; allowed: 0-59
///     day of week "MOO" is no value; allowed: 0-7 or SUN-SAT
public struct CronError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Nil when the expression as a whole is wrong.
    public let field: CronField?
    /// The part that cannot be read, as it was written.
    public let text: String
    public let reason: String

    public var description: String {
        guard let field else { return "\"\(text)\" \(reason)" }
        return "\(field.rawValue) \"\(text)\" \(reason); allowed: \(field.allowed)"
    }
}

/// The values of one field, as a set of bits.
struct CronValues: Sendable, Hashable {
    private(set) var bits: UInt64 = 0
    /// It was written with a leading `*`. For the two day fields this says more than the values do: see `CronExpression`.
    private(set) var isWildcard = false

    var count: Int { bits.nonzeroBitCount }

    func contains(_ value: Int) -> Bool { bits >> UInt64(value) & 1 == 1 }

    /// The lowest value that is not below `bound`.
    func first(atLeast bound: Int) -> Int? {
        guard bound < 64 else { return nil }
        let rest = bits >> UInt64(bound)
        return rest == 0 ? nil : bound + rest.trailingZeroBitCount
    }
}

extension CronValues {
    /// Reads a list of values, ranges and steps.
    ///
    /// | text | as minute |
    /// |---|---|
    /// | `*` | 0, 1 … 59 |
    /// | `5,10-12` | 5, 10, 11, 12 |
    /// | `*/20` | 0, 20, 40 |
    /// | `10-40/15` | 10, 25, 40 |
    /// | `10/15` | refused: some programs read 10 alone, others 10-59/15 |
    /// | `*/60` | refused: it is once an hour, and who writes it mostly means something else |
    init(_ text: Substring, of field: CronField) throws(CronError) {
        isWildcard = text.first == "*"
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let halves = part.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            let range = try Self.range(halves[0], of: field)
            var step = 1
            if halves.count == 2 {
                guard let number = Self.number(halves[1]), (1...field.range.upperBound).contains(number) else {
                    throw CronError(field: field, text: String(part), reason: "has a step that is not 1-\(field.range.upperBound)")
                }
                guard range.isWritten else {
                    throw CronError(field: field, text: String(part), reason: "has a step, but no * and no range that it steps through")
                }
                step = number
            }
            for value in stride(from: range.lower, through: range.upper, by: step) { insert(value, of: field) }
        }
    }

    private mutating func insert(_ value: Int, of field: CronField) {
        bits |= 1 << UInt64(field == .dayOfWeek ? value % 7 : value)
    }

    /// - Returns: `isWritten` is false for a single value.
    private static func range(_ text: Substring, of field: CronField) throws(CronError) -> (lower: Int, upper: Int, isWritten: Bool) {
        if text == "*" { return (field.range.lowerBound, field.range.upperBound, true) }
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let lower = try value(ends[0], in: text, of: field)
        guard ends.count == 2 else { return (lower, lower, false) }
        var upper = try value(ends[1], in: text, of: field)
        // A week that is written FRI-SUN ends with its Sunday.
        if field == .dayOfWeek, upper == 0, lower > 0 { upper = 7 }
        guard lower <= upper else { throw CronError(field: field, text: String(text), reason: "runs backwards: write it as two ranges") }
        return (lower, upper, true)
    }

    /// - Parameter whole: what an error shows when the value itself is empty.
    private static func value(_ text: Substring, in whole: Substring, of field: CronField) throws(CronError) -> Int {
        guard !text.isEmpty else { throw CronError(field: field, text: String(whole), reason: "lacks a value") }
        if let index = field.names.firstIndex(of: text.uppercased()) { return field.range.lowerBound + index }
        guard let number = number(text) else { throw CronError(field: field, text: String(text), reason: "is no value") }
        guard field.range.contains(number) else { throw CronError(field: field, text: String(text), reason: "is out of range") }
        return number
    }

    /// Digits alone: `Int` would take a sign as well.
    private static func number(_ text: Substring) -> Int? {
        !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }
}
