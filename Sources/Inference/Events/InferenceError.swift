import Jobs

/// What went wrong with an answer, in one vocabulary for all providers.
///
/// Its wire form inside `run.failed` is `{"kind","message","retryable","provider?","status?","code?","retry_after_ms?"}`.
package struct InferenceError: Error, Sendable, Equatable {
    /// The vocabulary. Whether a fresh attempt can help is a property of the kind, written in ``isRetryable`` and nowhere else, unless the
    /// provider itself says (``InferenceError/shouldRetry``).
    package enum Kind: String, Sendable, Equatable, CaseIterable {
        /// The request can never work as it is.
        case invalidRequest = "invalid_request"
        /// Prompt and answer do not fit the model's window.
        case contextLengthExceeded = "context_length_exceeded"
        case requestTooLarge = "request_too_large"
        /// The provider does not accept our credentials.
        case authentication
        case permissionDenied = "permission_denied"
        /// Credit or quota is used up: waiting does not help, paying does.
        case paymentRequired = "payment_required"
        /// No such model or agent.
        case notFound = "not_found"
        /// The provider's policy forbids the prompt.
        case contentPolicy = "content_policy"
        case rateLimited = "rate_limited"
        case overloaded
        /// Not reachable, or out of service.
        case unavailable
        case serverError = "server_error"
        /// A deadline of ours or of the provider passed; `code` says which.
        case timeout
        /// The connection failed before there was an answer.
        case connection
        /// What arrived is not the format it claims to be.
        case invalidResponse = "invalid_response"
        /// A fault of this service.
        case internalError = "internal_error"

        /// True when the same request may succeed later.
        package var isRetryable: Bool {
            switch self {
            case .invalidRequest, .contextLengthExceeded, .requestTooLarge, .authentication, .permissionDenied, .paymentRequired, .notFound,
                .contentPolicy:
                false
            case .rateLimited, .overloaded, .unavailable, .serverError, .timeout, .connection, .invalidResponse, .internalError:
                true
            }
        }
    }

    /// Whether another provider may answer where this one failed so: it has an own account, own models and an own state. What is
    /// wrong with the request is wrong everywhere, and a policy is not gone around.
    package var allowsFallback: Bool {
        switch kind {
        case .invalidRequest, .contextLengthExceeded, .requestTooLarge, .contentPolicy, .internalError: false
        case .authentication, .permissionDenied, .paymentRequired, .notFound, .rateLimited, .overloaded, .unavailable, .serverError, .timeout,
            .connection, .invalidResponse:
            true
        }
    }

    package var kind: Kind
    /// One sentence for a person, without secrets; at most ``messageLimit`` characters of a provider's text.
    package var message: String
    /// The configured name of the provider.
    package var provider: String?
    /// The HTTP status, when there was one.
    package var status: Int?
    /// The provider's own code or type, unchanged; for a ``Kind/timeout`` of ours `header_wait`, `first_token` or `idle`.
    package var code: String?
    /// How long the provider asks to be left alone.
    package var retryAfter: Duration?
    /// The provider's own word on trying again, where it differs from what the kind says.
    package private(set) var shouldRetry: Bool?

    package init(
        _ kind: Kind, _ message: String, provider: String? = nil, status: Int? = nil, code: String? = nil, retryAfter: Duration? = nil,
        shouldRetry: Bool? = nil
    ) {
        self.kind = kind
        self.message = message.count > Self.messageLimit ? String(message.prefix(Self.messageLimit)) + "…" : message
        self.provider = provider
        self.status = status
        self.code = code
        self.retryAfter = retryAfter
        self.shouldRetry = shouldRetry == kind.isRetryable ? nil : shouldRetry
    }

    /// A provider's message may repeat the prompt; an event should not.
    package static let messageLimit = 500

    /// Whether the same request may succeed later.
    package var isRetryable: Bool { shouldRetry ?? kind.isRetryable }
}

extension InferenceError {
    /// The end of a run that has shown nothing in all the time that a run may take.
    static func outOfTime(provider: String?) -> InferenceError {
        InferenceError(.timeout, "The run took longer than a run may.", provider: provider, code: "run")
    }

    /// It is ``outOfTime(provider:)``: a client that asks again waits as long again.
    var isOutOfTime: Bool { kind == .timeout && code == "run" }

    /// The end of a run whose job is dead, in the same words for every reader.
    static func givenUp(after attempts: Int) -> InferenceError {
        InferenceError(.internalError, "The run was given up after \(attempts) attempts.", code: "dead")
    }
}

// The engine waits as long as the provider asks before it tries a run again.
extension InferenceError: RetryAdvice {}

extension InferenceError: CustomStringConvertible {
    package var description: String {
        var text = kind.rawValue
        if let provider { text += " from \(provider)" }
        if let status { text += " (HTTP \(status))" }
        if let code { text += " [\(code)]" }
        return "\(text): \(message)"
    }
}
