import Web

/// What a provider says with a status, where the script leaves it open, and the shape of it.
struct ErrorWords: Sendable, Equatable {
    let type: String
    let code: String?
    let message: String
    private let error: EmulatorError
    private let kind: EmulatorKind

    init(_ error: EmulatorError, of kind: EmulatorKind) {
        let usual = Self.usual(error.status, kind)
        type = error.type ?? usual.type
        code = error.code ?? usual.code
        message = error.message ?? "The emulator was told to answer with an error, status \(error.status)."
        self.error = error
        self.kind = kind
    }

    /// The body of an answer.
    func body(requestID: String) -> JSONValue {
        switch kind {
        case .openai, .openrouter: ["error": inner]
        case .anthropic: ["type": "error", "error": inner, "request_id": .string(requestID)]
        }
    }

    /// What stands below `error`.
    var inner: JSONValue {
        switch kind {
        case .openai: ["message": .string(message), "type": .string(type), "param": .text(error.param), "code": .text(code)]
        case .anthropic: ["type": .string(type), "message": .string(message)]
        case .openrouter: ["code": .count(error.status), "message": .string(message), "metadata": ["error_type": .string(type)]]
        }
    }

    private static func usual(_ status: Int, _ kind: EmulatorKind) -> (type: String, code: String?) {
        switch kind {
        case .openai: openAI(status)
        case .anthropic: (anthropic(status), nil)
        case .openrouter: (openRouter(status), nil)
        }
    }

    private static func openAI(_ status: Int) -> (type: String, code: String?) {
        switch status {
        case 401: ("invalid_request_error", "invalid_api_key")
        case 403: ("invalid_request_error", "unsupported_country_region_territory")
        case 404: ("invalid_request_error", "model_not_found")
        case 429: ("requests", "rate_limit_exceeded")
        case 503: ("server_error", "server_is_overloaded")
        case 500...: ("server_error", "server_error")
        default: ("invalid_request_error", nil)
        }
    }

    private static func anthropic(_ status: Int) -> String {
        switch status {
        case 401: "authentication_error"
        case 402: "billing_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 413: "request_too_large"
        case 429: "rate_limit_error"
        case 504: "timeout_error"
        case 529: "overloaded_error"
        case 500...: "api_error"
        default: "invalid_request_error"
        }
    }

    private static func openRouter(_ status: Int) -> String {
        switch status {
        case 401: "authentication"
        case 402: "payment_required"
        case 403: "permission_denied"
        case 404: "not_found"
        case 408, 504: "timeout"
        case 413: "payload_too_large"
        case 422: "unprocessable"
        case 429: "rate_limit_exceeded"
        case 502: "provider_unavailable"
        case 503, 529: "provider_overloaded"
        case 500...: "server"
        default: "invalid_request"
        }
    }
}
