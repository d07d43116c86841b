import Foundation
package import Jobs
import Logging
import Synchronization

/// Executes a run: claims it, asks the provider, writes its events, and ends it truthfully.
///
/// **One answer.** A run is begun again only as long as nothing of an answer was shown: no event is written before the provider's first,
/// and its first event goes out with `run.started`. An attempt that finds its predecessor's events, in the log or by the mark in the
/// row, does not ask the provider; it ends the run as `incomplete: interrupted`. So does one that finds a log which cannot say whether
/// there were any (``RunLogFinding``): what nobody knows is taken for shown, and no event waits for a commit. A run that asked for it
/// (``InterruptionPolicy``) is gone on with instead, where its log says exactly what is still to come (``RunContinuation``).
///
/// **One terminal event, and it is true.** PostgreSQL first: the run's end, its archive with the terminal event in it and the job's outcome
/// commit together. Then the terminal event is appended. A worker that dies between the two leaves a log without an end and a run with
/// one; the job has its outcome and is not executed again. Who follows the run finds the end: a reader that hears nothing for a
/// heartbeat asks PostgreSQL and gets the events that it lacks from the archive, the same bytes under the same ids, and a reader that
/// comes later gets them at once. Had the log been first, a crash could have shown an end that another attempt then contradicts.
///
/// **Several steps, one conversation.** What the model, the server's tools and the client's say between two calls of the model lives in
/// the worker, and whoever goes on with the run reads it back from the log. What is not in the log is committed before it is shown:
/// memories with their events, the calls that the client is to answer, and results that are longer than an event.
package struct RunExecution: RunHandler {
    package typealias Payload = RunRequest

    let providers: Providers
    let planner: RunPlanner
    let store: RunStore
    let memories: MemoryStore
    let setup: InferenceSetup?
    let log: RunLog
    let control: RunControl
    let limit: Duration
    let toolWait: Duration
    let clock: any Clock<Duration>
    let logger: Logger

    /// A provider that asks to be left alone for longer is not asked again: someone waits for the answer, and is better told
    /// at once, with the time.
    private static let patience = Duration.seconds(60)

    /// What a worker may still use to write an interrupted run's end after its drain budget is spent.
    private static let farewell = Duration.seconds(3)

    package func run(_ job: Job<RunRequest>, context: RunContext) async throws {
        let identity = RunIdentity(
            run: job.id, workspace: job.workspace, acceptedAt: Int64((job.acceptedAt.timeIntervalSince1970 * 1_000).rounded()))
        try await control.withWatch(identity) { signals in
            let plan = try await planner.plan(job)
            // Who asks the provider finds it looked up: it was looked for beside the claim. What is wrong with it is told there.
            async let _ = setup?.credentials.key(provider: plan.first.provider, workspace: identity.workspace)
            guard let claim = try await claim(plan, identity, job, context) else {
                // The run ended in an earlier life of its job: a dead letter that was replayed.
                try await context.finish()
                return
            }
            if claim.isCancelRequested || context.isCancelRequested { signals.cancel.raise() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                // A run may be cancelled as a job, too.
                group.addTask {
                    await context.cancelRequested()
                    if context.isCancelRequested { signals.cancel.raise() }
                }
                defer { group.cancelAll() }
                try await attempt(job, plan, identity, claim, signals, context)
            }
        }
    }

    private func claim(_ plan: RunPlan, _ identity: RunIdentity, _ job: Job<RunRequest>, _ context: RunContext) async throws -> RunClaim? {
        let beginning = RunStore.Beginning(
            identity: identity, provider: plan.first.provider, model: plan.first.model, agentID: plan.agent?.id, agent: plan.agent?.label,
            metadata: job.payload.metadata ?? [:], trace: job.trace?.header)
        let claim = Mutex<RunClaim?>(nil)
        try await context.transaction { transaction in
            try store.submitClaim(beginning, in: transaction) { found in claim.withLock { $0 = found } }
            try store.submitTurn(job.payload, of: identity, in: transaction)
        }
        return claim.withLock { $0 }
    }

    // MARK: The attempt

    private func attempt(
        _ job: Job<RunRequest>, _ plan: RunPlan, _ identity: RunIdentity, _ claim: RunClaim, _ signals: RunSignals, _ context: RunContext
    ) async throws {
        let earlier = try await before(plan, identity, claim, context)
        let continuation = earlier.continuation
        let anchor = continuation.flatMap { found in found.position.map { RunAnchor(step: found.step, position: $0) } }
        let progress = RunProgress(plan, after: continuation, begunAt: earlier.begunAt)
        let journal = RunJournal(
            log: log, identity: identity, epoch: claim.epoch, earlier: earlier.events, anchor: anchor,
            isOwned: { [store] isEnded in
                guard !isEnded else { return try await store.isOwned(identity, by: claim.epoch, isEnded: true) }
                do {
                    // A worker that was declared dead is refused, though no other attempt has claimed the run: it may be about to get its end.
                    try await context.transaction {
                        store.submitShown(step: 1, of: identity, epoch: claim.epoch, at: progress.current.begunAt, in: $0)
                    }
                    return true
                } catch is RunStore.Superseded {
                    return false
                }
            }, clock: clock)
        let attempt = RunAttempt(
            identity: identity, claim: claim, plan: plan, providers: providers, journal: journal, store: store, memories: memories,
            setup: setup, context: context, clock: clock, limit: limit, toolWait: toolWait, continuation: continuation,
            silentAttempts: claim.silentAttempts(before: earlier.events), progress: progress)
        let ending: RunEnding
        if signals.cancel.isRaised {
            await attempt.abandon()
            ending = RunEnding(.cancelled)
        } else if earlier.mayHaveShown, continuation == nil {
            ending = RunEnding(.incomplete(.interrupted))
        } else if let fault = plan.fault {
            ending = RunEnding(.failed(fault))
        } else {
            do {
                ending = try await attempt.stream(until: signals)
            } catch let error where Task.isCancelled {
                guard await !journal.isEmpty else { throw error }
                // It goes back to its queue, and another worker goes on with it.
                if await attempt.canBeContinued { throw CancellationError() }
                return try await leave(attempt)
            }
            // Nothing was shown and another try may help: the engine waits, counts, and begins the run again.
            if case .failed(let error) = ending.outcome, job.attempt < RunRequest.kind.retry.maximumAttempts, await journal.isEmpty,
                let advice = attempt.worthRetrying(error, patience: Self.patience)
            {
                await settle(identity, claim, context)
                throw advice
            }
        }
        try await attempt.end(ending)
    }

    /// Ends a run that was cut by its worker's leaving.
    private func leave(_ attempt: RunAttempt) async throws {
        logger.notice("a run is interrupted by its worker's leaving", metadata: ["run": "\(attempt.identity.run.lowercased)"])
        // A task of its own, for this one is cancelled and could write nothing any more. It is awaited here and ends by its own clock; if
        // it fails, the run is taken over and ended the same way.
        try await Task { [clock] in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await attempt.end(RunEnding(.incomplete(.interrupted))) }
                group.addTask {
                    try await clock.sleep(for: Self.farewell)
                    throw CancellationError()
                }
                try await group.next()
                group.cancelAll()
            }
        }.value
    }
}
