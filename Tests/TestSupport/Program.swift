import Foundation
import LocalStack

/// The built program, or one of the scripts around it, run to its end.
package enum Program {
    package struct Result: Sendable {
        /// The exit code, or 128 + the signal that ended it.
        package let status: Int32
        package let output: String
        package let errors: String
    }

    /// Runs a command with nothing but `environment`.
    package static func run(_ arguments: [String], environment: [String: String]) async throws -> Result {
        try await run(words: [try Deployment.program] + arguments, environment: environment)
    }

    /// Runs any program, whose path is the first word, with nothing but `environment`.
    package static func run(words: [String], environment: [String: String]) async throws -> Result {
        let folder = try TestFolder.make("program")
        let descriptors = ["out", "err"].map { open("\(folder)/\($0)", O_RDWR | O_CREAT | O_CLOEXEC, 0o600) }
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { for descriptor in descriptors + [null] { close(descriptor) } }
        let pid = try Spawn.start(words, environment: environment, input: null, output: descriptors[0], errors: descriptors[1])
        let status = await withTaskCancellationHandler {
            await end(of: pid)
        } onCancel: {
            kill(pid, SIGKILL)
        }
        func text(_ name: String) -> String { (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)) ?? "" }
        return Result(status: status, output: text("out"), errors: text("err"))
    }

    /// Waits for a child on a thread of its own.
    /// - Returns: its exit code, or 128 + the signal that ended it.
    package static func end(of pid: Int32) async -> Int32 {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var status: Int32 = 0
                while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
                let signal = status & 0x7f
                continuation.resume(returning: signal == 0 ? status >> 8 & 0xff : 128 + signal)
            }
        }
    }
}
