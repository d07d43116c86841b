import Foundation
import HTTPTypes
import Web

/// Why there is no whole answer, or none at all: one value, in the words of three APIs.
///
/// | what | status | OpenAI's `type` | Anthropic's `type` |
/// |---|---|---|---|
/// | the request is wrong | 400 | `invalid_request_error` | `invalid_request_error` |
/// | no token, or the provider refused ours | 401 | `invalid_request_error` | `authentication_error` |
/// | credit is used up | 402 | `insufficient_quota` | `billing_error` |
/// | not allowed | 403 | `permission_error` | `permission_error` |
/// | no such model, response, path | 404 | `invalid_request_error` | `not_found_error` |
/// | too large | 413 | `invalid_request_error` | `request_too_large` |
/// | too many requests | 429 | `rate_limit_error` | `rate_limit_error` |
/// | cancelled | 499 | `cancelled` | `api_error` |
/// | the provider failed | 502 | `server_error` | `api_error` |
/// | too slow | 504 | `server_error` | `timeout_error` |
/// | the provider is overloaded | 529, to OpenAI's clients 503 | `server_error` | `overloaded_error` |
struct AnswerFault: Sendable, Equatable {
    /// As an HTTP status, also where it is told after the head.
    var status: Int
    /// A word for programs: the provider's own, or the fault's name.
    var code: String?
    /// A sentence for people.
    var message: String
    /// The member of the request that is at fault, such as `messages[0].content`.
    var parameter: String?
    var retryAfter: Duration?
    /// Whether the same request may be answered when it is sent once more. The official clients send again what is answered 408, 409, 429 or 5xx,
    /// twice, unless they are told not to: a run would be made, and paid for, three times.
    var isWorthRepeating: Bool

    init(
        status: Int, code: String?, message: String, parameter: String? = nil, retryAfter: Duration? = nil, isWorthRepeating: Bool = true
    ) {
        self.status = status
        self.code = code
        self.message = message
        self.parameter = parameter
        self.retryAfter = retryAfter
        self.isWorthRepeating = isWorthRepeating
    }

    static let overloaded = 529

    // MARK: Where it comes from

    init(_ error: InferenceError) {
        var message = error.message
        let status =
            switch error.kind {
            case .invalidRequest, .contextLengthExceeded, .contentPolicy: 400
            case .authentication: 401
            case .paymentRequired: 402
            case .permissionDenied: 403
            case .notFound: 404
            case .requestTooLarge: 413
            case .rateLimited: 429
            case .overloaded: Self.overloaded
            case .timeout: 504
            case .unavailable: 503
            case .serverError, .connection, .invalidResponse: 502
            // This service's own fault.
            default: 500
            }
        // Else the caller would look for the fault in a token of its own.
        if status == 401 || status == 403 { message = "The provider \(error.provider ?? "of this model") refused: \(message)" }
        self.init(
            status: status, code: error.code ?? error.kind.rawValue, message: message, retryAfter: error.retryAfter,
            isWorthRepeating: error.isRetryable && !error.isOutOfTime)
    }

    init(_ reason: IncompleteReason) {
        switch reason {
        case .interrupted:
            self.init(status: 502, code: reason.rawValue, message: "The answer was interrupted: what was written of it is not the whole.")
        case .timeLimit:
            self.init(
                status: 504, code: reason.rawValue, message: "The answer took longer than a run may, and is not whole.", isWorthRepeating: false)
        default:
            // What ends at a bound of its own ends there again.
            let isBound = reason == .maxSteps || reason == .toolTimeout
            self.init(
                status: 502, code: reason.rawValue, message: "The answer ended before it was whole (\(reason.rawValue)).", isWorthRepeating: !isBound)
        }
    }

    /// Someone wanted it to end.
    static let cancelled = AnswerFault(status: 499, code: "cancelled", message: "The run was cancelled.", isWorthRepeating: false)

    /// A refusal of this server.
    init(_ problem: Problem) {
        let code: String? =
            switch problem.name {
            case "unauthorized", "token-expired": "invalid_api_key"
            case "bad-request", "invalid": nil
            case let name?: problem.extensions.first { $0.name == "code" }?.value.string ?? name.replacing("-", with: "_")
            case nil: problem.status == .tooManyRequests ? "rate_limit_exceeded" : nil
            }
        var message = problem.detail ?? problem.title
        // What is wrong with a place does not say which place it is, and Anthropic's clients get the sentence alone.
        if problem.errors.count > 1 || (problem.name == "invalid" && !problem.errors.isEmpty) {
            message = problem.errors.map { "\(Self.parameter($0) ?? "The request"): \($0.detail)" }.joined(separator: " ")
        }
        self.init(
            // Other APIs have one status for a request that cannot be read and one that is wrong.
            status: problem.name == "invalid" ? 400 : problem.status.code, code: code, message: message,
            parameter: problem.errors.first.flatMap(Self.parameter), retryAfter: problem.retryAfter,
            isWorthRepeating: problem.headers[.shouldRetry] != "false")
    }

    private static func parameter(_ fault: FieldFault) -> String? {
        switch fault.place {
        case .pointer("#"): nil
        case .pointer(let pointer): RequestPlace(.null, path: pointer.dropFirst(2).split(separator: "/").map(member)).name
        case .parameter(let name), .header(let name): name
        }
    }

    /// A member's name from its part of a pointer, in which it is escaped.
    private static func member(_ part: Substring) -> String {
        let part = String(part)
        return (part.removingPercentEncoding ?? part).replacing("~1", with: "/").replacing("~0", with: "~")
    }

    // MARK: Where it goes

    /// To be thrown before an answer's head.
    ///
    /// - Parameter isKeyed: The request had an Idempotency-Key: who repeats it under the same key gets the same run, so it makes no sense.
    func problem(isKeyed: Bool) -> Problem {
        Problem(
            HTTPResponse.Status(code: status), name: "run", title: "The run has no answer", detail: message, retryAfter: retryAfter,
            extensions: code.map { [JSONValue.Member("code", .string($0))] } ?? [],
            headers: isKeyed || !isWorthRepeating ? [.shouldRetry: "false"] : [:])
    }

    /// `{"error":{…}}`, as OpenAI writes it, in a body and in a chunk.
    var openAI: JSONValue {
        ["error": ["message": .string(message), "type": .string(openAIType), "param": .text(parameter), "code": .text(code)]]
    }

    var openAIType: String {
        switch status {
        case 402: "insufficient_quota"
        case 403: "permission_error"
        case 429: "rate_limit_error"
        case 499: "cancelled"
        case ..<500: "invalid_request_error"
        default: "server_error"
        }
    }

    /// `{"type":"error","error":{…}}`, as Anthropic writes it, in a body and in an event.
    func anthropic(requestID: String?) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("type", "error"), .init("error", ["type": .string(anthropicType), "message": .string(message)]),
        ]
        if let requestID { members.append(.init("request_id", .string(requestID))) }
        return .object(members)
    }

    var anthropicType: String {
        switch status {
        case 401: "authentication_error"
        case 402: "billing_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 413: "request_too_large"
        case 429: "rate_limit_error"
        case 499: "api_error"
        case 504: "timeout_error"
        case Self.overloaded: "overloaded_error"
        case ..<500: "invalid_request_error"
        default: "api_error"
        }
    }
}

extension JSONValue {
    /// Null for nil.
    static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }

    static func count(_ number: Int) -> JSONValue { .integer(Int64(number)) }
}
