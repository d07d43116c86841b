import Foundation
import Jobs
import Postgres

/// The conversation: calls of the model, one after the other.
extension RunAttempt {
    func converse(_ queue: RunAppendQueue, _ signals: RunSignals) async throws -> RunEnding {
        var request = plan.request
        var step = 1
        while true {
            let call = try await (step == 1 ? askInTurn(request, queue) : ask(progress.current.candidate, request, step: step, queue))
            if let ending = conclusion(of: call) { return ending }
            guard let results = try await results(of: call, queue, signals) else { return RunEnding(.incomplete(.toolTimeout)) }
            request.messages.append(call.message)
            request.messages += results
            step += 1
        }
    }

    /// The first step: asks the models in turn, the next only while the one before has shown nothing.
    private func askInTurn(_ request: ProviderRequest, _ queue: RunAppendQueue) async throws -> ModelCall {
        for candidate in plan.candidates.dropLast() {
            let call = try await ask(candidate, request, step: 1, queue)
            guard case .failed(let error)? = call.ending?.outcome, error.allowsFallback, !progress.current.hasBegun else { return call }
            progress.fail(error)
        }
        return try await ask(plan.candidates.last ?? plan.first, request, step: 1, queue)
    }

    /// One call of a model. It has its ending when this returns.
    private func ask(
        _ candidate: RunPlan.Candidate, _ request: ProviderRequest, step: Int, _ queue: RunAppendQueue
    ) async throws -> ModelCall {
        guard let provider = providers.provider(candidate.provider) else {
            throw InferenceError(.internalError, "The provider \(candidate.provider) is configured and missing.")
        }
        progress.begin(candidate, step: step)
        // The first step is told with the model's first event: until then the run may be begun again.
        if step > 1 { try await queue.offer([.stepStarted(step: step)]) }
        var request = request
        request.model = candidate.model
        do {
            request.key = try await key(of: candidate.provider)
        } catch let error as InferenceError {
            _ = progress.receive(.ended(StepEnding(.failed(error))), acceptedAt: identity.acceptedAt)
            guard let call = progress.current.call else { throw CancellationError() }
            return call
        }
        progress.ask(request)
        try await provider.stream(request) { event in
            switch progress.receive(event, acceptedAt: identity.acceptedAt) {
            case .keep: break
            case .show(let event, let begins): try await queue.offer(begins ? [started, .stepStarted(step: 1), event] : [event])
            }
        }
        guard var call = progress.current.call else { throw CancellationError() }
        if call.ending == nil {
            let error = InferenceError(.internalError, "The provider's adapter ended without an end.", provider: candidate.provider)
            call.ending = StepEnding(.failed(error))
        }
        return call
    }

    /// The workspace's own key of a provider. One that does not open fails the call: it is not answered on somebody else's account.
    private func key(of provider: String) async throws -> ProviderKey? {
        guard let setup else { return nil }
        do {
            return try await Persistence.persisting(on: clock) { try await setup.credentials.key(provider: provider, workspace: identity.workspace) }
        } catch is SealFault {
            throw InferenceError(.authentication, "The workspace's key of the provider cannot be opened; bring it again.", provider: provider)
        }
    }

    var started: RunEvent {
        let candidate = progress.current.candidate
        return .runStarted(
            RunStarted(
                run: identity.run.lowercased, attempt: claim.attempts, provider: candidate.provider, model: candidate.model,
                agent: plan.agent?.label, serverTools: plan.serverTools.keys.sorted(), previous: plan.previous?.lowercased))
    }

    /// Writes down a step after which the run goes on, together with the calls that its client is to answer.
    func record(_ call: ModelCall, waitingFor calls: [ToolCall], until: Date, in place: ToolPlace) async throws {
        let state = progress.current
        let step = RunStep(call, tries: call.step == 1 ? state.tries : [])
        try await place.persisting {
            try await context.transaction { transaction in
                try await store.lockShown(identity, epoch: claim.epoch, in: transaction)
                try store.submit(step, of: identity, provider: state.candidate.provider, model: state.candidate.model, in: transaction)
                for call in calls { store.submitWait(for: call, step: step.number, of: identity, until: until, in: transaction) }
            }
        }
        journal.metrics.runs.finished(step)
        progress.close()
    }
}

extension RunStep {
    /// The step of a call that has come to its end; of one that was cut, the run's.
    init(_ call: ModelCall, tries: [FailedTry], ending: RunEnding? = nil) {
        let own = call.ending.map { RunEnding($0) } ?? ending
        self.init(
            number: call.step, state: own?.state ?? .incomplete, startedAt: call.calledAt, finishedAt: Date(), firstOutput: call.firstOutput,
            usage: call.usage, finish: own?.finish, missingDone: own?.missingDone ?? false, tries: tries)
    }
}
