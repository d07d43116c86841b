import Foundation
import Synchronization

/// A model that was asked and did not answer, before anything was shown.
struct FailedTry: Sendable, Equatable, Encodable {
    var provider: String
    var model: String
    var error: InferenceError

    private enum CodingKeys: String, CodingKey { case provider, model, error }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(provider, forKey: .provider)
        try container.encode(model, forKey: .model)
        try container.encode(error.kind.rawValue, forKey: .error)
    }
}

/// One call of the model, as far as it has come.
struct ModelCall: Sendable {
    let step: Int
    let calledAt = Date()
    let calledInstant = ContinuousClock.now
    /// What was handed to the provider's adapter; nil until then. From there on the provider may count.
    var request: ProviderRequest?
    /// From the call to the model's first output.
    var firstOutput: Duration?
    /// Counted before the run had begun: it is told with the end, for a count alone begins no answer.
    var earlyUsage: TokenUsage?
    var usage = TokenUsage()
    /// The text of the answer: what the model is shown of itself in the next step.
    var text = ""
    var tools: [ToolCall] = []
    var ending: StepEnding?

    init(step: Int) {
        self.step = step
    }

    /// Whether the provider had no chance to count the call to its end: it was cut, by us or on its way, or failed in the middle of its
    /// answer. A provider that came to an end and counted nothing is taken at its word.
    var isCut: Bool {
        switch ending?.outcome {
        case nil: true
        case .completed?, .incomplete(.maxOutputTokens)?, .incomplete(.contentFilter)?: false
        case .incomplete?: true
        case .failed?: firstOutput != nil
        }
    }

    /// As a message of the conversation.
    var message: RunMessage {
        RunMessage(
            .assistant, text, toolCalls: tools.map { RunMessage.Call(id: $0.id, name: $0.name, arguments: $0.arguments) })
    }
}

/// What an attempt has come to; written by the task that converses, read by the attempt's.
final class RunProgress: Sendable {
    struct State: Sendable {
        /// Who is asked.
        var candidate: RunPlan.Candidate
        /// Who was asked in vain.
        var tries: [FailedTry]
        /// The call under way, or the one whose step is not written down yet.
        var call: ModelCall?
        var firstOutput: FirstOutput?
        /// Events were given to the log.
        var hasBegun = false
    }

    let state: Mutex<State>
    let firstOutput = Doorbell()

    init(_ plan: RunPlan) {
        state = Mutex(State(candidate: plan.first, tries: plan.unanswered))
    }

    var current: State { state.withLock { $0 } }

    func begin(_ candidate: RunPlan.Candidate, step: Int) {
        state.withLock { state in
            state.candidate = candidate
            state.call = ModelCall(step: step)
        }
    }

    /// The call under way is made, with this request.
    func ask(_ request: ProviderRequest) {
        state.withLock { $0.call?.request = request }
    }

    /// What to do with an event of the provider.
    enum Reception: Sendable {
        /// Nothing: it is kept for the end.
        case keep
        /// Show it. `begins`: nothing was shown before it.
        case show(RunEvent, begins: Bool)
    }

    /// Takes an event of the call under way.
    ///
    /// - Parameter acceptedAt: The run's acceptance, milliseconds since 1970.
    func receive(_ event: ProviderEvent, acceptedAt: Int64) -> Reception {
        let (reception, isFirstOutput) = state.withLock { $0.receive(event, acceptedAt: acceptedAt) }
        if isFirstOutput { firstOutput.ring() }
        return reception
    }

    /// The candidate under way failed and showed nothing.
    func fail(_ error: InferenceError) {
        state.withLock { state in
            state.tries.append(FailedTry(provider: state.candidate.provider, model: state.candidate.model, error: error))
            state.call = nil
        }
    }

    /// The step of the call was written down.
    func close() {
        state.withLock { $0.call = nil }
    }
}

extension RunProgress.State {
    fileprivate mutating func receive(_ event: ProviderEvent, acceptedAt: Int64) -> (RunProgress.Reception, isFirstOutput: Bool) {
        let shown: RunEvent
        switch event {
        case .chunk(let chunk):
            if chunk.channel == .text { call?.text += chunk.text }
            shown = .chunk(chunk)
        case .toolCallDelta(let delta): shown = .toolCallDelta(delta)
        case .toolCall(let tool):
            call?.tools.append(tool)
            shown = .toolCall(tool)
        case .usage(let usage):
            call?.usage.add(usage)
            if !hasBegun {
                call?.earlyUsage = usage
                return (.keep, false)
            }
            shown = .usage(usage)
        case .ended(let ending):
            call?.ending = ending
            return (.keep, false)
        }
        let begins = !hasBegun
        hasBegun = true
        guard shown.isModelOutput, let called = call?.calledInstant else { return (.show(shown, begins: begins), false) }
        let sinceCall = called.duration(to: .now)
        if call?.firstOutput == nil { call?.firstOutput = sinceCall }
        guard firstOutput == nil else { return (.show(shown, begins: begins), false) }
        let sinceAcceptance = Date().timeIntervalSince1970 - Double(acceptedAt) / 1_000
        firstOutput = FirstOutput(sinceAcceptance: .seconds(max(0, sinceAcceptance)), sinceCall: sinceCall)
        return (.show(shown, begins: begins), true)
    }
}
