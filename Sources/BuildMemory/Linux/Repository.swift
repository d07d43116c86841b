#if os(Linux)
import Foundation

import Glibc

/// What git says of the folder that the command is started in. Blocks; never longer than its patience.
enum Repository {
    /// The commit, and whether tracked files differ from it. Both nil outside of a repository and without git.
    /// - Parameter patience: seconds that the whole question may take; a huge work tree on a cold disk is not worth a wait.
    static func state(patience: Double = 3) -> (commit: String?, dirty: Bool?) {
        let deadline = LinuxCalls.monotonicMilliseconds() + patience * 1_000
        guard let head = output(["git", "rev-parse", "--verify", "HEAD"], until: deadline) else { return (nil, nil) }
        let commit = head.trimmingCharacters(in: .whitespacesAndNewlines)
        // Without its optional locks: a profile must not get in the way of another git.
        let changes = output(["git", "--no-optional-locks", "status", "--porcelain", "--untracked-files=no"], until: deadline)
        return (commit.isEmpty ? nil : commit, changes.map { !$0.isEmpty })
    }

    /// What a program writes; nil when it fails, is missing, or takes too long.
    private static func output(_ arguments: [String], until deadline: Double) -> String? {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        let child = try? ChildProcess.spawn(arguments, redirection: ChildProcess.Redirection(standardOutput: ends[1]))
        close(ends[1])
        guard let child else { return nil }
        let bytes = readAll(ends[0], until: deadline)
        if bytes == nil { kill(child.pid, SIGKILL) }
        guard let ending = child.reap(), ending.code == 0 else { return nil }
        return bytes.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Everything until the other end closes; nil at the deadline. More than a megabyte is not kept: whether there is any is enough.
    private static func readAll(_ file: Int32, until deadline: Double) -> [UInt8]? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let remaining = deadline - LinuxCalls.monotonicMilliseconds()
            guard remaining > 0 else { return nil }
            var waiting = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
            let ready = poll(&waiting, 1, Int32(clamping: Int(remaining.rounded(.up))))
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { return nil }
            let count = read(file, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return count == 0 ? bytes : nil }
            if bytes.count < 1 << 20 { bytes += chunk[..<count] }
        }
    }
}
#endif
