import Foundation
import Jobs
import Logging

/// A run that has begun and whose job is dead: its worker died of it, or could never write its end.
struct LostRun: Sendable {
    var identity: RunIdentity
    /// Of the last attempt that claimed it.
    var epoch: UInt64
    var provider: String
    var model: String
    /// Attempts of its job.
    var attempts: Int

    /// All events of such a run: what it had shown, what it had written and could not tell, and an end. The same for every reader,
    /// be it before the end is written down or after.
    static func events(_ earlier: [RunLogEntry], epoch: UInt64, attempts: Int, writes: [MemoryWriteEvent] = []) -> [RunLogEntry] {
        if let last = earlier.last, RunEvent.type(ofPayload: last.payload).map(RunEvent.isTerminal) ?? false { return earlier }
        var record = RunRecord(epoch: epoch + 1, earlier: earlier)
        let told = record.transcript.memoryWrites
        for write in writes where !told.contains(write.event) { _ = record.add(.memoryWritten(write)) }
        _ = record.add(.failed(.givenUp(after: attempts)))
        return Array(record.entries)
    }
}

/// Writes the end of runs whose job is dead: `failed`, with what they had shown.
///
/// Readers derive that end from the job's outcome at once; but outcomes go with their day, and reports read rows. A run
/// that was ended so is not begun again when its dead letter is replayed, for its end was shown.
struct LostRuns: PeriodicTask {
    let name = "inference.lost-runs"
    /// Rows are what reports count, and those are of days.
    let interval = Duration.seconds(60)

    let store: RunStore
    let log: RunLog
    let logger: Logger

    /// Runs of one round; those beyond it come in the next.
    private static let page = 100

    init(store: RunStore, log: RunLog, logger: Logger) {
        self.store = store
        self.log = log
        self.logger = logger
    }

    func run() async throws {
        for lost in try await store.lost(limit: Self.page) {
            do {
                try await end(lost)
            } catch {
                // A log that is away may still have the events: the next round asks again.
                logger.warning("a lost run could not be ended", metadata: ["run": "\(lost.identity.run.lowercased)", "error": "\(error)"])
            }
        }
    }

    private func end(_ lost: LostRun) async throws {
        let writes = try await MemoryStore(pool: store.pool).writes(of: lost.identity.run, workspace: lost.identity.workspace)
        let events = LostRun.events(try await log.readAll(lost.identity.run), epoch: lost.epoch, attempts: lost.attempts, writes: writes)
        let record = RunRecord(epoch: lost.epoch, earlier: events)
        let outcome = RunOutcome(
            state: .failed, transcript: record.transcript, incompleteReason: nil, error: .givenUp(after: lost.attempts), archive: record.archive,
            firstOutput: nil, step: nil)
        guard try await store.bury(lost, outcome: outcome) else { return }
        log.metrics.runs.lost()
        logger.notice("a run whose job is dead was ended", metadata: ["run": "\(lost.identity.run.lowercased)"])
    }
}
