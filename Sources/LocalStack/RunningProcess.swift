#if canImport(Darwin)
import Darwin
import Foundation
#else
import FoundationEssentials
import Glibc
#endif

/// A process that was recognised as one of our servers, not merely a number in a file.
struct RunningProcess: Sendable, Equatable {
    let pid: pid_t
    /// A path of ours that stands in the server's command line: it tells our server from one that got the same id later.
    let mark: String

    /// Nil unless process `pid` runs now and shows `mark` in its command line.
    init?(pid: pid_t, mark: String) {
        self.pid = pid
        self.mark = mark
        guard isAlive else { return nil }
    }

    /// False for a dead process, for one that nobody has waited for yet (its command line is empty), and for a stranger
    /// that got the id.
    var isAlive: Bool {
        Self.commandLine(of: pid)?.contains(mark) ?? false
    }

    /// False when the process belongs to another user; a process that has ended meanwhile is no fault.
    func signal(_ number: Int32) -> Bool {
        !isAlive || kill(pid, number) == 0 || errno == ESRCH
    }

    /// Returns true as soon as the process is gone, false when it still runs after `limit`.
    func waitForEnd(limit: Duration) async throws -> Bool {
        let end = ContinuousClock.now + limit
        while isAlive {
            guard ContinuousClock.now < end else { return false }
            try await Task.sleep(for: .milliseconds(10))
        }
        return true
    }

    /// The process's command line, its words apart by blanks; nil when there is no such process.
    private static func commandLine(of pid: pid_t) -> String? {
        guard pid > 0 else { return nil }
        #if os(Linux)
        guard let bytes = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return nil }
        return String(decoding: bytes.map { $0 == 0 ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
        #else
        var name: [Int32] = [CTL_KERN, KERN_PROCARGS2, pid]
        var size = 0
        guard sysctl(&name, 3, nil, &size, nil, 0) == 0, size > 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: size)
        guard sysctl(&name, 3, &bytes, &size, nil, 0) == 0 else { return nil }
        return String(decoding: bytes.prefix(size).map { $0 == 0 ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
        #endif
    }
}
