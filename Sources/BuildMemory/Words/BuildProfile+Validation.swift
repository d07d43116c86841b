package import Foundation

/// One thing that is wrong with a profile, and where.
package struct ProfileFault: Sendable, Equatable {
    /// The way to it from the document's root, as `timeline`, `rss`, `3`.
    package var path: [String]
    /// A sentence. It never shows a text of the profile, which may be a secret.
    package var message: String
}

/// The bounds of what is stored. They are far beyond any real build: they keep out nonsense, and what would make one row of the
/// database as large as a table.
package enum ProfileLimits {
    /// 64 TiB.
    package static let bytes = 1 << 46
    /// 30 days, in milliseconds.
    package static let milliseconds = 30 * 86_400_000
    package static let cpuMilliseconds = milliseconds * 1_024
    package static let timelinePoints = 10_000
    package static let processes = 2_000
    package static let labels = 50
    /// Bytes of a command line.
    package static let command = 4_096
    /// Bytes of a step, a label, a version.
    package static let word = 256
    /// Faults that are listed; a thousand more of the same kind help nobody.
    package static let faults = 25
}

extension BuildProfile {
    /// Everything that is wrong with this profile, at most ``ProfileLimits/faults`` of them; empty when it can be stored.
    /// - Parameter now: profiles from the future (a day is allowed for wrong clocks) are refused.
    package func faults(now: Date) -> [ProfileFault] {
        var check = ProfileCheck()
        check.range(version, ["version"], 1...Self.currentVersion)
        check.text(command, ["command"], longest: ProfileLimits.command, mayBeEmpty: false)
        check.text(step, ["step"], longest: ProfileLimits.word, mayBeEmpty: false)
        check.words(labels, ["labels"])
        check.words(tools, ["tools"])
        if let commit, !(7...64).contains(commit.utf8.count) || !commit.utf8.allSatisfy(Self.isHexDigit) {
            check.note(["commit"], "A commit is 7 to 64 hexadecimal digits.")
        }
        if startedAt > now.addingTimeInterval(86_400) { check.note(["started_at"], "The time lies more than a day in the future.") }
        if startedAt < Date(timeIntervalSince1970: 946_684_800) { check.note(["started_at"], "The time lies before the year 2000.") }
        check.range(duration, ["duration_ms"], 0...ProfileLimits.milliseconds)
        check.range(exitCode, ["exit_code"], 0...255)
        check.range(signal, ["signal"], 1...64)
        check.range(cpu, ["cpu_ms"], 0...ProfileLimits.cpuMilliseconds)
        check.range(processCount, ["process_count"], 0...1_000_000_000)
        check(machine)
        check(memory)
        check(timeline)
        check(processes)
        if let overhead { check(overhead) }
        return check.faults
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): true
        default: false
        }
    }
}

/// Gathers the faults of one profile.
private struct ProfileCheck {
    private(set) var faults: [ProfileFault] = []

    mutating func note(_ path: [String], _ message: String) {
        if faults.count < ProfileLimits.faults { faults.append(ProfileFault(path: path, message: message)) }
    }

    mutating func range(_ value: Int?, _ path: @autoclosure () -> [String], _ allowed: ClosedRange<Int>) {
        guard let value, !allowed.contains(value) else { return }
        note(path(), "\(value) does not lie between \(allowed.lowerBound) and \(allowed.upperBound).")
    }

    mutating func text(_ value: String?, _ path: @autoclosure () -> [String], longest: Int, mayBeEmpty: Bool) {
        guard let value else { return }
        if value.isEmpty, !mayBeEmpty { note(path(), "The text is empty.") }
        if value.utf8.count > longest { note(path(), "The text has \(value.utf8.count) bytes; at most \(longest) are kept.") }
        // PostgreSQL has no place for it in text, and would refuse the whole batch.
        if value.utf8.contains(0) { note(path(), "The text holds a NUL character (U+0000), which cannot be stored.") }
    }

    mutating func words(_ values: [String: String], _ path: [String]) {
        if values.count > ProfileLimits.labels { note(path, "There are \(values.count) entries; at most \(ProfileLimits.labels) are kept.") }
        for (key, value) in values.sorted(by: { $0.key < $1.key }).prefix(ProfileLimits.labels) {
            text(key, path, longest: ProfileLimits.word, mayBeEmpty: false)
            text(value, path + [key], longest: ProfileLimits.word, mayBeEmpty: true)
        }
    }

    mutating func callAsFunction(_ machine: Machine) {
        for (value, name) in [
            (machine.os, "os"), (machine.kernel, "kernel"), (machine.architecture, "architecture"), (machine.runner, "runner"),
        ] {
            text(value, ["machine", name], longest: ProfileLimits.word, mayBeEmpty: false)
        }
        range(machine.cores, ["machine", "cores"], 1...65_536)
        range(machine.memoryTotal, ["machine", "memory_total"], 1...ProfileLimits.bytes)
        range(machine.memoryLimit, ["machine", "memory_limit"], 1...ProfileLimits.bytes)
    }

    mutating func callAsFunction(_ memory: MemoryPeak) {
        range(memory.rss, ["peak_rss"], 0...ProfileLimits.bytes)
        range(memory.rssAt, ["peak_rss_at_ms"], 0...ProfileLimits.milliseconds)
        range(memory.pss, ["peak_pss"], 0...ProfileLimits.bytes)
        range(memory.pssAt, ["peak_pss_at_ms"], 0...ProfileLimits.milliseconds)
        range(memory.rssAtPSS, ["rss_at_peak_pss"], 0...ProfileLimits.bytes)
        range(memory.largestProcess, ["largest_process_rss"], 0...ProfileLimits.bytes)
        range(memory.processes, ["processes_at_peak"], 0...10_000_000)
        range(memory.compileJobs, ["compile_jobs_at_peak"], 0...10_000_000)
    }

    mutating func callAsFunction(_ timeline: TimelineColumns) {
        let length = timeline.at.count
        guard length <= ProfileLimits.timelinePoints else {
            return note(["timeline"], "There are \(length) points; at most \(ProfileLimits.timelinePoints) are kept.")
        }
        for (column, name) in [(timeline.rss, "rss"), (timeline.processes, "processes"), (timeline.compileJobs, "compile_jobs")] {
            // Only RSS must be there when the times are.
            guard column.count == length || (column.isEmpty && name != "rss") else {
                note(["timeline", name], "There are \(column.count) values, and \(length) in `at_ms`.")
                continue
            }
            let largest = name == "rss" ? ProfileLimits.bytes : 10_000_000
            for (place, value) in column.enumerated() { range(value, ["timeline", name, "\(place)"], 0...largest) }
        }
        for (place, value) in timeline.at.enumerated() {
            range(value, ["timeline", "at_ms", "\(place)"], 0...ProfileLimits.milliseconds)
            if place > 0, value < timeline.at[place - 1] { note(["timeline", "at_ms", "\(place)"], "The point is earlier than the one before it.") }
        }
    }

    mutating func callAsFunction(_ processes: [ProcessPeak]) {
        guard processes.count <= ProfileLimits.processes else {
            return note(["processes"], "There are \(processes.count) processes; at most \(ProfileLimits.processes) are kept.")
        }
        for (place, process) in processes.enumerated() {
            let field = { (name: String) in ["processes", "\(place)", name] }
            range(process.pid, field("pid"), 0...Int(Int32.max))
            range(process.parent, field("ppid"), 0...Int(Int32.max))
            text(process.command, field("command"), longest: ProfileLimits.command, mayBeEmpty: false)
            range(process.started, field("started_ms"), 0...ProfileLimits.milliseconds)
            range(process.ended, field("ended_ms"), 0...ProfileLimits.milliseconds)
            range(process.peakRSS, field("peak_rss"), 0...ProfileLimits.bytes)
            range(process.peakAt, field("peak_rss_at_ms"), 0...ProfileLimits.milliseconds)
            range(process.rssAtTreePeak, field("rss_at_tree_peak"), 0...ProfileLimits.bytes)
            range(process.pssAtTreePeak, field("pss_at_tree_peak"), 0...ProfileLimits.bytes)
            range(process.cpu, field("cpu_ms"), 0...ProfileLimits.cpuMilliseconds)
        }
    }

    mutating func callAsFunction(_ overhead: Overhead) {
        range(overhead.cpu, ["overhead", "cpu_ms"], 0...ProfileLimits.cpuMilliseconds)
        range(overhead.samples, ["overhead", "samples"], 0...1_000_000_000)
        range(overhead.pssReads, ["overhead", "pss_reads"], 0...1_000_000_000)
        if !(overhead.budget > 0 && overhead.budget <= 1) { note(["overhead", "budget"], "The budget is a share of one core: above 0, at most 1.") }
    }
}
