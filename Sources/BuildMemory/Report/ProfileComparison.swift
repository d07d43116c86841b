import Foundation

/// Two profiles side by side. It says what differs, not whether the difference means anything: two runs are no series.
package enum ProfileComparison {
    /// The text, ended by a line feed.
    package static func text(_ first: BuildProfile, _ second: BuildProfile, style: TextStyle) -> String {
        var table = TextTable([("", .left), ("A", .right), ("B", .right), ("CHANGE", .left)])
        let rows: [(String, Int?, Int?, (Int) -> String)] = [
            ("peak RSS of the tree", first.memory.rss, second.memory.rss, ByteText.bytes),
            ("peak PSS of the tree", first.memory.pss, second.memory.pss, ByteText.bytes),
            ("largest process", first.memory.largestProcess, second.memory.largestProcess, ByteText.bytes),
            ("processes at the peak", first.memory.processes, second.memory.processes, { "\($0)" }),
            ("compile jobs at the peak", first.memory.compileJobs, second.memory.compileJobs, { "\($0)" }),
            ("duration", first.duration, second.duration, { ByteText.time(milliseconds: $0) }),
            ("CPU", first.cpu, second.cpu, { ByteText.time(milliseconds: $0) }),
            ("exit code", first.exitCode, second.exitCode, { "\($0)" }),
        ]
        for (name, a, b, text) in rows where a != nil || b != nil {
            table.add([name, a.map(text) ?? "-", b.map(text) ?? "-", change(a, b)])
        }
        return (table.lines(width: style.width, indent: 0) + differences(first, second).map { "note: " + $0 }).joined(separator: "\n") + "\n"
    }

    /// Why the two should not be compared at all.
    static func differences(_ first: BuildProfile, _ second: BuildProfile) -> [String] {
        var notes: [String] = []
        for (name, a, b) in [
            ("step", first.step, second.step), ("cache", first.cache?.rawValue, second.cache?.rawValue),
            ("runner", first.machine.runner, second.machine.runner), ("kernel", first.machine.kernel, second.machine.kernel),
            ("cores", first.machine.cores.map(String.init), second.machine.cores.map(String.init)),
            ("memory limit", first.machine.memoryLimit.map(ByteText.bytes), second.machine.memoryLimit.map(ByteText.bytes)),
        ] where a != b {
            notes.append("\(name) differs: \(a ?? "unknown") and \(b ?? "unknown")")
        }
        if first.censored != nil { notes.append("A was cut short: its peak is a lower bound") }
        if second.censored != nil { notes.append("B was cut short: its peak is a lower bound") }
        return notes
    }

    private static func change(_ a: Int?, _ b: Int?) -> String {
        guard let a, let b, a > 0, a != b else { return "" }
        let share = (Double(b) - Double(a)) / Double(a)
        return String(format: "%+.1f %%", share * 100)
    }
}
