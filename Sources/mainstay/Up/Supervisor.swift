import Foundation
import LocalStack
import Synchronization

/// Keeps the ingress and the workers running: starts them, starts again what ends by itself, stops all in order.
final class Supervisor: Sendable {
    struct Child: Sendable, Equatable {
        let name: String
        let arguments: [String]
        /// Variables of this child alone, beside those of all.
        var environment: [String: String] = [:]
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
                    // `waitForAll` would tell that one cannot stay up only when all the others have ended as well.
                    while try await group.next() != nil {}
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
        guard log >= 0 else { throw UpFault.unusable(folder.log(child.name), String(cString: strerror(errno))) }
        defer { close(log) }
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(null) }
        // In sessions of their own: a Ctrl-C is for this process, which then stops them in order.
        let pid = try Spawn.start(
            [program] + child.arguments, environment: environment.merging(child.environment) { $1 }, input: null, output: log, errors: log,
            newSession: true)
        running.withLock { $0[child.name] = pid }
        if isStopping.withLock({ $0 }) { kill(pid, SIGTERM) }
        try folder.publish(pid: pid, of: child.name)
        let ending = await ChildEnding.of(pid)
        running.withLock { _ = $0.removeValue(forKey: child.name) }
        folder.removePid(of: child.name)
        return "\(ending)"
    }

    static func lastLines(of path: String, _ count: Int) -> String {
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").suffix(count).joined(separator: "\n")
    }
}

extension Supervisor.Child {
    /// The ingress, and one worker for each of the ports on which they tell their metrics.
    static func all(of folder: UpFolder, metricsPorts: [Int]) -> [Supervisor.Child] {
        // By the folder in its command line a process is told from a stranger that got its id.
        let stack = ["--stack", folder.path]
        return [Supervisor.Child(name: "serve", arguments: ["serve"] + stack)]
            + metricsPorts.enumerated().map { index, port in
                Supervisor.Child(name: "work-\(index + 1)", arguments: ["work"] + stack, environment: ["MAINSTAY_METRICS_PORT": "\(port)"])
            }
    }
}
