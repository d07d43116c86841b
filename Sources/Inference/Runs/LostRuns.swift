import Foundation
import Jobs
import Logging
import Postgres

/// A run that has begun and whose job is dead: its worker died of it, or could never write its end.
struct LostRun: Sendable {
    var identity: RunIdentity
    /// Of the last attempt that claimed it.
    var epoch: UInt64
    var provider: String
    var model: String
    /// Attempts of its job.
    var attempts: Int
    /// Epochs of the attempts that may have asked a model and told nobody what became of the call.
    var unsettled: [UInt64] = []

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

/// Writes the end of runs whose job is dead: `failed`, with what they had shown, and what they used.
///
/// Readers derive that end from the job's outcome at once; but outcomes go with their day, and reports and budgets read rows. A run
/// that was ended so is not begun again when its dead letter is replayed, for its end was shown; so it is counted once.
///
/// What is taken for its lost calls is in its row and in what its workspace used, and in none of its events: readers, who tell
/// its end before it is written down, could not say it.
struct LostRuns: PeriodicTask {
    let name = "inference.lost-runs"
    /// Rows are what reports count, and those are of days.
    let interval = Duration.seconds(60)

    let store: RunStore
    let log: RunLog
    let planner: RunPlanner
    /// Whose budgets count them; nil where there are none.
    let setup: InferenceSetup?
    let logger: Logger

    /// Runs of one round; those beyond it come in the next.
    private static let page = 100

    init(store: RunStore, log: RunLog, planner: RunPlanner, setup: InferenceSetup?, logger: Logger) {
        self.store = store
        self.log = log
        self.planner = planner
        self.setup = setup
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
        let identity = lost.identity
        // A worker that was stopped and not killed has the epoch of the last attempt, and may wake up behind the end.
        guard case .claimed(let finding) = try await log.claim(identity, epoch: lost.epoch + 1) else { return }
        let writes = try await MemoryStore(pool: store.pool).writes(of: identity.run, workspace: identity.workspace)
        let earlier = try await log.readAll(identity.run)
        let events = LostRun.events(earlier, epoch: lost.epoch, attempts: lost.attempts, writes: writes)
        let record = RunRecord(epoch: lost.epoch, earlier: events)
        let request = try await store.request(of: lost)
        let size = try await requestSize(of: lost, request)
        let calls = LostCalls(
            shown: record.transcript, isSilent: earlier.isEmpty,
            silentAttempts: LostCalls.silentAttempts(among: lost.unsettled, before: earlier), size: size)
        var transcript = record.transcript
        for estimate in calls.estimates { transcript.add(.usage(estimate)) }
        let (usage, estimated) = (transcript.usage, transcript.estimated)
        let cost = (setup?.budgets.prices ?? PriceTable.none).cost(
            of: usage, estimated: estimated, provider: lost.provider, model: lost.model, reported: usage.cost)
        let outcome = RunOutcome(
            state: .failed, transcript: transcript, incompleteReason: nil, error: .givenUp(after: lost.attempts), archive: record.archive,
            firstOutput: nil, step: nil, cost: cost.isWhole ? cost.known : nil, costSource: cost.isWhole ? cost.source : nil,
            repeatedCalls: calls.repeated, begunAt: earlier.isEmpty ? nil : finding.shownAt)
        let isEnded = try await store.bury(lost, outcome: outcome) { transaction in
            setup?.budgets.record(
                workspace: identity.workspace, token: request?.token, provider: lost.provider, model: lost.model, usage: usage,
                estimated: estimated, reportedCost: usage.cost, repeatedCalls: calls.repeated, in: transaction)
        }
        guard isEnded else { return }
        log.metrics.runs.lost()
        logger.notice("a run whose job is dead was ended", metadata: ["run": "\(identity.run.lowercased)"])
    }

    /// Bytes of what its models were sent first.
    ///
    /// A request that cannot be planned any more, which may be what its job died of, is taken for what it says itself, and one that cannot be
    /// read for nothing: that is the least, and the run has its end.
    private func requestSize(of lost: LostRun, _ request: RunRequest?) async throws -> Int {
        guard let request else { return 0 }
        let acceptedAt = Date(timeIntervalSince1970: Double(lost.identity.acceptedAt) / 1_000)
        let job = Job(
            id: lost.identity.run, workspace: lost.identity.workspace, attempt: lost.attempts, acceptedAt: acceptedAt, payload: request)
        do {
            return try await planner.plan(job).request.size
        } catch let error as CancellationError {
            throw error
        } catch let error as PostgresError where error.isRetryable {
            // The next round asks again.
            throw error
        } catch {
            logger.warning("a lost run cannot be planned", metadata: ["run": "\(lost.identity.run.lowercased)", "error": "\(error)"])
            return ProviderRequest(
                run: lost.identity.run.lowercased, model: lost.model, messages: request.messages, tools: request.tools ?? []
            ).size
        }
    }
}
