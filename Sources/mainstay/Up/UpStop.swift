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
        // Before the servers, so that each can hand back what it holds.
        try await Orphans.end(in: folder)
        folder.removePid(of: "up")
        folder.removeReady()
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
