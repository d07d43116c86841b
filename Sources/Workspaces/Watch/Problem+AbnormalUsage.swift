import HTTPTypes
package import Web

extension Problem {
    /// 429, with `Retry-After`: requests of this token or source looked like an attack. The type is the one that the rate-limit draft
    /// registers. It does not say what was noticed: whoever it is meant for is not to learn how far it may go.
    package static func abnormalUsage(retryAfter: Duration) -> Problem {
        var problem = Problem(
            .tooManyRequests, title: "The usage looks abnormal",
            detail: "Requests like the last ones are not answered for a while. If they are what you mean to do, ask an operator.",
            retryAfter: retryAfter)
        problem.type = "https://iana.org/assignments/http-problem-types#abnormal-usage-detected"
        return problem
    }

    /// The name of the problem of a request whose signature is wrong, by which the watch knows it.
    package static let badSignatureName = "bad-signature"

    /// 401: the request is not signed as its source has to.
    package static func badSignature(_ detail: String) -> Problem {
        Problem(.unauthorized, name: badSignatureName, title: "The signature is wrong", detail: detail)
    }
}
