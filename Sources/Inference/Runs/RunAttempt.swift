import Foundation
import Jobs
import Redis
import Synchronization

/// One attempt at a run: streams a provider's answer into the journal and writes the end.
struct RunAttempt: Sendable {
    let identity: RunIdentity
    let claim: RunClaim
    let plan: RunExecution.Plan
    let journal: RunJournal
    let store: RunStore
    let context: RunContext
    let clock: any Clock<Duration>
    /// A run may take this long.
    let limit: Duration
    private let progress = Progress()
    /// How long the terminal event's append may take when the log is away: readers find the end in PostgreSQL.
    private static let conclusionPatience = Duration.seconds(5)

    init(
        identity: RunIdentity, claim: RunClaim, plan: RunExecution.Plan, journal: RunJournal, store: RunStore, context: RunContext,
        clock: any Clock<Duration>, limit: Duration
    ) {
        self.identity = identity
        self.claim = claim
        self.plan = plan
        self.journal = journal
        self.store = store
        self.context = context
        self.clock = clock
        self.limit = limit
    }

    /// What the attempt has come to; written by the provider's task, read by the attempt's.
    private final class Progress: Sendable {
        struct State {
            var calledAt: Date?
            var calledInstant: ContinuousClock.Instant?
            var firstOutput: FirstOutput?
            var hasBegun = false
            /// Counted before anything was said: it is told with the end, for a count alone begins no answer.
            var earlyUsage: TokenUsage?
            var step: StepEnding?
        }

        let state = Mutex(State())
        let firstOutput = Doorbell()
    }

    // MARK: Streaming

    /// Streams the answer; returns when the provider has ended, the run is cancelled or its time is up, and all events are appended.
    func stream(from provider: any Provider, until wish: CancelWish) async throws -> RunEnding {
        progress.state.withLock { state in
            state.calledAt = Date()
            state.calledInstant = .now
        }
        let queue = RunAppendQueue()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    while let events = await queue.next() { try await journal.append(events) }
                } catch {
                    queue.fail(error)
                    throw error
                }
            }
            group.addTask {
                // Beside the first append and not before it: it must not cost the reader of the first token a commit.
                await progress.firstOutput.wait()
                guard progress.state.withLock({ $0.firstOutput != nil }) else { return }
                // A mark that cannot be written is not missed while the log tells the same.
                try? await context.transaction { try await store.markFirstEvent(identity, epoch: claim.epoch, in: $0) }
            }
            let ending = try await produce(from: provider, into: queue, until: wish)
            queue.finish()
            progress.firstOutput.ring()
            try await group.waitForAll()
            return ending
        }
    }

    private enum Cause: Sendable { case provider, wish, limit }

    private func produce(from provider: any Provider, into queue: RunAppendQueue, until wish: CancelWish) async throws -> RunEnding {
        let cause = try await withThrowingTaskGroup(of: Cause.self) { group in
            group.addTask {
                try await provider.stream(plan.request) { try await receive($0, queue) }
                return .provider
            }
            group.addTask {
                await wish.wait()
                try Task.checkCancellation()
                return .wish
            }
            group.addTask {
                try await clock.sleep(for: limit)
                return .limit
            }
            defer { group.cancelAll() }
            return try await group.next() ?? .provider
        }
        // An answer that was whole when the wish came is told as what it is.
        if let step = progress.state.withLock({ $0.step }) { return RunEnding(step) }
        switch cause {
        case .wish: return RunEnding(.cancelled)
        case .limit:
            let error = InferenceError(.timeout, "The run took longer than a run may.", provider: plan.provider, code: "run")
            return RunEnding(progress.state.withLock { $0.hasBegun } ? .incomplete(.timeLimit) : .failed(error))
        case .provider:
            return RunEnding(.failed(InferenceError(.internalError, "The provider's adapter ended without an end.", provider: plan.provider)))
        }
    }

    private func receive(_ event: ProviderEvent, _ queue: RunAppendQueue) async throws {
        let runEvent: RunEvent
        switch event {
        case .chunk(let chunk): runEvent = .chunk(chunk)
        case .toolCallDelta(let delta): runEvent = .toolCallDelta(delta)
        case .toolCall(let call): runEvent = .toolCall(call)
        case .usage(let usage):
            let isEarly = progress.state.withLock { state in
                if !state.hasBegun { state.earlyUsage = usage }
                return !state.hasBegun
            }
            if isEarly { return }
            runEvent = .usage(usage)
        case .ended(let ending):
            progress.state.withLock { $0.step = ending }
            return
        }
        let (begins, isFirstOutput) = progress.state.withLock { state -> (Bool, Bool) in
            let begins = !state.hasBegun
            state.hasBegun = true
            let isFirst = runEvent.isModelOutput && state.firstOutput == nil
            if isFirst, let called = state.calledInstant {
                let sinceAcceptance = Date().timeIntervalSince1970 - Double(identity.acceptedAt) / 1_000
                state.firstOutput = FirstOutput(
                    sinceAcceptance: .seconds(max(0, sinceAcceptance)), sinceCall: called.duration(to: .now))
            }
            return (begins, isFirst)
        }
        if isFirstOutput { progress.firstOutput.ring() }
        try await queue.offer(begins ? [started, .stepStarted(step: 1), runEvent] : [runEvent])
    }

    private var started: RunEvent {
        .runStarted(
            RunStarted(
                run: identity.run.lowercased, attempt: claim.attempts, provider: plan.provider, model: plan.model, agent: plan.agent?.label))
    }

    // MARK: The end

    /// Writes the run's end: PostgreSQL, then the terminal event.
    func end(_ ending: RunEnding) async throws {
        let state = progress.state.withLock { $0 }
        var openStep = await journal.transcript.openStep
        var last: [RunEvent] = []
        if await journal.isEmpty {
            last.append(started)
            if state.step != nil {
                last.append(.stepStarted(step: 1))
                openStep = 1
            }
        }
        if let usage = state.earlyUsage, openStep != nil { last.append(.usage(usage)) }
        if let openStep { last.append(.stepFinished(StepFinished(step: openStep, finish: ending.finish, missingDone: ending.missingDone))) }
        if !last.isEmpty { try await journal.append(last) }

        let usage = await journal.transcript.usage
        let (archive, transcript) = await journal.conclude(with: ending.event(usage: usage))
        let step = state.calledAt.map { calledAt in
            RunStep(
                number: 1, state: ending.state, startedAt: calledAt, finishedAt: Date(), firstOutput: state.firstOutput?.sinceCall, usage: usage,
                finish: ending.finish, missingDone: ending.missingDone)
        }
        let outcome = RunOutcome(
            state: ending.state, transcript: transcript, incompleteReason: ending.incompleteReason, error: ending.error, archive: archive,
            firstOutput: state.firstOutput, step: step)
        let result = try JobResult(["run": identity.run.lowercased, "state": ending.state.rawValue])
        try await context.finish(ending.state == .cancelled ? .cancelled : .done, error: ending.error?.description, result: result) { transaction in
            try await store.finish(
                identity, epoch: claim.epoch, provider: plan.provider, model: plan.model, outcome: outcome, in: transaction)
        }
        await announceEnd()
    }

    /// The run is finished whatever happens here: a terminal event that cannot be appended is found in PostgreSQL.
    private func announceEnd() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await journal.deliverConclusion() }
            group.addTask { try? await clock.sleep(for: Self.conclusionPatience) }
            await group.next()
            group.cancelAll()
        }
    }
}
