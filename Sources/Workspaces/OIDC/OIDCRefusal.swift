/// Why a token is not accepted. For the process's log and for tests: whoever sent it is told only that it has expired, or that it
/// is not valid.
enum OIDCRefusal: String, Error, Sendable, Hashable {
    /// No JSON object, or one with a member twice, where a header or claims should be.
    case malformed
    /// The header says that it is something else than an access token, or asks for what nobody here understands (`crit`).
    case otherKind = "other-kind"
    /// An algorithm that is not allowed; `none` and `HS256` among them.
    case algorithm
    /// The issuer has no key of that id and for that algorithm.
    case unknownKey = "unknown-key"
    case signature
    case issuer
    /// Made out for somebody else.
    case audience
    case expired
    /// `nbf` or `iat` lies in the future.
    case tooEarly = "too-early"
    /// A claim is missing or of a wrong form.
    case claims
}

/// Why the issuer's keys could not be had.
struct OIDCFault: Error, Sendable, Equatable, CustomStringConvertible {
    enum Code: String, Sendable, Hashable {
        /// It cannot be reached, or does not answer in time.
        case away
        /// It answered something that is no answer.
        case answer
    }

    let code: Code
    let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    var description: String { "\(code.rawValue): \(message)" }
}

/// There are no keys to check a token with at this moment.
struct OIDCKeysMissing: Error, Sendable, Equatable {
    /// When somebody asks the issuer again, at the earliest.
    let retryAfter: Duration
}
