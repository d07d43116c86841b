package import HTTPTypes
import Hummingbird

/// The problems that every feature has. A feature's own are made with ``Problem/init(_:name:title:detail:retryAfter:errors:extensions:headers:)``.
extension Problem {
    /// 400: the request cannot be read.
    package static func badRequest(_ detail: String, errors: [FieldFault] = []) -> Problem {
        Problem(.badRequest, name: "bad-request", title: "The request cannot be read", detail: detail, errors: errors)
    }

    /// Why a request is not authenticated. A revoked token and one that never was are not told apart.
    package enum AuthenticationFault: Sendable, Hashable { case missing, invalid, expired, ended }

    /// 401, with `WWW-Authenticate`.
    package static func unauthorized(_ fault: AuthenticationFault) -> Problem {
        let (detail, parameters) =
            switch fault {
            case .missing: ("Send a token: `Authorization: Bearer mst_…`.", "")
            case .invalid: ("The token is not valid.", ", error=\"invalid_token\"")
            case .expired: ("The token has expired.", ", error=\"invalid_token\", error_description=\"expired\"")
            case .ended: ("The token is good no longer, or for less than when the request began.", ", error=\"invalid_token\"")
            }
        return Problem(
            .unauthorized, name: fault == .expired ? "token-expired" : "unauthorized", title: "Authentication is needed", detail: detail,
            headers: [.wwwAuthenticate: "Bearer realm=\"mainstay\"\(parameters)"])
    }

    /// 403: the token is valid and does not allow this.
    package static func missingScope(_ scope: String) -> Problem {
        Problem(
            .forbidden, name: "missing-scope", title: "The token does not allow this", detail: "The token lacks the scope `\(scope)`.",
            extensions: [.init("scope", .string(scope))],
            headers: [.wwwAuthenticate: "Bearer realm=\"mainstay\", error=\"insufficient_scope\", scope=\"\(scope)\""])
    }

    /// 404. Also the answer for what exists in another workspace.
    package static func notFound(_ detail: String) -> Problem {
        Problem(.notFound, name: "not-found", title: "Not found", detail: detail)
    }

    /// 405, with `Allow`.
    package static func methodNotAllowed(_ method: HTTPRequest.Method, allowed: [HTTPRequest.Method]) -> Problem {
        let list = allowed.map(\.rawValue).joined(separator: ", ")
        return Problem(
            .methodNotAllowed, name: "method-not-allowed", title: "The method is not allowed here",
            detail: "This path answers \(list), not \(method.rawValue).", headers: [.allow: list])
    }

    /// 409: the state of things forbids it now.
    package static func conflict(_ detail: String, name: String = "conflict") -> Problem {
        Problem(.conflict, name: name, title: "Conflict", detail: detail)
    }

    /// 413, with the limit in bytes.
    package static func tooLarge(limit: Int) -> Problem {
        Problem(
            .contentTooLarge, name: "too-large", title: "The body is too large", detail: "This route reads at most \(limit) bytes.",
            extensions: [.init("limit", .integer(Int64(limit)))])
    }

    /// 415.
    package static func unsupportedMediaType(found: String, expected: String) -> Problem {
        Problem(
            .unsupportedMediaType, name: "unsupported-media-type", title: "The content type is not supported",
            detail: "Send `Content-Type: \(expected)`.",
            errors: [FieldFault(.header("content-type"), "The body is not of a type that this route reads.", expected: expected, found: found)])
    }

    /// 422: the request can be read and is wrong.
    package static func invalid(_ faults: [FieldFault], detail: String? = nil) -> Problem {
        Problem(
            .unprocessableContent, name: "invalid", title: "The request is not valid",
            detail: detail ?? (faults.count == 1 ? faults.first?.detail : "\(faults.count) places are at fault."), errors: faults)
    }

    /// 429, with `Retry-After`. The type is the one that the rate-limit draft registers.
    package static func quotaExceeded(_ detail: String, retryAfter: Duration) -> Problem {
        var problem = Problem(.tooManyRequests, title: "The quota is used up", detail: detail, retryAfter: retryAfter)
        problem.type = "https://iana.org/assignments/http-problem-types#quota-exceeded"
        return problem
    }

    /// 503, with `Retry-After`: something that the server leans on is away, or there is too much to do.
    package static func unavailable(_ detail: String, retryAfter: Duration = .seconds(1)) -> Problem {
        var problem = Problem(.serviceUnavailable, title: "The service cannot do this now", detail: detail, retryAfter: retryAfter)
        problem.type = "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity"
        return problem
    }

    /// 500: the one answer for what nobody foresaw. What happened is in the log, under the request's id.
    package static let internalError = Problem(
        .internalServerError, name: "internal", title: "The server failed",
        detail: "Something failed that should not have. The request's id finds it in the server's log.")
}
