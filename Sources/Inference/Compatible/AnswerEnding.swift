/// How an answer ended.
enum AnswerEnding: Sendable, Equatable {
    case completed(FinishReason)
    case incomplete(IncompleteReason, FinishReason?)
    case failed(InferenceError)
    case cancelled

    /// Nil for an answer that another API can tell as what it is: whole, or cut by a bound or a filter that its clients know a word for.
    /// Everything else is an error to them: a run that was cut is never told as an answer.
    var fault: AnswerFault? {
        switch self {
        case .completed, .incomplete(.maxOutputTokens, _), .incomplete(.contentFilter, _): nil
        case .incomplete(let reason, _): AnswerFault(reason)
        case .failed(let error): AnswerFault(error)
        case .cancelled: .cancelled
        }
    }

    /// The model's reason, where it gave one.
    var finish: FinishReason? {
        switch self {
        case .completed(let finish): finish
        case .incomplete(_, let finish): finish
        case .failed, .cancelled: nil
        }
    }
}
