import HTTPTypes
import Hummingbird
import Web

/// This server's own refusals in the words of the API whose path was asked: its clients read them as their own kinds of error.
enum CompatibleProblems {
    static let formats = [
        ProblemFormat(below: "/v1/messages", anthropic), ProblemFormat(below: "/v1/chat", openAI), ProblemFormat(below: "/v1/responses", openAI),
        ProblemFormat(below: "/v1/models") { problem, request in isAnthropic(request) ? anthropic(problem, request) : openAI(problem, request) },
    ]

    /// Both APIs have the path of models; the clients of one name their version.
    static func isAnthropic(_ request: Request) -> Bool { request.headers[.anthropicVersion] != nil }

    private static func openAI(_ problem: Problem, _ request: Request) -> Response {
        var fault = AnswerFault(problem)
        if fault.status == AnswerFault.overloaded { fault.status = HTTPResponse.Status.serviceUnavailable.code }
        return answer(problem, fault.status, fault.openAI, request)
    }

    private static func anthropic(_ problem: Problem, _ request: Request) -> Response {
        let fault = AnswerFault(problem)
        var problem = problem
        if let id = problem.requestID { problem.headers[.anthropicRequestID] = id }
        return answer(problem, fault.status, fault.anthropic(requestID: problem.requestID), request)
    }

    private static func answer(_ problem: Problem, _ status: Int, _ document: JSONValue, _ request: Request) -> Response {
        var problem = problem
        problem.status = HTTPResponse.Status(code: status)
        // Clients of both repeat a 503 by themselves, and without a key that would be a second run.
        if problem.name == "acceptance-unknown", request.headers[.idempotencyKey] == nil {
            problem.retryAfter = nil
            problem.headers[.shouldRetry] = "false"
        }
        return problem.response(to: request, writing: document)
    }
}
