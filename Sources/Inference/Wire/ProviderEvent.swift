/// What a provider's decoder says about one call of the model: the same words as a run's events, without the run around them.
///
/// A stream of these ends with exactly one ``ended(_:)``, and nothing follows it.
package enum ProviderEvent: Sendable, Equatable {
    case chunk(StreamChunk)
    case toolCallDelta(ToolCallDelta)
    /// A whole call; all of them come after the last delta.
    case toolCall(ToolCall)
    case usage(TokenUsage)
    case ended(StepEnding)
    /// Events that came as one, and where the answer stands behind them: who notes the position has told all of them, or none. Only of a
    /// provider that was asked to keep its answer (``ProviderRequest/isKept``). There are no groups in a group; one without events
    /// tells that the answer has a position now.
    case group([ProviderEvent], AnswerPosition)
}

/// How one call of the model ended. A stream that was cut is never ``Outcome/completed``.
package struct StepEnding: Sendable, Equatable {
    package enum Outcome: Sendable, Equatable {
        case completed
        case incomplete(IncompleteReason)
        case failed(InferenceError)
    }

    package var outcome: Outcome
    /// The finish that the provider reported, if it reported one.
    package var finish: FinishReason?
    /// The answer was finished, the stream's end marker never came.
    package var missingDone: Bool

    package init(_ outcome: Outcome, finish: FinishReason? = nil, missingDone: Bool = false) {
        self.outcome = outcome
        self.finish = finish
        self.missingDone = missingDone
    }
}
