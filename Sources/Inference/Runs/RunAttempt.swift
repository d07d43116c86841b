import Foundation
import Jobs

/// One attempt at a run: lets the model and its tools speak in turn, into the journal, and writes the end.
///
/// ```
/// ask ──▶ step ends ──▶ tool calls? ──no──▶ end
///  ▲                        │ yes, and steps are left
///  └── results as messages ─┘
/// ```
struct RunAttempt: Sendable {
    let identity: RunIdentity
    let claim: RunClaim
    let plan: RunPlan
    let providers: Providers
    let journal: RunJournal
    let store: RunStore
    let memories: MemoryStore
    /// Keys and budgets of workspaces; nil where there are none.
    let setup: InferenceSetup?
    let context: RunContext
    let clock: any Clock<Duration>
    /// A run may take this long, all its steps and waits together.
    let limit: Duration
    /// A client may take this long for the results of a step.
    let toolWait: Duration
    /// Where an earlier attempt is gone on with; nil when the run begins.
    let continuation: RunContinuation?
    /// Attempts that asked a model and were lost before they had shown anything: of each a call that its provider may charge for.
    let silentAttempts: Int
    let progress: RunProgress

    /// Lets the run take place; returns when it has ended, is cancelled or its time is up, and all events are appended.
    func stream(until signals: RunSignals) async throws -> RunEnding {
        let queue = RunAppendQueue()
        signals.onReturnOfLog { queue.doubt() }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    while let events = await queue.next() {
                        guard !events.isEmpty else {
                            try await journal.restore()
                            continue
                        }
                        try await journal.append(events, receivedAt: queue.receivedAt, anchor: queue.anchor)
                    }
                } catch {
                    queue.fail(error)
                    throw error
                }
            }
            if plan.isContinued { group.addTask { await markShown(queue) } }
            let ending = try await produce(into: queue, until: signals)
            queue.finish()
            progress.shown.ring()
            try await group.waitForAll()
            return ending
        }
    }

    /// Notes in the row each step of which something was shown, of a run that may be gone on with. Beside the append and not before it.
    ///
    /// **No first event waits for a commit.** A run is begun again only where that is proved to follow on nothing (``RunLogFinding``), and the
    /// proof is the log's alone, or the row's alone:
    ///
    /// - The first append of an attempt is taken by a log that the run was announced to in the same life. There it is noted that something
    ///   was shown, and there the successor's claim looks, which fences in the same step. One memory puts the two in an order: either
    ///   the claim finds the note, or the append finds the claim.
    /// - A log that cannot vouch refuses the first append (`missing`). Then the row is marked before anything is shown, by its owner only.
    /// - Whoever lost the log together with the worker, or finds it in another life, does not know, and does not begin again.
    ///
    /// So a worker that was stopped before its first append and wakes up overtaken shows nothing: the epoch in the log refuses it; without
    /// that epoch the log has no life or an older one, and the row refuses it.
    private func markShown(_ queue: RunAppendQueue) async {
        var marked = 0
        while true {
            await progress.shown.wait()
            let state = progress.current
            if state.shownStep > marked {
                marked = state.shownStep
                try? await context.transaction {
                    store.submitShown(step: state.shownStep, of: identity, epoch: claim.epoch, at: state.begunAt, in: $0)
                }
            }
            if queue.isFinished || Task.isCancelled { return }
        }
    }

    private enum Cause: Sendable {
        case ended(RunEnding)
        case wish
        case limit
    }

    private func produce(into queue: RunAppendQueue, until signals: RunSignals) async throws -> RunEnding {
        let cause = try await withThrowingTaskGroup(of: Cause.self) { group in
            group.addTask { Cause.ended(try await converse(queue, signals)) }
            group.addTask {
                await signals.cancel.wait()
                try Task.checkCancellation()
                return .wish
            }
            group.addTask {
                try await clock.sleep(for: timeLeft)
                return .limit
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw CancellationError() }
            return first
        }
        let state = progress.current
        // An answer that was whole when the wish came is told as what it is.
        if let whole = state.call.flatMap({ conclusion(of: $0) }) { return whole }
        switch cause {
        case .ended(let ending): return ending
        case .wish:
            await abandon()
            return RunEnding(.cancelled)
        case .limit:
            await abandon()
            return RunEnding(state.hasBegun ? .incomplete(.timeLimit) : .failed(.outOfTime(provider: state.candidate.provider)))
        }
    }

    /// What is left of the time that a run may take, with the attempts that are gone on with.
    private var timeLeft: Duration {
        guard continuation != nil, let begun = progress.current.begunAt else { return limit }
        return max(.zero, limit - .seconds(max(0, Date().timeIntervalSince(begun))))
    }

    /// Another worker could go on with the run from here.
    var canBeContinued: Bool {
        get async {
            guard plan.isContinued else { return false }
            return RunContinuation(await journal.entries, anchor: await journal.anchor) != nil
        }
    }

    /// How the run ends with a call of the model that has ended; nil when the run goes on, with the results of the call's tools.
    func conclusion(of call: ModelCall) -> RunEnding? {
        guard let ending = call.ending else { return nil }
        guard case .completed = ending.outcome, !call.tools.isEmpty, plan.stepLimit > 1 else { return RunEnding(ending) }
        if plan.returnsCalls, call.tools.contains(where: { plan.serverTools[$0.name] == nil }) { return RunEnding(ending) }
        guard call.step >= plan.stepLimit else { return nil }
        return RunEnding(.incomplete(.maxSteps), finish: ending.finish, missingDone: ending.missingDone)
    }

    /// The error after which the run may be begun again, or nil: of the last model that was asked, or of one before it.
    func worthRetrying(_ error: InferenceError, patience: Duration) -> InferenceError? {
        (progress.current.tries.compactMap(\.error) + [error]).last { $0.isRetryable && ($0.retryAfter ?? .zero) <= patience }
    }
}
