import Foundation

/// The control group that this process is in: its memory limit, and how often the kernel has killed in it.
struct ControlGroup: Sendable, Equatable {
    /// How often the kernel has killed a process for want of memory.
    struct Kills: Sendable, Equatable {
        /// In this group and below; nil when the group does not tell.
        var group: Int?
        /// On the whole machine.
        var machine: Int?
    }

    /// Folders from the process's own group up to the root of the hierarchy; a limit of any of them holds.
    let folders: [String]
    /// Version 1 of the interface has other names for the same files.
    let isVersion1: Bool

    /// - Parameters:
    ///   - membership: the text of `/proc/self/cgroup`.
    ///   - exists: whether there is such a folder. Inside a container the path in the text may be the host's.
    init?(membership: String, exists: (String) -> Bool) {
        var paths: [(root: String, path: String, isVersion1: Bool)] = []
        for line in membership.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            if parts[1].split(separator: ",").contains("memory") {
                // Where version 1 holds the memory controller, version 2 has none.
                paths.insert(("/sys/fs/cgroup/memory", String(parts[2]), true), at: 0)
            } else if parts[0] == "0", parts[1].isEmpty {
                paths.append(("/sys/fs/cgroup", String(parts[2]), false))
            }
        }
        guard let place = paths.first, exists(place.root) else { return nil }
        var folders: [String] = []
        var path = place.path.hasSuffix("/") ? String(place.path.dropLast()) : place.path
        while !path.isEmpty {
            if exists(place.root + path) { folders.append(place.root + path) }
            path = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
        }
        self.folders = folders + [place.root]
        isVersion1 = place.isVersion1
    }

    /// This process's own; nil where there are no control groups.
    static func current() -> ControlGroup? {
        guard let membership = text("/proc/self/cgroup") else { return nil }
        return ControlGroup(membership: membership, exists: { FileManager.default.fileExists(atPath: $0) })
    }

    /// The tightest limit in bytes, its own or one above it; nil when there is none.
    func memoryLimit() -> Int? {
        folders.compactMap { Self.text($0 + (isVersion1 ? "/memory.limit_in_bytes" : "/memory.max")).flatMap(Self.limit) }.min()
    }

    /// Counts so far.
    static func kills(in group: ControlGroup?) -> Kills {
        let own = group.flatMap { group in
            group.folders.first.flatMap { text($0 + (group.isVersion1 ? "/memory.oom_control" : "/memory.events")) }
        }
        return Kills(group: own.flatMap(count), machine: text("/proc/vmstat").flatMap(count))
    }

    /// `max` is none; so is what version 1 writes for none, the largest multiple of a page.
    static func limit(_ text: String) -> Int? {
        guard let value = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)), value < 1 << 60 else { return nil }
        return value
    }

    /// The number in the line `oom_kill N`.
    static func count(_ text: String) -> Int? {
        text.split(separator: "\n").lazy.compactMap { line -> Int? in
            let words = line.split(separator: " ")
            return words.count == 2 && words[0] == "oom_kill" ? Int(words[1]) : nil
        }.first
    }

    private static func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
}

extension Censoring {
    /// Why a peak is only a lower bound.
    ///
    /// A kill in the own group is the command's. One elsewhere on the machine may be anybody's, and counts only with the exit code
    /// of a killed command. A wrapper often turns the signal into an exit code of its own: 137 is what shells make of a kill.
    init?(before: ControlGroup.Kills, after: ControlGroup.Kills, exitCode: Int32, signal: Int32?) {
        let inGroup = Self.grew(before.group, after.group)
        let onMachine = Self.grew(before.machine, after.machine)
        if inGroup || (onMachine && exitCode == 137) {
            self = .oomKill
        } else if signal != nil || [129, 130, 137, 143].contains(exitCode) {
            self = .signal
        } else {
            return nil
        }
    }

    /// Unknown is not grown.
    private static func grew(_ before: Int?, _ after: Int?) -> Bool {
        guard let before, let after else { return false }
        return after > before
    }
}
