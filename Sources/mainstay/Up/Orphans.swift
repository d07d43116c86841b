import Foundation
import LocalStack

/// Ingress and workers that go on after their supervisor was killed.
enum Orphans {
    /// Ends them in order, and returns when they are gone.
    ///
    /// - Parameter patience: for each, to hand back what it holds; then it is killed.
    /// - Throws: `UpFault` when one belongs to another user.
    static func end(in folder: UpFolder, patience: Duration = .seconds(45)) async throws {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/run")) ?? []
        let orphans = names(of: files).map { (name: $0, process: folder.running($0)) }
        // All at once, for each takes its time.
        for case (let name, let process?) in orphans {
            Talk.say("ending \(name) (process \(process.pid)), which its supervisor left behind")
            guard process.signal(SIGTERM) else {
                throw UpFault("\(name) (process \(process.pid)) belongs to another user: stop it as that user.")
            }
        }
        for (name, process) in orphans {
            if let process, try await !process.waitForEnd(limit: patience) {
                _ = process.signal(SIGKILL)
                _ = try await process.waitForEnd(limit: .seconds(10))
            }
            folder.removePid(of: name)
        }
    }

    /// Whom pid files name. The servers are the stack's own affair, and `up` is the supervisor.
    static func names(of files: [String]) -> [String] {
        let others = Set(Server.allCases.map(\.rawValue) + ["up"])
        return files.filter { $0.hasSuffix(".pid") }.map { String($0.dropLast(4)) }.filter { !others.contains($0) }.sorted()
    }
}
