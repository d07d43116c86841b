import Foundation
import Testing

@testable import Inference

/// The error tables of OpenAI, OpenRouter and Anthropic in one vocabulary.
@Suite struct ProviderFaultTests {
    private func error(_ json: String, status: Int? = nil) throws -> InferenceError {
        try JSONDecoder().decode(ProviderFault.self, from: Data(json.utf8)).error(status: status)
    }

    @Test("OpenRouter's error types are all known")
    func openRouter() {
        let table: [(InferenceError.Kind, [String])] = [
            (.contextLengthExceeded, ["context_length_exceeded", "max_tokens_exceeded", "token_limit_exceeded"]),
            (
                .invalidRequest,
                [
                    "string_too_long", "invalid_request", "invalid_prompt", "precondition_failed", "unprocessable", "invalid_image",
                    "image_too_large",
                    "image_too_small", "unsupported_image_format", "image_not_found", "image_download_failed",
                ]
            ),
            (.authentication, ["authentication"]), (.permissionDenied, ["permission_denied"]), (.paymentRequired, ["payment_required"]),
            (.rateLimited, ["rate_limit_exceeded"]), (.overloaded, ["provider_overloaded"]), (.unavailable, ["provider_unavailable"]),
            (.notFound, ["not_found"]), (.requestTooLarge, ["payload_too_large"]), (.contentPolicy, ["content_policy_violation", "refusal"]),
            (.serverError, ["server", "unmapped"]), (.timeout, ["timeout"]),
        ]
        #expect(table.reduce(0) { $0 + $1.1.count } == 27)
        for (kind, words) in table {
            for word in words { #expect(InferenceError.Kind(providerWord: word) == kind, "\(word)") }
        }
    }

    @Test("OpenAI's statuses with their codes and types")
    func openAI() throws {
        let table: [(Int, String, String, InferenceError.Kind)] = [
            (400, "invalid_request_error", #""unsupported_parameter""#, .invalidRequest),
            (400, "invalid_request_error", #""context_length_exceeded""#, .contextLengthExceeded),
            (401, "invalid_request_error", #""invalid_api_key""#, .authentication), (401, "invalid_request_error", "null", .authentication),
            (403, "invalid_request_error", #""unsupported_country_region_territory""#, .permissionDenied),
            (404, "invalid_request_error", #""model_not_found""#, .notFound), (408, "server_error", "null", .timeout),
            (429, "tokens", #""rate_limit_exceeded""#, .rateLimited), (429, "insufficient_quota", #""insufficient_quota""#, .paymentRequired),
            (429, "insufficient_quota", "null", .paymentRequired), (500, "server_error", "null", .serverError),
            (503, "server_error", #""slow_down""#, .overloaded), (503, "server_error", "null", .unavailable),
        ]
        for (status, type, code, kind) in table {
            let found = try error(#"{"message":"m","type":"\#(type)","param":null,"code":\#(code)}"#, status: status)
            #expect(found.kind == kind, "\(status) \(type) \(code)")
            #expect(found.status == status)
        }
    }

    @Test("Anthropic's error types")
    func anthropic() {
        let table: [(String, InferenceError.Kind)] = [
            ("invalid_request_error", .invalidRequest), ("authentication_error", .authentication), ("billing_error", .paymentRequired),
            ("permission_error", .permissionDenied), ("not_found_error", .notFound), ("request_too_large", .requestTooLarge),
            ("rate_limit_error", .rateLimited), ("api_error", .serverError), ("timeout_error", .timeout), ("overloaded_error", .overloaded),
        ]
        for (word, kind) in table { #expect(InferenceError.Kind(providerWord: word) == kind, "\(word)") }
    }

    @Test("A number as code is a status")
    func numericCode() throws {
        let found = try error(#"{"code":429,"message":"slow","metadata":{"provider_name":"x"}}"#)
        #expect(found.kind == .rateLimited)
        #expect(found.status == 429)
        #expect(found.code == "429")
    }

    @Test("What can be repeated and what cannot")
    func retryable() {
        let never: Set<InferenceError.Kind> = [
            .invalidRequest, .contextLengthExceeded, .requestTooLarge, .authentication, .permissionDenied, .paymentRequired, .notFound,
            .contentPolicy,
        ]
        for kind in InferenceError.Kind.allCases { #expect(kind.isRetryable == !never.contains(kind), "\(kind)") }
    }

    @Test("A long message is cut, for it may repeat the prompt")
    func longMessage() {
        #expect(InferenceError(.serverError, String(repeating: "x", count: 2_000)).message.count == InferenceError.messageLimit + 1)
    }

    @Test("Retry-After in seconds, in milliseconds and as a date")
    func retryAfter() {
        // 2026-10-21 07:28:00 UTC is 1,792,567,680 s after 1970.
        #expect(RetryAfter.seconds(ofDate: "Wed, 21 Oct 2026 07:28:00 GMT") == 1_792_567_680)
        #expect(RetryAfter.seconds(ofDate: "Thu, 29 Feb 2024 00:00:00 GMT") == 1_709_164_800)
        let table: [(String?, String?, Duration?)] = [
            (nil, "20", .seconds(20)), (nil, " 1.5 ", .milliseconds(1_500)), ("250", "20", .milliseconds(250)), (nil, "-3", nil), (nil, "soon", nil),
            (nil, nil, nil), (nil, "", nil), (nil, "Wed, 21 Oct 2026 07:28:00 GMT", .seconds(60)), (nil, "Wed, 21 Oct 2020 07:28:00 GMT", .zero),
            (nil, "999999999", RetryAfter.maximum), (nil, "1e99", RetryAfter.maximum),
        ]
        for (milliseconds, value, expected) in table {
            #expect(RetryAfter.duration(milliseconds: milliseconds, value: value, now: 1_792_567_620) == expected, "\(value ?? "nil")")
        }
    }
}
