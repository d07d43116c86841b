import Foundation

/// How a child process ended.
enum ChildEnding: Sendable, Equatable, CustomStringConvertible {
    case exit(Int32)
    case signal(Int32)

    var description: String {
        switch self {
        case .exit(let code): "exit code \(code)"
        case .signal(let number): "signal \(number)"
        }
    }

    /// - Parameter status: what waitpid(2) tells.
    init(status: Int32) {
        let signal = status & 0x7f
        self = signal == 0 ? .exit(status >> 8 & 0xff) : .signal(signal)
    }

    /// Waits for a child on a thread of its own: waiting blocks.
    static func of(_ pid: Int32) async -> ChildEnding {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var status: Int32 = 0
                while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
                continuation.resume(returning: ChildEnding(status: status))
            }
        }
    }
}
