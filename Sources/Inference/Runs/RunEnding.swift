/// How a run ends, before it is written down.
struct RunEnding: Sendable, Equatable {
    enum Outcome: Sendable, Equatable {
        case completed
        case incomplete(IncompleteReason)
        case failed(InferenceError)
        case cancelled
    }

    var outcome: Outcome
    var finish: FinishReason?
    var missingDone: Bool

    init(_ outcome: Outcome, finish: FinishReason? = nil, missingDone: Bool = false) {
        self.outcome = outcome
        self.finish = finish
        self.missingDone = missingDone
    }

    /// The run's end by the end of its last step.
    init(_ step: StepEnding) {
        switch step.outcome {
        case .completed: self.init(.completed, finish: step.finish, missingDone: step.missingDone)
        case .incomplete(let reason): self.init(.incomplete(reason), finish: step.finish, missingDone: step.missingDone)
        case .failed(let error): self.init(.failed(error), finish: step.finish, missingDone: step.missingDone)
        }
    }

    var state: RunState {
        switch outcome {
        case .completed: .completed
        case .incomplete: .incomplete
        case .failed: .failed
        case .cancelled: .cancelled
        }
    }

    var incompleteReason: IncompleteReason? {
        if case .incomplete(let reason) = outcome { reason } else { nil }
    }

    var error: InferenceError? {
        if case .failed(let error) = outcome { error } else { nil }
    }

    /// The run's terminal event.
    func event(usage: TokenUsage) -> RunEvent {
        let counted = usage.isEmpty ? nil : usage
        return switch outcome {
        case .completed: .completed(finish: finish ?? FinishReason(.other, raw: nil), usage: counted)
        case .incomplete(let reason): .incomplete(reason: reason, finish: finish, usage: counted)
        case .failed(let error): .failed(error)
        case .cancelled: .cancelled
        }
    }
}
