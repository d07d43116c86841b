package import Foundation

/// Where a run is. `queued` has no row: the engine and the run log know of it.
package enum RunState: String, Sendable, Equatable, CaseIterable {
    case queued
    case running
    case completed
    case incomplete
    case failed
    case cancelled

    package var isFinished: Bool {
        switch self {
        case .queued, .running: false
        case .completed, .incomplete, .failed, .cancelled: true
        }
    }
}

/// A run as its row tells it.
package struct Run: Sendable, Equatable {
    package var id: UUID
    package var state: RunState
    package var epoch: UInt64
    package var attempts: Int
    package var provider: String
    package var model: String
    package var agent: String?
    package var metadata: [String: String]
    package var acceptedAt: Date
    package var startedAt: Date
    package var firstEventAt: Date?
    package var finishedAt: Date?
    /// Milliseconds from acceptance to the model's first output.
    package var ttftMilliseconds: Double?
    package var usage: TokenUsage
    /// US dollars; nil when nobody knows the whole of it.
    package var cost: Double?
    package var finish: FinishReason?
    package var incompleteReason: IncompleteReason?
    package var errorKind: InferenceError.Kind?
    package var errorMessage: String?
    /// As the run's last event says: the provider's own word, where it had one. Nil where no error is.
    package var isErrorRetryable: Bool?
    package var text: String
    package var refusal: String
    package var isCancelRequested: Bool
}

/// What an attempt learns when it claims a run.
struct RunClaim: Sendable, Equatable {
    var epoch: UInt64
    var attempts: Int
    /// An earlier attempt has shown something to clients, for the first time at that moment. Nil where the row does not know of it.
    var firstEventAt: Date?
    var hadOutput: Bool { firstEventAt != nil }
    /// The newest step of which the row knows that it has shown something; 0 where it knows of none.
    var shownStep: Int
    /// Earlier attempts, by their epochs, that may have asked a model and told nobody what became of the call.
    var unsettled: [UInt64]
    var isCancelRequested: Bool
}

/// How a run ended, as its row keeps it.
struct RunOutcome: Sendable, Equatable {
    var state: RunState
    var transcript: RunTranscript
    var incompleteReason: IncompleteReason?
    var error: InferenceError?
    var archive: [UInt8]
    var firstOutput: FirstOutput?
    /// The last step, where it is not written down yet.
    var step: RunStep?
    /// US dollars; nil when nobody knows the whole of it.
    var cost: Double?
    var costSource: CostSource?
    /// Calls of models that were made once more, for the worker of the first was lost before anything was shown.
    var repeatedCalls = 0
    /// When the first event was shown; nil where nobody knows.
    var begunAt: Date?
}

/// When the model said its first word.
struct FirstOutput: Sendable, Equatable {
    /// Since the run was accepted, its time in the queue included.
    var sinceAcceptance: Duration
    /// Since the provider was called.
    var sinceCall: Duration
}

/// One call of the model, as its row keeps it.
struct RunStep: Sendable, Equatable {
    var number: Int
    var state: RunState
    var startedAt: Date
    var finishedAt: Date
    var firstOutput: Duration?
    var usage: TokenUsage
    var finish: FinishReason?
    var missingDone: Bool
    /// Models that were asked before the one that the step names.
    var tries: [FailedTry] = []
}
