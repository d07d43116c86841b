#if canImport(Darwin)
package import Darwin
import Foundation
#else
import FoundationEssentials
package import Glibc
#endif

/// A process that was recognised as one of our servers, not merely a number in a file.
package struct RunningProcess: Sendable, Equatable {
    package let pid: pid_t
    /// A path of ours that stands in the server's command line: it tells our server from one that got the same id later.
    package let mark: String

    /// What one look at a process shows.
    private enum Sight {
        case ours
        case stranger
        /// It has no command line at this moment: it is just being replaced by another program, or its memory is freed
        /// and it is about to end, its sockets perhaps still open.
        case changing
        /// There is none, or only what its parent has to wait for.
        case gone
    }

    /// Nil unless process `pid` runs now and shows `mark` in its command line.
    package init?(pid: pid_t, mark: String) {
        self.init(started: pid, mark: mark)
        guard look() == .ours else { return nil }
    }

    /// A process that we have started ourselves a moment ago, and that may not be what it will be yet.
    init(started pid: pid_t, mark: String) {
        self.pid = pid
        self.mark = mark
    }

    /// False for a dead process, for one that nobody has waited for yet, and for a stranger that got the id.
    package var isAlive: Bool {
        switch look() {
        case .ours, .changing: true
        case .stranger, .gone: false
        }
    }

    /// False when the process belongs to another user; a process that has ended meanwhile is no fault.
    package func signal(_ number: Int32) -> Bool {
        look() != .ours || kill(pid, number) == 0 || errno == ESRCH
    }

    /// Returns true as soon as the process is gone, false when it still runs after `limit`.
    package func waitForEnd(limit: Duration) async throws -> Bool {
        let end = ContinuousClock.now + limit
        while isAlive {
            guard ContinuousClock.now < end else { return false }
            try await Task.sleep(for: .milliseconds(10))
        }
        return true
    }

    private func look() -> Sight {
        guard let words = Self.commandLine(of: pid) else { return .gone }
        if !words.isEmpty { return words.contains(mark) ? .ours : .stranger }
        #if os(Linux)
        // `pid (name) state parent …`; the name may hold anything, so what follows its last parenthesis is read.
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let fields = stat.split(separator: ")").last?.split(separator: " "), fields.count > 1
        else { return .gone }
        switch fields[0] {
        case "Z", "X": return .gone
        // A child of kthreadd: the kernel's threads never have a command line.
        default: return fields[1] == "2" || pid == 2 ? .stranger : .changing
        }
        #else
        return .gone
        #endif
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
