import Foundation
import Jobs
import Logging

/// Ends the runs that have begun, whose job is dead, and whom nobody has asked for (``RunBurial``): reports and budgets read rows. One that no
/// worker has claimed is left alone: as long as nobody was told its end, a replay of its dead letter begins it.
struct LostRuns: PeriodicTask {
    let name = "inference.lost-runs"
    /// Rows are what reports count, and those are of days.
    let interval = Duration.seconds(60)

    let burial: RunBurial

    /// Runs of one round; those beyond it come in the next.
    private static let page = 100

    func run() async throws {
        for lost in try await burial.store.lost(limit: Self.page) {
            do {
                try await burial.end(lost)
            } catch {
                // A log that is away may still have the events: the next round asks again.
                burial.logger.warning(
                    "a lost run could not be ended", metadata: ["run": "\(lost.identity.run.lowercased)", "error": "\(error)"])
            }
        }
    }
}
