import Dispatch
import Synchronization

#if canImport(Darwin)
import Darwin
import Foundation
#else
import FoundationEssentials
import Glibc
#endif

/// One external program, run to its end: what goes in, what came out, and how long it may take.
struct Command: Sendable {
    /// How a program ended.
    struct Result: Sendable {
        /// The exit code, or 128 + the signal that ended it.
        let status: Int32
        let output: String
        let errors: String
    }

    /// How messages name it.
    var name: String
    /// The program's path, then its arguments.
    var words: [String]
    /// Variables beside `inherited`.
    var environment: [String: String] = [:]
    var input = ""
    /// One minute is more than any program here needs on a slow disk; a program that hangs is killed after it.
    var deadline: Duration = .seconds(60)
    /// In a session of its own: what it leaves running is not reached by a Ctrl-C meant for us.
    var detached = false

    /// What every program gets: messages in English (they are searched for reasons), and no PG* or other variable of ours.
    static var inherited: [String: String] {
        let ours = ProcessInfo.processInfo.environment
        var result = ["LC_ALL": "C", "PATH": ours["PATH"] ?? "/usr/bin:/bin"]
        for name in ["HOME", "TMPDIR", "USER"] { result[name] = ours[name] }
        return result
    }

    /// Runs it on a thread of its own; the cooperative pool is never blocked. Cancellation kills its process group.
    ///
    /// - Throws: `LocalStackError.deadline`, `.commandFailed` when it cannot be run at all, `CancellationError`. An exit code
    ///   other than zero is a result, see `Result.status`.
    func run() async throws -> Result {
        let cancelled = Flag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                // A queue of its own, for the global ones share their few threads with Swift's tasks.
                DispatchQueue(label: "mainstay.command").async {
                    continuation.resume(with: Swift.Result { try blockingRun(cancelled: cancelled) })
                }
            }
        } onCancel: {
            cancelled.set()
        }
    }

    /// Runs it, and throws `commandFailed` with its last words unless it ended well.
    func check() async throws -> String {
        let result = try await run()
        guard result.status == 0 else {
            let words = (result.errors.isEmpty ? result.output : result.errors).lastLines(12)
            throw LocalStackError(.commandFailed, "\(name) ended with status \(result.status):\n\(words)", remedy: Diagnosis.remedy(for: words))
        }
        return result.output
    }

    private func blockingRun(cancelled: Flag) throws -> Result {
        // Unlinked files, not pipes: a server that a program leaves behind may hold its descriptors for days.
        let input = try UnlinkedFile(content: input)
        let output = try UnlinkedFile()
        let errors = try UnlinkedFile()
        let child = try Spawn.start(
            words, environment: Self.inherited.merging(environment) { $1 },
            input: input.descriptor, output: output.descriptor, errors: errors.descriptor, newSession: detached,
            newGroup: true)
        let end = ContinuousClock.now + deadline
        var status: Int32 = 0
        var pause: UInt32 = 500
        while true {
            let waited = waitpid(child, &status, WNOHANG)
            if waited == child { break }
            if waited == -1 && errno != EINTR {
                throw LocalStackError(.commandFailed, "cannot wait for \(name): \(String(cString: strerror(errno)))")
            }
            let late = ContinuousClock.now >= end
            if late || cancelled.isSet {
                endGroup(of: child)
                if !late { throw CancellationError() }
                throw LocalStackError(.deadline, "\(name) was not done after \(deadline):\n\((errors.text() + output.text()).lastLines(12))")
            }
            usleep(pause)
            pause = min(pause * 2, 10_000)
        }
        let code = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
        return Result(status: code, output: output.text(), errors: errors.text())
    }
}

extension Command {
    /// Kills a program's process group, and returns when nothing of it is left: a helper that outlived it (initdb has some) would go
    /// on writing into a folder that is being removed.
    private func endGroup(of child: pid_t) {
        var status: Int32 = 0
        kill(-child, SIGKILL)
        while waitpid(child, &status, 0) == -1 && errno == EINTR {}
        // A killed process is in its group until its new parent has waited for it.
        let end = ContinuousClock.now + .seconds(5)
        while kill(-child, 0) == 0, ContinuousClock.now < end { usleep(1_000) }
    }
}

/// A switch that is thrown once, by the cancelling thread.
private final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .acquiring) }
    func set() { value.store(true, ordering: .releasing) }
}

/// A file without a name: nothing to clean up, and nobody else can read a password out of it.
private struct UnlinkedFile: ~Copyable {
    let descriptor: Int32

    init(content: String = "") throws {
        let folder = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        var path = Array("\(folder)/mainstay-XXXXXX".utf8CString)
        descriptor = mkstemp(&path)
        guard descriptor >= 0 else {
            throw LocalStackError(
                .unusableFolder, "cannot make a temporary file in \(folder): \(String(cString: strerror(errno)))",
                remedy: "Make room there, or set TMPDIR to a folder that can be written.")
        }
        unlink(path)
        let bytes = Array(content.utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw LocalStackError(.unusableFolder, "cannot write a temporary file in \(folder): \(reason)")
        }
        lseek(descriptor, 0, SEEK_SET)
    }

    deinit { close(descriptor) }

    func text() -> String {
        var result: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = pread(descriptor, &chunk, chunk.count, off_t(result.count)), count > 0 {
            result += chunk[..<count]
        }
        return String(decoding: result, as: UTF8.self)
    }
}

extension String {
    func lastLines(_ count: Int) -> String {
        split(separator: "\n").suffix(count).joined(separator: "\n")
    }
}
