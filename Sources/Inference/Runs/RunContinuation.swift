/// Where a run whose worker was lost is gone on with, as its log tells it: what was told stands, nothing of it is told again, and what
/// follows is what would have followed.
///
/// ```
/// step.started ──▶ what the model says ──▶ step.finished ──▶ tool.result …, run.paused ──▶ step.started ──▶ …
/// └─── ask ───┘    └───── answer ─────┘    └────────────── finished ─────────────────┘
/// ```
///
/// - *ask*: the step has shown nothing yet, so its model is asked again.
/// - *finished*: the step's calls are carried out as far as they have no result, and the next step begins; without calls the run ends.
/// - *answer*: the model was in mid-answer. A provider that keeps it has the rest, and is asked for what stands behind the log's anchor
///   (``RunAnchor``). Nobody else could end the sentence: then there is no continuation.
///
/// Whoever reads a log for this is its owner: the attempts before it are fenced, so nothing is added meanwhile. The log has to be whole.
/// One that lost its beginning, has a gap, holds what this version does not know or was not written to be gone on with (an attempt
/// of a release that knows no policy) gives none.
struct RunContinuation: Sendable, Equatable {
    enum Point: Sendable, Equatable {
        case ask
        case answer(KeptAnswer)
        case finished
    }

    let started: RunStarted
    /// The steps before the one in which the run goes on: whole, and each of their calls with a result.
    let earlier: [RecordedStep]
    let current: RecordedStep
    let point: Point
    /// Results as the model is to be told them, by step and call, where they are kept beside the log.
    var kept: [Int: [Int: ToolOutcome]] = [:]

    var step: Int { current.number }
    /// Steps that have ended.
    var finishedSteps: Int { earlier.count + (point == .finished ? 1 : 0) }
    /// Steps that have shown something.
    var shownSteps: Int { earlier.count + (point == .ask ? 0 : 1) }
    /// Who answers, also in the steps to come.
    var candidate: RunPlan.Candidate { RunPlan.Candidate(provider: started.provider, model: started.model) }

    /// The answer under way, of a provider that keeps it.
    var position: AnswerPosition? {
        if case .answer(let kept) = point { kept.position } else { nil }
    }

    /// Nil where a run is not gone on with.
    init?(_ log: some Collection<RunLogEntry>, anchor: RunAnchor? = nil) {
        guard let (started, steps) = Self.read(log), started.onInterruption == .continue, let current = steps.last else { return nil }
        earlier = Array(steps.dropLast())
        guard earlier.allSatisfy({ $0.finished != nil && $0.isAnswered }) else { return nil }
        if current.finished != nil {
            guard current.ending != nil else { return nil }
            point = .finished
        } else if !current.hasOutput {
            point = .ask
        } else {
            // A whole call or a count come with the end of an answer: behind them there is no rest.
            guard let anchor, anchor.step == current.number, anchor.position.isPlaced, current.tools.isEmpty, current.usage.isEmpty else {
                return nil
            }
            point = .answer(KeptAnswer(position: anchor.position, told: current.told))
        }
        self.started = started
        self.current = current
    }

    private static func read(_ log: some Collection<RunLogEntry>) -> (RunStarted, [RecordedStep])? {
        var last: RunEventID?
        var started: RunStarted?
        var steps: [RecordedStep] = []
        for entry in log {
            // Numbers are dense within an attempt, and each attempt begins with 1.
            let beginsAttempt = entry.id.number == 1 && entry.id.epoch > (last?.epoch ?? 0)
            guard beginsAttempt || entry.id.follows(last), let event = (try? RunEvent(payload: entry.payload)) ?? nil else { return nil }
            last = entry.id
            switch event {
            case .runStarted(let told):
                guard started == nil else { return nil }
                started = told
            case .stepStarted(let step):
                guard step == steps.count + 1 else { return nil }
                steps.append(RecordedStep(number: step))
            case .resumed: if let last = steps.indices.last { steps[last].resume() }
            case .memoryWritten: break
            case .completed, .incomplete, .failed, .cancelled: return nil
            case .chunk, .toolCallDelta, .toolCall, .usage, .stepFinished, .toolResult, .paused:
                guard !steps.isEmpty, steps[steps.count - 1].take(event) else { return nil }
            }
        }
        return started.map { ($0, steps) }
    }

    // MARK: The conversation

    /// What a step of the log adds to the conversation: the model's words, and a result for each call that has one.
    func messages(of step: RecordedStep) -> [RunMessage] {
        let outcomes = outcomes(of: step)
        let calls = step.tools.sorted { $0.index < $1.index }
        return [ModelCall(step).message] + calls.compactMap { call in outcomes[call.index]?.message(for: call) }
    }

    /// What the calls of a step came to, by index, as far as it was told.
    func outcomes(of step: RecordedStep) -> [Int: ToolOutcome] {
        step.results.reduce(into: [:]) { outcomes, told in
            // An event holds the beginning of a long result; the whole is kept.
            outcomes[told.key] = kept[step.number]?[told.key] ?? ToolOutcome(output: told.value.output, isError: told.value.isError)
        }
    }
}
