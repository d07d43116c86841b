import Foundation
import LocalStack

/// Stops a stack that runs in the background, in order: the supervisor stops its children, then its servers.
struct UpStop: Sendable {
    let folder: UpFolder
    let wipe: Bool

    func run() async throws {
        if let pid = folder.runningPid(of: "up") {
            kill(pid, SIGTERM)
            let deadline = ContinuousClock.now + .seconds(90)
            while folder.runningPid(of: "up") != nil {
                guard ContinuousClock.now < deadline else { throw UpFault("process \(pid) does not stop; its log: \(folder.log("up"))") }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
        // What a supervisor that was killed left behind.
        for file in (try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/run")) ?? [] where file.hasSuffix(".pid") {
            let name = String(file.dropLast(4))
            if let pid = folder.runningPid(of: name) { kill(pid, SIGTERM) }
            folder.removePid(of: name)
        }
        let stack = try UpStart(folder: folder, port: 0).localStack()
        if wipe {
            try await stack.wipe()
            try? FileManager.default.removeItem(atPath: folder.path)
            print("stopped, and its data is removed")
        } else {
            try await stack.stop()
            print("stopped; its data is kept in \(folder.path)")
        }
    }
}
