import Foundation
import Synchronization

/// A model that was asked and did not answer, before anything was shown.
struct FailedTry: Sendable, Equatable, Encodable {
    var provider: String
    var model: String
    /// Nil when the worker was lost that asked it: what became of the call nobody knows, and what it cost is estimated.
    var error: InferenceError?

    private enum CodingKeys: String, CodingKey { case provider, model, error }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(provider, forKey: .provider)
        try container.encode(model, forKey: .model)
        try container.encode(error?.kind.rawValue ?? "interrupted", forKey: .error)
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
    /// Who was asked for this step before, beside those of ``RunProgress/State/tries``, by workers that were lost before anything was shown; and
    /// bytes that each of these calls sent.
    var lost: [FailedTry] = []
    var lostSize = 0
    /// Where the answer stands, of a provider that keeps it; and what of it was told.
    var position: AnswerPosition?
    var told = ToldAnswer()
    /// What came with the end of such an answer. It is told together with the step's, so that the log never stands between the two.
    var tail: [RunEvent] = []
    /// An earlier attempt has told a part of the answer.
    var hadOutput = false

    init(step: Int) {
        self.step = step
    }

    /// A call that an earlier attempt made.
    init(_ recorded: RecordedStep) {
        self.init(step: recorded.number)
        usage = recorded.usage
        text = recorded.text
        tools = recorded.tools
        told = recorded.told
        ending = recorded.ending
        hadOutput = recorded.hasOutput
    }

    /// What is to be told before the step's end.
    ///
    /// - Parameter addsTotal: The run's provider adds up totals, as far as is known from other steps.
    func untold(addsTotal: Bool = false) -> [RunEvent] {
        tail + [earlyUsage, lostUsage(addsTotal: addsTotal)].compactMap { $0.map(RunEvent.usage) }
    }

    /// What is taken for the calls that were lost.
    func lostUsage(addsTotal: Bool = false) -> TokenUsage? {
        UsageEstimate.lost(lost.count, sent: lostSize, addsTotal: addsTotal || usage.total != nil)
    }

    /// Whether the provider had no chance to count the call to its end: it was cut, by us or on its way, or failed in the middle of its
    /// answer. A provider that came to an end and counted nothing is taken at its word.
    var isCut: Bool {
        switch ending?.outcome {
        case nil: true
        case .completed?, .incomplete(.maxOutputTokens)?, .incomplete(.contentFilter)?: false
        case .incomplete?: true
        case .failed?: firstOutput != nil || hadOutput
        }
    }

    /// The answer broke off, and its provider has said nothing of an end: one that keeps it may be at it still.
    var isBroken: Bool {
        switch ending?.outcome {
        case .incomplete(.truncated)?, .incomplete(.interrupted)?: ending?.finish == nil
        default: false
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
        /// Who was asked in vain for the first step.
        var tries: [FailedTry]
        /// The call under way, or the one whose step is not written down yet.
        var call: ModelCall?
        var firstOutput: FirstOutput?
        /// Events were given to the log.
        var hasBegun = false
        /// When the run's first event was, of whichever attempt; nil before it, and where nobody knows.
        var begunAt: Date?
        /// The newest step that has shown something.
        var shownStep = 0
        /// The run's first output was an earlier attempt's.
        var hadOutput = false

        func tries(of call: ModelCall) -> [FailedTry] { (call.step == 1 ? tries : []) + call.lost }
    }

    let state: Mutex<State>
    /// Rings when a step shows its first output.
    let shown = Doorbell()

    /// - Parameter begunAt: When an earlier attempt showed the first event.
    init(_ plan: RunPlan, after continuation: RunContinuation? = nil, begunAt: Date? = nil) {
        var first = State(candidate: plan.first, tries: plan.unanswered)
        if let continuation {
            first = State(candidate: continuation.candidate, tries: [])
            first.hasBegun = true
            first.hadOutput = true
        }
        first.begunAt = begunAt
        state = Mutex(first)
    }

    var current: State { state.withLock { $0 } }

    /// - Parameters:
    ///   - lost: Calls for the same step that were lost with their workers.
    ///   - size: Bytes that each of these sent.
    func begin(_ candidate: RunPlan.Candidate, step: Int, lost: [FailedTry] = [], size: Int = 0) {
        state.withLock { state in
            state.candidate = candidate
            state.call = ModelCall(step: step)
            state.call?.lost = lost
            state.call?.lostSize = size
        }
    }

    /// A step that an earlier attempt took, or began, is the call under way.
    @discardableResult
    func recall(_ step: RecordedStep, at position: AnswerPosition? = nil, lost: [FailedTry] = [], size: Int = 0) -> ModelCall {
        var call = ModelCall(step)
        call.position = position
        call.lost = lost
        call.lostSize = size
        state.withLock { $0.call = call }
        return call
    }

    /// Something is about to be shown; true when it is the first of the run.
    func begins() -> Bool {
        state.withLock { $0.begin() }
    }

    /// Takes the call's end back where the connection broke and the provider has the rest; nil where it has none.
    func reopen() -> KeptAnswer? {
        state.withLock { state -> KeptAnswer? in
            guard let call = state.call, call.isBroken, call.tail.isEmpty, let position = call.position, position.isPlaced else { return nil }
            state.call?.ending = nil
            return KeptAnswer(position: position, told: call.told)
        }
    }

    /// The rest of the answer could not be read.
    func interrupt() -> ModelCall? {
        state.withLock { state -> ModelCall? in
            state.call?.ending?.outcome = .incomplete(.interrupted)
            return state.call
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
        /// Show them. `begins`: nothing was shown before. `position`: where the answer stands behind them.
        case show([RunEvent], begins: Bool, position: AnswerPosition?)
    }

    /// Takes an event of the call under way.
    ///
    /// - Parameter acceptedAt: The run's acceptance, milliseconds since 1970.
    func receive(_ event: ProviderEvent, acceptedAt: Int64) -> Reception {
        let (reception, isFirstOutput) = state.withLock { $0.receive(event, acceptedAt: acceptedAt) }
        if isFirstOutput { shown.ring() }
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
        guard case .group(let events, let position) = event else {
            let shown = take(event)
            return show(shown.map { [$0] } ?? [], at: nil, acceptedAt)
        }
        var shown: [RunEvent] = []
        for event in events { if let event = take(event) { shown.append(event) } }
        call?.position = position
        for event in shown { call?.told.take(event) }
        guard let ending = call?.ending else { return show(shown, at: position, acceptedAt) }
        // An answer that failed as a whole has shown nothing: it may be asked for again.
        if case .failed = ending.outcome { shown.removeAll(where: \.isModelOutput) }
        call?.tail = shown
        return (.keep, noteOutput(among: shown, acceptedAt))
    }

    /// Notes what an event of the provider says; returns what is to be shown of it.
    private mutating func take(_ event: ProviderEvent) -> RunEvent? {
        switch event {
        case .chunk(let chunk):
            if chunk.channel == .text { call?.text += chunk.text }
            return .chunk(chunk)
        case .toolCallDelta(let delta): return .toolCallDelta(delta)
        case .toolCall(let tool):
            call?.tools.append(tool)
            return .toolCall(tool)
        case .usage(let usage):
            call?.usage.add(usage)
            if hasBegun { return .usage(usage) }
            call?.earlyUsage = usage
            return nil
        case .ended(let ending):
            call?.ending = ending
            return nil
        case .group: return nil
        }
    }

    private mutating func show(
        _ events: [RunEvent], at position: AnswerPosition?, _ acceptedAt: Int64
    ) -> (RunProgress.Reception, isFirstOutput: Bool) {
        guard !events.isEmpty else { return (.keep, false) }
        let begins = begin()
        return (.show(events, begins: begins, position: position), noteOutput(among: events, acceptedAt))
    }

    /// Something is about to be shown; true when it is the first of the run.
    fileprivate mutating func begin() -> Bool {
        guard !hasBegun else { return false }
        hasBegun = true
        if begunAt == nil { begunAt = Date() }
        return true
    }

    /// True for the first output of a step.
    private mutating func noteOutput(among events: [RunEvent], _ acceptedAt: Int64) -> Bool {
        guard let called = call?.calledInstant, call?.firstOutput == nil, events.contains(where: \.isModelOutput) else { return false }
        let sinceCall = called.duration(to: .now)
        call?.firstOutput = sinceCall
        shownStep = call?.step ?? shownStep
        if firstOutput == nil, !hadOutput {
            let sinceAcceptance = Date().timeIntervalSince1970 - Double(acceptedAt) / 1_000
            firstOutput = FirstOutput(sinceAcceptance: .seconds(max(0, sinceAcceptance)), sinceCall: sinceCall)
        }
        return true
    }
}
