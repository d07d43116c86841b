import Foundation
import TestSupport
import Testing

/// What a job costs is held in `ops/budget.json`, and a release that makes it dearer says so there.
@Suite struct BudgetTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    @Test("no job costs more commands, scripts, round trips, commits, log or allocations than ops/budget.json allows", .timeLimit(.minutes(10)))
    func budget() async throws {
        let own = ProcessInfo.processInfo.environment
        var environment = ["MAINSTAY_PROGRAM": try Deployment.program, "TMPDIR": try TestFolder.make("budget")]
        for name in ["PATH", "HOME", "MAINSTAY_BUILD_DIR"] { environment[name] = own[name] }
        let script = Self.root.appendingPathComponent("ops/budget").path
        let result = try await Program.run(words: ["/bin/bash", script], environment: environment)
        #expect(result.status == 0, "\n\(result.output)\n\(result.errors)")
        #expect(result.output.contains("ledger.drain.postgres_trips_per_batch"), "the run counted what the file is about")
    }
}
