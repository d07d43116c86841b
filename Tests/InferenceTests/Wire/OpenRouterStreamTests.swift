import Testing

@testable import Inference

/// What OpenRouter adds to chat completions.
@Suite struct OpenRouterStreamTests {
    @Test("T6, T8, T23: comments, repeated roles, thoughts under two names, usage with cost beside a choice")
    func text() {
        let found = WireFixture.openRouterText.decoded()
        #expect(found.text == "Grüß dich")
        #expect(found.reasoning == "Hm")
        // More reasoning than output: no sum is assumed to agree.
        #expect(
            found.usages == [TokenUsage(input: 7, output: 10, total: 17, cachedInput: 3, reasoningOutput: 11, cacheWriteInput: 2, cost: 0.00125)])
        #expect(found.endings == [StepEnding(.completed, finish: FinishReason(.stop, raw: "end_turn"))])
    }

    @Test("T17: an error at the top is the end, whatever finishes came before it, and its usage is kept")
    func failure() {
        let found = WireFixture.openRouterFailure.decoded()
        guard case .failed(let error) = found.outcome else { return #expect(Bool(false)) }
        #expect(error.kind == .unavailable)
        #expect(error.status == 502)
        #expect(error.isRetryable)
        #expect(found.text == "Half")
        #expect(found.usages.map(\.cost) == [0.00125])
    }

    @Test("T9, T11: fragments whose index, id and name are null continue the call")
    func tool() {
        let found = WireFixture.openRouterTool.decoded()
        #expect(found.calls == [ToolCall(index: 0, id: "call_a", name: "time", arguments: #"{"zone":"CET"}"#)])
        #expect(found.endings.first?.finish == FinishReason(.toolCalls, raw: "tool_use"))
    }

    @Test("An error that says how long to wait, or that waiting is useless, is believed")
    func availability() {
        let availability = #""availability":{"code":"x","retryable":false,"retry_after":7.5}"#
        let places = [
            #""metadata":{"error_type":"provider_overloaded",\#(availability)}"#,
            #""metadata":{"error_type":"provider_overloaded"},\#(availability)"#,
        ]
        for place in places {
            let stream = ChatStream().text("a").raw(#"{"error":{"code":503,"message":"m",\#(place)},"choices":[]}"#)
            guard case .failed(let error) = DecodedStream(stream).outcome else { return #expect(Bool(false)) }
            #expect(error.kind == .overloaded)
            #expect(error.retryAfter == .milliseconds(7_500))
            #expect(!error.isRetryable)
        }
    }
}
