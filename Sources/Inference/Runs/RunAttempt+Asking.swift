import Foundation
import Jobs
import Postgres

/// One call of a model: who is asked, with which key, and what becomes of a connection that breaks.
extension RunAttempt {
    /// Pauses before the rest of an answer is asked for whose connection broke.
    private static let pauses: [Duration] = [.milliseconds(200), .seconds(1)]

    /// The model's answer to a step. It has its ending when this returns.
    func answer(to request: ProviderRequest, step: Int, _ queue: RunAppendQueue) async throws -> ModelCall {
        guard let continuation else {
            return try await (step == 1 ? askInTurn(request, queue) : ask(progress.current.candidate, request, step: step, queue))
        }
        guard step == continuation.step else { return try await ask(progress.current.candidate, request, step: step, queue) }
        // Who has begun to answer goes on.
        let candidate = continuation.candidate
        let repeats = continuation.current.repeats + (step == 1 ? silentAttempts : 0)
        guard case .answer(let kept) = continuation.point else {
            // A call whose provider has told what it used is counted, though the end of its step was lost.
            let uncounted = continuation.current.usage.isEmpty ? 1 : 0
            return try await ask(candidate, request, step: step, isTold: true, lost: lost(repeats + uncounted, of: candidate), queue)
        }
        progress.recall(continuation.current, at: kept.position, lost: lost(repeats, of: candidate), size: repeats > 0 ? request.size : 0)
        var rest = request
        rest.kept = kept
        let call = try await read(candidate, rest, queue)
        // Nothing of the rest came: the answer is as its worker left it.
        guard call.firstOutput == nil, call.isBroken else { return call }
        return progress.interrupt() ?? call
    }

    /// The first step: asks the models in turn, the next only while the one before has shown nothing.
    private func askInTurn(_ request: ProviderRequest, _ queue: RunAppendQueue) async throws -> ModelCall {
        // Which of them it was that a silent attempt asked nobody knows: the first, if it answered.
        let lost = lost(silentAttempts, of: plan.first)
        for candidate in plan.candidates.dropLast() {
            let call = try await ask(candidate, request, step: 1, lost: lost, queue)
            guard case .failed(let error)? = call.ending?.outcome, error.allowsFallback, !progress.current.hasBegun else { return call }
            progress.fail(error)
        }
        return try await ask(plan.candidates.last ?? plan.first, request, step: 1, lost: lost, queue)
    }

    /// So many calls of a model whose workers were lost.
    private func lost(_ count: Int, of candidate: RunPlan.Candidate) -> [FailedTry] {
        Array(repeating: FailedTry(provider: candidate.provider, model: candidate.model, error: nil), count: count)
    }

    /// - Parameters:
    ///   - isTold: The step's begin was told by an earlier attempt.
    ///   - lost: Who was asked for it by attempts that were lost.
    private func ask(
        _ candidate: RunPlan.Candidate, _ request: ProviderRequest, step: Int, isTold: Bool = false, lost: [FailedTry] = [],
        _ queue: RunAppendQueue
    ) async throws -> ModelCall {
        progress.begin(candidate, step: step, lost: lost, size: lost.isEmpty ? 0 : request.size)
        // The first step is told with the model's first event: until then the run may be begun again.
        if step > 1, !isTold { try await queue.offer([.stepStarted(step: step)]) }
        return try await read(candidate, request, queue)
    }

    /// Reads the answer of the call under way, or its rest; from a provider that keeps it also over connections that break.
    private func read(_ candidate: RunPlan.Candidate, _ request: ProviderRequest, _ queue: RunAppendQueue) async throws -> ModelCall {
        guard let provider = providers.provider(candidate.provider) else {
            throw InferenceError(.internalError, "The provider \(candidate.provider) is configured and missing.")
        }
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
        try await stream(request, from: provider, queue)
        for pause in Self.pauses {
            guard let kept = progress.reopen() else { break }
            try await clock.sleep(for: pause)
            request.kept = kept
            try await stream(request, from: provider, queue)
        }
        guard var call = progress.current.call else { throw CancellationError() }
        if call.ending == nil {
            let error = InferenceError(.internalError, "The provider's adapter ended without an end.", provider: candidate.provider)
            call.ending = StepEnding(.failed(error))
        }
        // Nothing was shown of it, so it may be asked for again; what the provider still makes of this one nobody would read.
        if case .failed(let error)? = call.ending?.outcome, [.connection, .timeout].contains(error.kind), let position = call.position {
            await provider.abandon(position, key: request.key)
        }
        return call
    }

    private func stream(_ request: ProviderRequest, from provider: any Provider, _ queue: RunAppendQueue) async throws {
        try await provider.stream(request) { event in
            switch progress.receive(event, acceptedAt: identity.acceptedAt) {
            case .keep: break
            case .show(let events, let begins, let position):
                let received = ReceiptTime.now
                let anchor = position.map { RunAnchor(step: progress.current.call?.step ?? 1, position: $0) }
                try await queue.offer(begins ? [started, .stepStarted(step: 1)] + events : events, anchor: anchor, received: received)
            }
        }
    }

    /// Tells a provider that keeps the answer under way that nobody wants the rest of it.
    func abandon() async {
        let state = progress.current
        var position = continuation?.position
        if let call = state.call { position = call.ending == nil || call.isBroken ? call.position : nil }
        guard let position, let provider = providers.provider(state.candidate.provider) else { return }
        do {
            await provider.abandon(position, key: try await key(of: state.candidate.provider))
        } catch {
            // Nobody else's key is used instead: the provider comes to the end by itself.
        }
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
}
