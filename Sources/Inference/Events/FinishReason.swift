/// Why a model stopped: one word for all providers, and the provider's own beside it.
package struct FinishReason: Sendable, Equatable {
    /// The words that all providers are mapped to.
    package enum Unified: String, Sendable, Equatable, CaseIterable {
        /// The model was done.
        case stop
        /// The bound on output tokens was reached.
        case length
        /// The model waits for results of tools.
        case toolCalls = "tool_calls"
        /// A filter cut the answer.
        case contentFilter = "content_filter"
        /// The model refused, in words on the refusal channel.
        case refusal
        /// The provider reported an error as a finish.
        case error
        /// A word that this version does not know.
        case other
    }

    package var unified: Unified
    /// The provider's word, unchanged; nil when there was none.
    package var raw: String?
    /// Which of the texts of `stop` ended the answer; nil for any other end, and where the provider does not tell.
    package var stopSequence: String?

    package init(_ unified: Unified, raw: String?, stopSequence: String? = nil) {
        self.unified = unified
        self.raw = raw
        self.stopSequence = stopSequence
    }
}

/// Why an answer is not whole.
package enum IncompleteReason: String, Sendable, Equatable, CaseIterable {
    /// The bound on output tokens was reached; the last tool call, if any, may be cut.
    case maxOutputTokens = "max_output_tokens"
    /// A filter of the provider cut the answer.
    case contentFilter = "content_filter"
    /// The provider's stream ended before the model finished.
    case truncated
    /// The worker was lost after it had shown a part of the answer, and nobody could go on with it exactly; what is shown is never begun
    /// again.
    case interrupted
    /// The run took longer than a run may.
    case timeLimit = "time_limit"
    /// The model still wanted results of tools, and the run had no step left.
    case maxSteps = "max_steps"
    /// The client did not post the results that the run waited for.
    case toolTimeout = "tool_timeout"
}

/// Tokens as the provider counted them, or as they were estimated. No sum is assumed to agree: providers count reasoning inside or beside
/// the output.
package struct TokenUsage: Sendable, Equatable {
    /// All of the input, with what came from a cache and what went into one, also where a provider counts these beside it.
    package var input: Int?
    package var output: Int?
    package var total: Int?
    /// Part of the input that came from the provider's cache.
    package var cachedInput: Int?
    /// Tokens of reasoning, as far as the provider tells.
    package var reasoningOutput: Int?
    /// Part of the input that the provider put into its cache.
    package var cacheWriteInput: Int?
    /// What the provider says that the call costs, in US dollars.
    package var cost: Double?
    /// It is no provider's count, or holds what is none: see ``UsageEstimate``.
    package var isEstimated: Bool

    /// More than any call has, and few enough to be added up: a count is another machine's word.
    private static let most = 1_000_000_000_000

    package init(
        input: Int? = nil, output: Int? = nil, total: Int? = nil, cachedInput: Int? = nil, reasoningOutput: Int? = nil,
        cacheWriteInput: Int? = nil, cost: Double? = nil, isEstimated: Bool = false
    ) {
        self.input = input.map { min(max(0, $0), Self.most) }
        self.output = output.map { min(max(0, $0), Self.most) }
        self.total = total.map { min(max(0, $0), Self.most) }
        self.cachedInput = cachedInput.map { min(max(0, $0), Self.most) }
        self.reasoningOutput = reasoningOutput.map { min(max(0, $0), Self.most) }
        self.cacheWriteInput = cacheWriteInput.map { min(max(0, $0), Self.most) }
        self.cost = cost.map { $0.isFinite ? min(max(0, $0), 1_000_000) : 0 }
        self.isEstimated = isEstimated
    }

    /// True when nobody counted or estimated anything.
    package var isEmpty: Bool { self == TokenUsage() }
}
