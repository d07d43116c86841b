import Foundation
import LocalStack

/// Processes of this program beside a benchmark: what is measured has its own threads, as in life.
struct BenchProcesses: Sendable {
    /// Where they write their logs, and where they are known by.
    let folder: UpFolder

    /// Makes a folder for them that is gone when this returns, in whatever way this process ends.
    static func with<R: Sendable>(named name: String, _ body: @escaping @Sendable (BenchProcesses) async throws -> R) async throws -> R {
        let path = try TemporaryFolder.make(in: FileManager.default.temporaryDirectory.path, named: name)
        // For the end by kill -9; whoever ends otherwise has ended the children before.
        let watchdog = try Watchdog(over: path)
        defer {
            try? FileManager.default.removeItem(atPath: path)
            watchdog.release()
        }
        return try await body(BenchProcesses(folder: try UpFolder(path)))
    }

    /// Keeps children for the length of `body`; all have ended when this returns.
    ///
    /// - Throws: `UpFault` when one does not stay up; `BenchFault`; what `body` throws.
    func keeping<R: Sendable>(
        _ children: [Supervisor.Child], _ environment: [String: String], _ body: @escaping @Sendable () async throws -> R
    ) async throws -> R {
        let supervisor = Supervisor(folder: folder, program: try UpStart.program(), environment: environment)
        guard let result = try await Interruption.orResult(of: body, by: { try await supervisor.run(children) }) else {
            throw BenchFault.servicesEnded
        }
        return result
    }
}
