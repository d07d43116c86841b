import Foundation
import LocalStack

/// Stops a stack that runs in the background, in order: the supervisor stops its children, then its servers.
struct UpStop: Sendable {
    let folder: UpFolder
    let wipe: Bool

    func run() async throws {
        if let supervisor = folder.running("up") {
            guard supervisor.signal(SIGTERM), try await supervisor.waitForEnd(limit: .seconds(90)) else {
                throw UpFault("process \(supervisor.pid) does not stop; its log: \(folder.log("up"))")
            }
        }
        // What a supervisor that was killed left behind; the servers are the stack's own affair.
        let servers = Set(Server.allCases.map(\.rawValue))
        var orphans: [RunningProcess] = []
        for file in (try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/run")) ?? [] where file.hasSuffix(".pid") {
            let name = String(file.dropLast(4))
            guard !servers.contains(name) else { continue }
            if let orphan = folder.running(name), orphan.signal(SIGTERM) { orphans.append(orphan) }
            folder.removePid(of: name)
        }
        // Before the servers, so that each can hand back what it holds.
        for orphan in orphans where try await !orphan.waitForEnd(limit: .seconds(45)) { _ = orphan.signal(SIGKILL) }
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
