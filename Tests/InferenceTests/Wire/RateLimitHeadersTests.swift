import Testing

@testable import Inference

/// What headers say about trying again.
@Suite struct RateLimitHeadersTests {
    /// 2026-10-21 07:28:00 UTC.
    private static let now = 1_792_567_680.0

    private func headers(_ fields: [String: String]) -> RetryHeaders { RetryHeaders(now: Self.now) { fields[$0] } }

    @Test("Durations with units, in any combination")
    func durations() {
        let table: [(String, Duration?)] = [
            ("120ms", .milliseconds(120)), ("1s", .seconds(1)), ("0s", .zero), ("6m0s", .seconds(360)), ("1h2m3.5s", .milliseconds(3_723_500)),
            ("1m30s", .seconds(90)), ("2d", RetryAfter.maximum), ("", nil), ("s", nil), ("5", nil), ("5 s", nil), ("-1s", nil), ("1x", nil),
            ("1.2.3s", nil), ("1s!", nil),
        ]
        for (text, expected) in table { #expect(RateLimitHeaders.duration(text) == expected, "\(text)") }
    }

    @Test("Times with and without fraction and offset")
    func times() {
        let table: [(String, Double?)] = [
            ("2026-10-21T07:28:00Z", Self.now), ("2026-10-21T09:28:30.5+02:00", Self.now + 30.5), ("2026-10-21t02:28:00-05:00", Self.now),
            ("2026-10-21 07:28:00Z", nil), ("2026-13-21T07:28:00Z", nil), ("2026-10-21T07:28:00", nil), ("2026-10-21T07:28:00+0200", nil),
            ("2026-1-21T07:28:000Z", nil), ("", nil), ("tomorrow at half past se", nil),
        ]
        for (text, expected) in table { #expect(RFC3339.seconds(text) == expected, "\(text)") }
    }

    @Test("OpenAI's limits: what is used up tells how long")
    func openAI() {
        let found = headers([
            "x-ratelimit-limit-requests": "500", "x-ratelimit-remaining-requests": "499", "x-ratelimit-reset-requests": "1h0m0s",
            "x-ratelimit-limit-tokens": "30000", "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s",
        ]).limits
        #expect(
            found.windows == [
                .init(resource: "requests", limit: 500, remaining: 499, reset: .seconds(3_600)),
                .init(resource: "tokens", limit: 30_000, remaining: 0, reset: .seconds(360)),
            ])
        #expect(found.wait == .seconds(360))
    }

    @Test("Anthropic's limits: of several that are used up the longest counts, and a time that has passed is now")
    func anthropic() {
        let found = headers([
            "anthropic-ratelimit-requests-remaining": "0", "anthropic-ratelimit-requests-reset": "2026-10-21T07:28:20Z",
            "anthropic-ratelimit-output-tokens-remaining": "0", "anthropic-ratelimit-output-tokens-reset": "2026-10-21T07:29:00Z",
            "anthropic-ratelimit-input-tokens-remaining": "12000", "anthropic-ratelimit-input-tokens-reset": "2026-10-21T09:00:00Z",
        ]).limits
        #expect(found.windows.map(\.resource) == ["requests", "input-tokens", "output-tokens"])
        #expect(found.wait == .seconds(60))
        let passed = headers([
            "anthropic-ratelimit-requests-remaining": "0", "anthropic-ratelimit-requests-reset": "2026-10-21T07:00:00Z",
        ])
        #expect(passed.limits.wait == .zero)
    }

    @Test("One limit without a name, its reset in milliseconds since 1970")
    func openRouter() {
        let found = headers(["x-ratelimit-limit": "20", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1792567710000"]).limits
        #expect(found.windows == [.init(resource: "", limit: 20, remaining: 0, reset: .seconds(30))])
        #expect(found.wait == .seconds(30))
    }

    @Test("Nothing used up, no header and nonsense tell nothing")
    func nothing() {
        #expect(headers([:]) == RetryHeaders())
        #expect(headers(["x-ratelimit-remaining-tokens": "5", "x-ratelimit-reset-tokens": "1s"]).limits.wait == nil)
        #expect(headers(["x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "soon"]).limits.wait == nil)
        #expect(headers(["x-ratelimit-remaining-tokens": "many"]).limits.windows.isEmpty)
    }

    @Test("A refusal waits as its headers say: in milliseconds, in seconds, else by the limit that is used up")
    func refusal() {
        let limits = ["x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "9s"]
        let table: [([String: String], Int, Duration?)] = [
            (["retry-after-ms": "250", "retry-after": "20"], 429, .milliseconds(250)), (["retry-after": "20"], 429, .seconds(20)),
            ([:], 429, .seconds(9)),
            // A limit does not tell when a server comes back.
            ([:], 500, nil),
        ]
        for (fields, status, expected) in table {
            for format in ProviderFormat.allCases {
                let headers = headers(fields.merging(limits) { first, _ in first })
                let error = format.wire().refusal(status: status, body: [], headers: headers)
                #expect(error.retryAfter == expected, "\(format) \(status) \(fields)")
                #expect(error.status == status)
            }
        }
    }

    @Test("x-should-retry wins over what the kind says, and survives the event")
    func shouldRetry() throws {
        let wire = ProviderFormat.openai.wire()
        let useless = wire.refusal(status: 429, body: [], headers: headers(["x-should-retry": "false"]))
        #expect(useless.kind == .rateLimited)
        #expect(!useless.isRetryable)
        let useful = wire.refusal(status: 400, body: [], headers: headers(["x-should-retry": "true"]))
        #expect(useful.kind == .invalidRequest)
        #expect(useful.isRetryable)
        #expect(wire.refusal(status: 429, body: [], headers: headers(["x-should-retry": "maybe"])).isRetryable)
        #expect(wire.refusal(status: 429, body: [], headers: headers(["x-should-retry": "true"])).shouldRetry == nil)
        for error in [useless, useful] { #expect(try RunEvent(payload: RunEvent.failed(error).payload) == .failed(error)) }
    }

    @Test("A refusal's body is read in every shape; what is none is told by its status")
    func refusalBodies() {
        let table: [(Int, String, InferenceError.Kind)] = [
            (529, #"{"type":"error","error":{"type":"overloaded_error","message":"m"},"request_id":"req_1"}"#, .overloaded),
            (402, #"{"error":{"code":402,"message":"m"}}"#, .paymentRequired),
            (400, #"{"error":{"code":400,"message":"m","metadata":{"error_type":"context_length_exceeded"}}}"#, .contextLengthExceeded),
            (400, #"{"object":"error","message":"m","type":"BadRequestError","code":400}"#, .invalidRequest),
            (503, #"{"error":"loading"}"#, .unavailable), (413, "<html>", .requestTooLarge), (504, "", .timeout), (302, "", .invalidResponse),
        ]
        for (status, body, kind) in table {
            let error = ProviderFormat.openai.wire().refusal(status: status, body: Array(body.utf8), headers: RetryHeaders())
            #expect(error.kind == kind, "\(status) \(body)")
            if body.contains(#""m""#) { #expect(error.message == "m") }
        }
    }
}
