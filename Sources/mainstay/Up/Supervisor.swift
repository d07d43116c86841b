import Foundation
import LocalStack
import Synchronization

/// Keeps the ingress and the workers running: starts them, starts again what ends by itself, stops all in order.
final class Supervisor: Sendable {
    struct Child: Sendable {
        let name: String
        let arguments: [String]
    }

    /// A child that ends sooner than this after its start did not work at all.
    private static let shortLife = Duration.seconds(5)

    private let folder: UpFolder
    private let program: String
    private let environment: [String: String]
    private let running = Mutex<[String: Int32]>([:])
    private let isStopping = Mutex(false)

    init(folder: UpFolder, program: String, environment: [String: String]) {
        self.folder = folder
        self.program = program
        self.environment = environment
    }

    /// Runs the children until the task is cancelled; then stops them, each within its drain budget, and returns.
    /// - Throws: `UpFault` when a child cannot stay up.
    func run(_ children: [Child]) async throws {
        try await withTaskCancellationHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for child in children { group.addTask { try await self.keep(child) } }
                do {
                    try await group.waitForAll()
                } catch {
                    stop()
                    throw error
                }
            }
        } onCancel: {
            stop()
        }
    }

    /// A child that has not ended this long after SIGTERM is killed: its drain budget is long over.
    private static let patience = 45.0

    private func stop() {
        isStopping.withLock { $0 = true }
        for pid in running.withLock({ Array($0.values) }) { kill(pid, SIGTERM) }
        // A thread and not a task: the tasks here are cancelled already.
        Thread.detachNewThread { [self] in
            Thread.sleep(forTimeInterval: Self.patience)
            for pid in running.withLock({ Array($0.values) }) { kill(pid, SIGKILL) }
        }
    }

    private func keep(_ child: Child) async throws {
        var shortLives = 0
        while !isStopping.withLock({ $0 }) {
            let started = ContinuousClock.now
            let status = try await once(child)
            if isStopping.withLock({ $0 }) { break }
            Talk.say("\(child.name) ended with \(status); starting it again (its log: \(folder.log(child.name)))")
            shortLives = ContinuousClock.now - started < Self.shortLife ? shortLives + 1 : 0
            guard shortLives < 3 else {
                throw UpFault("\(child.name) does not stay up. Its last words:\n\(Self.lastLines(of: folder.log(child.name), 12))")
            }
            // A cancellation ends the loop at its head.
            try? await Task.sleep(for: .milliseconds(300))
        }
    }

    private func once(_ child: Child) async throws -> String {
        let log = open(folder.log(child.name), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard log >= 0 else { throw UpFault("cannot write \(folder.log(child.name)): \(String(cString: strerror(errno)))") }
        defer { close(log) }
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(null) }
        // In sessions of their own: a Ctrl-C is for this process, which then stops them in order.
        let pid = try Spawn.start([program] + child.arguments, environment: environment, input: null, output: log, errors: log, newSession: true)
        running.withLock { $0[child.name] = pid }
        if isStopping.withLock({ $0 }) { kill(pid, SIGTERM) }
        try folder.write(pid: pid, of: child.name)
        let status = await Self.end(of: pid)
        running.withLock { _ = $0.removeValue(forKey: child.name) }
        folder.removePid(of: child.name)
        return status
    }

    /// Waits for a child on a thread of its own: waiting blocks.
    private static func end(of pid: Int32) async -> String {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var status: Int32 = 0
                while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
                let signal = status & 0x7f
                continuation.resume(returning: signal == 0 ? "exit code \(status >> 8 & 0xff)" : "signal \(signal)")
            }
        }
    }

    static func lastLines(of path: String, _ count: Int) -> String {
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").suffix(count).joined(separator: "\n")
    }
}
