import Foundation
import Jobs
import Postgres

/// The conversation: calls of the model, one after the other.
extension RunAttempt {
    func converse(_ queue: RunAppendQueue, _ signals: RunSignals) async throws -> RunEnding {
        var request = plan.request
        var step = 1
        // A step that an earlier attempt took: it is not asked again, its calls may be left to carry out.
        var recorded: RecordedStep?
        if let continuation {
            try await queue.offer([.resumed(RunResumed(attempt: claim.attempts, step: continuation.step))])
            request.messages += continuation.earlier.flatMap(continuation.messages)
            step = continuation.step
            if continuation.point == .finished { recorded = continuation.current }
        }
        while true {
            let call: ModelCall
            if let recorded { call = progress.recall(recorded) } else { call = try await answer(to: request, step: step, queue) }
            if let ending = conclusion(of: call) { return ending }
            guard let results = try await results(of: call, recorded: recorded, queue, signals) else {
                return RunEnding(.incomplete(.toolTimeout))
            }
            recorded = nil
            request.messages.append(call.message)
            request.messages += results
            step += 1
        }
    }

    var started: RunEvent {
        let candidate = progress.current.candidate
        return .runStarted(
            RunStarted(
                run: identity.run.lowercased, attempt: claim.attempts, provider: candidate.provider, model: candidate.model,
                agent: plan.agent?.label, serverTools: plan.serverTools.keys.sorted(), previous: plan.previous?.lowercased,
                onInterruption: plan.isContinued ? .continue : nil))
    }

    /// Writes down a step after which the run goes on, together with the calls that its client is to answer. What is written down stays.
    ///
    /// - Parameter isRecorded: An earlier attempt took the step, and counted it.
    func record(_ call: ModelCall, isRecorded: Bool, waitingFor calls: [ToolCall], until: Date, in place: ToolPlace) async throws {
        let state = progress.current
        let step = RunStep(call, tries: state.tries(of: call))
        try await place.persisting {
            try await context.transaction { transaction in
                try await store.lockShown(identity, epoch: claim.epoch, at: state.begunAt, in: transaction)
                try store.submit(step, of: identity, provider: state.candidate.provider, model: state.candidate.model, in: transaction)
                for call in calls { store.submitWait(for: call, step: step.number, of: identity, until: until, in: transaction) }
            }
        }
        if !isRecorded { journal.metrics.runs.finished(step) }
        progress.close()
    }
}

extension RunStep {
    /// The step of a call that has come to its end; of one that was cut, the run's.
    init(_ call: ModelCall, tries: [FailedTry], ending: RunEnding? = nil) {
        let own = call.ending.map { RunEnding($0) } ?? ending
        var usage = call.usage
        if let lost = call.lostUsage() { usage.add(lost) }
        self.init(
            number: call.step, state: own?.state ?? .incomplete, startedAt: call.calledAt, finishedAt: Date(), firstOutput: call.firstOutput,
            usage: usage, finish: own?.finish, missingDone: own?.missingDone ?? false, tries: tries)
    }
}
