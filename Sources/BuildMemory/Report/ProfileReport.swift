/// A profile as a short text: the peak, what it was made of, the course, and what looking cost.
package enum ProfileReport {
    /// Processes that are listed; the rest is summed in one line.
    static let listedProcesses = 8

    /// The text, ended by a line feed.
    package static func text(_ profile: BuildProfile, style: TextStyle) -> String {
        var lines = [title(profile, style)]
        lines += summary(profile, style)
        lines += MemoryChart.lines(profile.timeline, duration: profile.duration, style: style)
        lines += processes(profile, style)
        if let overhead = profile.overhead { lines.append(cost(overhead, of: profile, style)) }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func title(_ profile: BuildProfile, _ style: TextStyle) -> String {
        let dot = style.unicode ? " · " : " | "
        var parts = [profile.step ?? "profile", profile.command, ByteText.time(milliseconds: profile.duration), ending(of: profile)]
        if let cache = profile.cache { parts.append(cache.rawValue) }
        // The command gives way first: what came of it must be seen.
        let others = parts.reduce(0) { $0 + $1.count + 3 } - parts[1].count
        let room = max(style.width - others, 12)
        if parts[1].count > room { parts[1] = parts[1].prefix(room - 3) + "..." }
        return style.bold(parts.joined(separator: dot))
    }

    private static func ending(of profile: BuildProfile) -> String {
        profile.signal.map { "killed by signal \($0)" } ?? "exit \(profile.exitCode)"
    }

    private static func summary(_ profile: BuildProfile, _ style: TextStyle) -> [String] {
        let memory = profile.memory
        guard memory.rss > 0 else { return ["  the command ended before its memory could be read"] }
        var peak = "\(ByteText.bytes(memory.rss)) RSS"
        if let pss = memory.pss { peak += ", \(ByteText.bytes(pss)) PSS" }
        peak += memory.rssAt.map { " at \(ByteText.seconds($0)) s" } ?? " between two samples"
        if let limit = profile.machine.memoryLimit ?? profile.machine.memoryTotal, limit > 0 {
            let name = profile.machine.memoryLimit == nil ? "memory" : "limit"
            peak += " (\(ByteText.percent(Double(memory.rss) / Double(limit))) of \(ByteText.bytes(limit)) \(name))"
        }
        var lines = ["  peak of the tree  " + style.bold(peak)]
        if let largest = memory.largestProcess { lines.append("  largest process   \(ByteText.bytes(largest)), which is all that `time -v` sees") }
        if let processes = memory.processes {
            var text = "  at the peak       \(counted(processes, "process", "processes"))"
            if let jobs = memory.compileJobs, jobs > 0 { text += ", \(counted(jobs, "compile job", "compile jobs"))" }
            if let cores = profile.machine.cores { text += " on \(counted(cores, "core", "cores"))" }
            lines.append(text)
        }
        switch profile.censored {
        case .oomKill?: lines.append(style.alarm("  out of memory: the kernel killed a process; the true peak is at least what was seen (censored)"))
        case .signal?: lines.append(style.alarm("  ended by a signal: the true peak is at least what was seen (censored)"))
        case nil: break
        }
        return lines
    }

    private static func processes(_ profile: BuildProfile, _ style: TextStyle) -> [String] {
        let atPeak = profile.processes.filter { ($0.rssAtTreePeak ?? 0) > 0 }
        let listed = (atPeak.isEmpty ? profile.processes : atPeak).prefix(listedProcesses)
        guard !listed.isEmpty else { return [] }
        var table = TextTable([
            ("AT PEAK", .right), ("PSS", .right), ("OWN PEAK", .right), ("CPU S", .right), ("PID", .right), ("COMMAND", .left),
        ])
        for process in listed {
            table.add([
                process.rssAtTreePeak.map(ByteText.bytes) ?? "-", process.pssAtTreePeak.map(ByteText.bytes) ?? "-", ByteText.bytes(process.peakRSS),
                process.cpu.map(ByteText.seconds) ?? "-", "\(process.pid)", process.command,
            ])
        }
        var lines = table.lines(width: style.width)
        lines[0] = style.faint(lines[0])
        let rest = atPeak.dropFirst(listed.count)
        if !rest.isEmpty {
            let memory = ByteText.bytes(rest.reduce(0) { $0 + ($1.rssAtTreePeak ?? 0) })
            lines.append("  and \(rest.count) more with \(memory) RSS")
        }
        return lines
    }

    private static func cost(_ overhead: Overhead, of profile: BuildProfile, _ style: TextStyle) -> String {
        let share = profile.duration > 0 ? Double(overhead.cpu) / Double(profile.duration) : 0
        var text =
            "  profiling cost    \(overhead.cpu) ms of CPU (\(ByteText.percent(share)) of one core, budget \(ByteText.percent(overhead.budget))"
        // A short command is allowed more than its share: without that there would be no sample at all.
        if share > overhead.budget { text += " + \(Int(SamplingBudget.allowance / 1_000)) ms" }
        text += "), \(counted(overhead.samples, "sample", "samples")), \(counted(overhead.pssReads, "PSS reading", "PSS readings"))"
        if let seen = profile.processCount { text += ", \(counted(seen, "process", "processes")) seen" }
        return style.faint(text)
    }

    private static func counted(_ count: Int, _ one: String, _ many: String) -> String { "\(count) \(count == 1 ? one : many)" }
}
