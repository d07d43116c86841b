import Foundation

/// An error as providers write it, before the stream or inside it.
///
/// `{"message","type","param","code"}` at OpenAI, `{"type","message"}` at Anthropic; an integer `code`, `metadata.error_type` and
/// `availability` at OpenRouter; a bare string elsewhere.
struct ProviderFault: Decodable, Equatable {
    var message: String
    var type: String?
    /// A number is kept as its digits.
    var code: String?
    /// An HTTP status that the error itself names.
    var status: Int?
    /// How long to wait, where the error itself says so.
    var retryAfter: Duration?
    /// Whether trying again can help, where the error itself says so.
    var shouldRetry: Bool?

    init(
        message: String, type: String? = nil, code: String? = nil, status: Int? = nil, retryAfter: Duration? = nil, shouldRetry: Bool? = nil
    ) {
        self.message = message
        self.type = type
        self.code = code
        self.status = status
        self.retryAfter = retryAfter
        self.shouldRetry = shouldRetry
    }

    init(from decoder: any Decoder) throws {
        if let text = try? decoder.singleValueContainer().decode(String.self) {
            self.init(message: text)
            return
        }
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let message = (try? container.decode(String.self, forKey: .message)) ?? ""
        var type = try? container.decode(String.self, forKey: .type)
        var code = try? container.decode(String.self, forKey: .code)
        var status: Int?
        if code == nil, let number = try? container.decode(Int.self, forKey: .code) {
            code = String(number)
            if (400...599).contains(number) { status = number }
        }
        if let metadata = try? container.decode(Metadata.self, forKey: .metadata), let errorType = metadata.errorType { type = errorType }
        let availability =
            (try? container.decode(Availability.self, forKey: .availability))
            ?? (try? container.decode(AvailabilityHolder.self, forKey: .metadata))?.availability
        self.init(
            message: message, type: type, code: code, status: status, retryAfter: availability?.wait, shouldRetry: availability?.retryable)
    }

    /// Nothing told: an `error` member that is an empty object or an empty string is how some providers say "no error".
    var isEmpty: Bool { message.isEmpty && type == nil && code == nil }

    private enum CodingKeys: String, CodingKey { case message, type, code, metadata, availability }

    private struct Metadata: Decodable {
        var errorType: String?
        enum CodingKeys: String, CodingKey { case errorType = "error_type" }
    }

    /// Read apart from the rest of the metadata, so that an oddity in one does not hide the other.
    private struct AvailabilityHolder: Decodable {
        var availability: Availability?
    }

    private struct Availability: Decodable {
        var retryable: Bool?
        /// In seconds.
        var retryAfter: Double?

        enum CodingKeys: String, CodingKey {
            case retryable
            case retryAfter = "retry_after"
        }

        var wait: Duration? {
            guard let retryAfter, retryAfter.isFinite, retryAfter >= 0 else { return nil }
            return min(.seconds(min(retryAfter, 1e6)), RetryAfter.maximum)
        }
    }
}

extension ProviderFault {
    /// Types that stand beside a more telling code or status: they are asked last.
    private static let vagueTypes: Set<String> = ["invalid_request_error", "api_error", "server_error", "server"]

    /// The fault in our vocabulary: the most telling word first (code, then type), then the HTTP status, then a fault of the server.
    ///
    /// - Parameters:
    ///   - httpStatus: Of a refused call. An error inside a stream has none: the 200 in front of it tells nothing.
    ///   - retryAfter: From the response's headers; wins over the error's own.
    ///   - shouldRetry: Likewise.
    func error(status httpStatus: Int? = nil, retryAfter: Duration? = nil, shouldRetry: Bool? = nil) -> InferenceError {
        let status = httpStatus.flatMap { $0 >= 400 ? $0 : nil } ?? status
        let typeKind = type.flatMap(InferenceError.Kind.init(providerWord:))
        let isVague = type.map(Self.vagueTypes.contains) ?? true
        let kind =
            code.flatMap(InferenceError.Kind.init(providerWord:)) ?? (isVague ? nil : typeKind)
            ?? status.flatMap(InferenceError.Kind.init(status:)) ?? typeKind ?? .serverError
        let text = message.isEmpty ? "The provider reported an error without a message." : message
        return InferenceError(
            kind, text, status: httpStatus ?? status, code: code ?? type, retryAfter: retryAfter ?? self.retryAfter,
            shouldRetry: shouldRetry ?? self.shouldRetry)
    }
}

extension InferenceError.Kind {
    /// The kind for a provider's error code or type; nil for an unknown word. It covers the tables of OpenAI (codes and types, of both its
    /// formats), Anthropic (types) and OpenRouter (`error_type`).
    init?(providerWord word: String) {
        switch word {
        case "context_length_exceeded", "max_tokens_exceeded", "token_limit_exceeded", "model_context_window_exceeded":
            self = .contextLengthExceeded
        case "string_too_long", "invalid_request", "invalid_request_error", "invalid_prompt", "precondition_failed", "unprocessable",
            "invalid_image", "image_too_large", "image_too_small", "unsupported_image_format", "image_not_found", "image_download_failed",
            "unsupported_parameter", "unsupported_value", "empty_array", "missing_required_parameter", "invalid_image_format",
            "invalid_base64_image", "invalid_image_url", "image_parse_error", "invalid_image_mode", "image_file_too_large",
            "unsupported_image_media_type", "empty_image_file", "failed_to_download_image", "image_file_not_found":
            self = .invalidRequest
        case "payload_too_large", "request_too_large": self = .requestTooLarge
        case "authentication", "authentication_error", "invalid_api_key": self = .authentication
        case "permission_denied", "permission_error", "unsupported_country_region_territory": self = .permissionDenied
        case "payment_required", "billing_error", "insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached":
            self = .paymentRequired
        case "not_found", "not_found_error", "model_not_found": self = .notFound
        case "content_policy_violation", "content_filter", "refusal", "image_content_policy_violation": self = .contentPolicy
        case "rate_limit_exceeded", "rate_limit_error", "requests", "tokens": self = .rateLimited
        case "provider_overloaded", "overloaded_error", "server_is_overloaded", "slow_down", "engine_overloaded": self = .overloaded
        case "provider_unavailable", "service_unavailable": self = .unavailable
        case "server", "server_error", "api_error", "internal_error", "unmapped": self = .serverError
        case "timeout", "timeout_error", "vector_store_timeout": self = .timeout
        default: return nil
        }
    }

    /// The kind for an HTTP status; nil below 400.
    init?(status: Int) {
        switch status {
        case ..<400: return nil
        case 401: self = .authentication
        case 402: self = .paymentRequired
        case 403: self = .permissionDenied
        case 404: self = .notFound
        case 408, 504: self = .timeout
        case 413: self = .requestTooLarge
        case 409, 425: self = .unavailable
        case 429: self = .rateLimited
        case 400..<500: self = .invalidRequest
        case 502, 503: self = .unavailable
        case 529: self = .overloaded
        default: self = .serverError
        }
    }
}
