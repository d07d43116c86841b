import HTTPTypes
import Testing
import Web

@testable import Inference

@Suite("Faults in the words of other APIs") struct AnswerFaultTests {
    @Test(
        "Each kind of error has a status and a type that the clients of both APIs know",
        arguments: [
            (.invalidRequest, 400, "invalid_request_error", "invalid_request_error"),
            (.contextLengthExceeded, 400, "invalid_request_error", "invalid_request_error"),
            (.contentPolicy, 400, "invalid_request_error", "invalid_request_error"),
            (.authentication, 401, "invalid_request_error", "authentication_error"),
            (.paymentRequired, 402, "insufficient_quota", "billing_error"),
            (.permissionDenied, 403, "permission_error", "permission_error"),
            (.notFound, 404, "invalid_request_error", "not_found_error"),
            (.requestTooLarge, 413, "invalid_request_error", "request_too_large"),
            (.rateLimited, 429, "rate_limit_error", "rate_limit_error"),
            (.internalError, 500, "server_error", "api_error"),
            (.serverError, 502, "server_error", "api_error"),
            (.unavailable, 503, "server_error", "api_error"),
            (.timeout, 504, "server_error", "timeout_error"),
            (.overloaded, 529, "server_error", "overloaded_error"),
        ] as [(InferenceError.Kind, Int, String, String)])
    func kinds(_ kind: InferenceError.Kind, _ status: Int, _ openAI: String, _ anthropic: String) {
        let fault = AnswerFault(InferenceError(kind, "So it is.", provider: "up"))
        #expect(fault.status == status)
        #expect(fault.openAI[path: "error.type"] == .string(openAI))
        #expect(fault.openAI[path: "error.code"] == .string(kind.rawValue))
        #expect(
            fault.anthropic(requestID: "r") == [
                "type": "error", "error": ["type": .string(anthropic), "message": .string(fault.message)], "request_id": "r",
            ])
        #expect(fault.message.hasSuffix("So it is."))
    }

    @Test("A fault keeps its code and its pause on the way through a problem")
    func throughProblem() {
        let fault = AnswerFault(InferenceError(.rateLimited, "Wait.", code: "Quota exceeded!", retryAfter: .seconds(9)))
        #expect(AnswerFault(fault.problem(isKeyed: false)) == fault)
        #expect(fault.problem(isKeyed: true).headers[.shouldRetry] == "false")
        #expect(fault.problem(isKeyed: false).headers[.shouldRetry] == nil)
        #expect(AnswerFault(AnswerFault.cancelled.problem(isKeyed: false)) == .cancelled)
    }

    @Test("Clients are told not to repeat what would end the same way, and nothing of what may not")
    func repetition() {
        func told(_ fault: AnswerFault?) -> String? {
            guard let fault else { return "no fault" }
            #expect(AnswerFault(fault.problem(isKeyed: false)) == fault)
            return fault.problem(isKeyed: false).headers[.shouldRetry]
        }
        for kind in InferenceError.Kind.allCases {
            #expect(told(AnswerFault(InferenceError(kind, "So it is."))) == (kind.isRetryable ? nil : "false"), "\(kind)")
        }
        #expect(told(AnswerFault(InferenceError(.serverError, "Never.", shouldRetry: false))) == "false")
        #expect(told(AnswerFault(.outOfTime(provider: "up"))) == "false")
        #expect(told(AnswerFault(InferenceError(.timeout, "Slow.", code: "first_token"))) == nil)
        let reasons: [(IncompleteReason, Int, String?)] = [
            (.maxSteps, 502, "false"), (.toolTimeout, 502, "false"), (.timeLimit, 504, "false"), (.interrupted, 502, nil), (.truncated, 502, nil),
        ]
        for (reason, status, header) in reasons {
            let fault = AnswerEnding.incomplete(reason, nil).fault
            #expect(fault?.status == status && told(fault) == header, "\(reason)")
        }
        #expect(told(.cancelled) == "false")
    }

    @Test("This server's problems: one status for bad requests, the member at fault as a name")
    func problems() {
        let invalid = AnswerFault(.invalid([FieldFault(body: ["messages", "0", "content"], "It is empty.")]))
        // A sentence about a place says which: Anthropic's errors have no member for it.
        let said = "messages[0].content: It is empty."
        #expect(invalid == AnswerFault(status: 400, code: nil, message: said, parameter: "messages[0].content"))
        #expect(AnswerFault(.invalid([FieldFault(body: [], "It is empty.")])).message == "The request: It is empty.")
        #expect(AnswerFault(.invalid([FieldFault(body: ["metadata", "a/~ é"], "Bad.")])).parameter == "metadata.a/~ é")
        // One that names its member already does it once.
        let missing = #expect(throws: Problem.self) { try RequestPlace(.object([])).need("model") }
        #expect(missing.map { AnswerFault($0).message } == "The member `model` is missing.")
        let several = AnswerFault(.invalid([FieldFault(body: ["a"], "Bad."), FieldFault(body: [], "Worse.")]))
        #expect(several.message == "a: Bad. The request: Worse.")
        #expect(AnswerFault(.unauthorized(.invalid)).code == "invalid_api_key")
        #expect(AnswerFault(.missingScope("runs:write")).code == "missing_scope")
        #expect(AnswerFault(CompatibleModels.unknown("gpt-0")).code == "model_not_found")
        #expect(AnswerFault(.quotaExceeded("Enough.", retryAfter: .seconds(3))).code == "rate_limit_exceeded")
        #expect(AnswerFault(.quotaExceeded("Enough.", retryAfter: .seconds(3))).retryAfter == .seconds(3))
    }
}
