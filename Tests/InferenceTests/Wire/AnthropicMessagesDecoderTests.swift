import Testing

@testable import Inference

/// The words and traps of Anthropic's messages; what holds for all formats is in ``WireConformanceTests``.
@Suite struct AnthropicMessagesDecoderTests {
    @Test("A call with its text, arguments in pieces and none at all, and usage with what the cache took and gave")
    func tools() {
        let found = AnthropicFixtures.tools.decoded
        #expect(found.text == "Let me see.")
        #expect(
            found.calls == [
                ToolCall(index: 0, id: "toolu_a", name: "weather", arguments: #"{"city": "Bo\"nn"}"#),
                ToolCall(index: 1, id: "toolu_b", name: "now", arguments: "{}"),
            ])
        // The format counts 25 beside the cache's 100 and 40.
        #expect(found.usages == [TokenUsage(input: 165, output: 15, cachedInput: 40, cacheWriteInput: 100)])
        #expect(found.endings == [StepEnding(.completed, finish: FinishReason(.toolCalls, raw: "tool_use"))])
    }

    @Test("T23: thoughts are reasoning; signatures and encrypted thoughts are nothing that is shown")
    func thinking() {
        let found = AnthropicFixtures.thinking.decoded
        #expect(found.reasoning == "Let me think.")
        #expect(found.text == "42")
        #expect(found.usages == [TokenUsage(input: 25, output: 30, reasoningOutput: 20)])
    }

    @Test("T16: the bound on tokens inside a call leaves the calls before it, and no half one")
    func cutTool() {
        let found = AnthropicFixtures.cutTool.decoded
        #expect(found.outcome == .incomplete(.maxOutputTokens))
        #expect(found.endings.first?.finish == FinishReason(.length, raw: "max_tokens"))
        #expect(found.calls == [ToolCall(index: 0, id: "toolu_a", name: "now", arguments: "{}")])
        #expect(found.fragments[1] == #"{"text":"Once upon"#)
    }

    @Test("The provider's own tools are no calls of ours, and the input tokens may grow")
    func serverTool() {
        let found = AnthropicFixtures.serverTool.decoded
        #expect(found.calls.isEmpty && found.fragments.isEmpty)
        #expect(found.text == "On the Rhine.")
        #expect(found.usages == [TokenUsage(input: 61, output: 9)])
        #expect(found.outcome == .completed)
    }

    @Test("T8: of usage in another shape what can be read is counted, and the answer stands")
    func oddUsages() {
        let table: [(start: String, end: String, [TokenUsage])] = [
            (#"{"input_tokens":"25","cache_read_input_tokens":3}"#, #"{"output_tokens":15}"#, [TokenUsage(output: 15, cachedInput: 3)]),
            (#"{"input_tokens":25}"#, #"{"output_tokens":[15],"output_tokens_details":7}"#, [TokenUsage(input: 25)]),
            (#"{"input_tokens":25}"#, #""none""#, [TokenUsage(input: 25)]), ("[25]", "15", []),
        ]
        for (start, end, counted) in table {
            let found = AnthropicStream().start(usage: start).openText(0).text(0, "a").close(0).stop("end_turn", usage: end).end().decoded
            #expect(found.usages == counted, "\(start), \(end)")
            #expect(found.text == "a" && found.outcome == .completed, "\(start), \(end)")
        }
    }

    @Test("Every stop reason is told as what it is, with its own word")
    func stopReasons() {
        let table: [(String, FinishReason.Unified, StepEnding.Outcome)] = [
            ("end_turn", .stop, .completed), ("stop_sequence", .stop, .completed), ("max_tokens", .length, .incomplete(.maxOutputTokens)),
            ("model_context_window_exceeded", .length, .incomplete(.maxOutputTokens)), ("pause_turn", .other, .incomplete(.truncated)),
            ("refusal", .refusal, .incomplete(.contentFilter)), ("something_new", .other, .completed),
        ]
        for (word, unified, outcome) in table {
            let found = AnthropicStream().start().openText(0).text(0, "a").close(0).stop(word).end().decoded
            #expect(found.endings == [StepEnding(outcome, finish: FinishReason(unified, raw: word))], "\(word)")
        }
    }

    @Test("The text at which the model stopped is told with the reason, in a stream and in a whole message; what is none takes no answer away")
    func stopSequence() {
        let stream = AnthropicStream().start().openText(0).text(0, "a").close(0)
        let table: [(String, String?)] = [(#""END""#, "END"), ("null", nil), (#"["END"]"#, nil)]
        for (sequence, told) in table {
            let ending = StepEnding(.completed, finish: FinishReason(.stop, raw: "stop_sequence", stopSequence: told))
            #expect(stream.stop("stop_sequence", sequence: sequence).end().decoded.endings == [ending], "\(sequence)")
            var decoder = AnthropicMessagesDecoder()
            let body =
                #"{"type":"message","content":[{"type":"text","text":"a"}],"stop_reason":"stop_sequence","stop_sequence":\#(sequence)}"#
            #expect(DecodedStream(decoder.decode(body: body.utf8)).endings == [ending], "\(sequence)")
        }
    }

    @Test("T27: a refusal without a block is a whole answer, and its explanation is shown as refusal")
    func refusal() {
        let explained = AnthropicStream().start().ping()
            .stop("refusal", more: #","stop_details":{"type":"refusal","category":null,"explanation":"Not this."}"#).end().decoded
        #expect(explained.endings == [StepEnding(.completed, finish: FinishReason(.refusal, raw: "refusal"))])
        #expect(explained.refusal == "Not this.")
        #expect(explained.text.isEmpty)
        let silent = AnthropicStream().start().openText(0).close(0).stop("refusal").end().decoded
        #expect(silent.outcome == .completed)
        #expect(silent.refusal.isEmpty)
    }

    @Test("T18: a stop reason without the end marker is accepted and marked, blocks without one are cut")
    func missingEnd() {
        let answer = AnthropicStream().start().openText(0).text(0, "a").close(0)
        #expect(answer.decoded.endings == [StepEnding(.incomplete(.truncated))])
        #expect(answer.stop("end_turn").decoded.endings == [StepEnding(.completed, finish: FinishReason(.stop, raw: "end_turn"), missingDone: true)])
        #expect(answer.end().decoded.endings == [StepEnding(.incomplete(.truncated))])
        #expect(AnthropicStream().start().end().decoded.failure == .invalidResponse)
    }

    @Test("T21: an error inside a stream has its class from its type, with text before it or without, and keeps the usage")
    func errors() {
        let table: [(String, InferenceError.Kind, Bool)] = [
            ("overloaded_error", .overloaded, true), ("rate_limit_error", .rateLimited, true), ("api_error", .serverError, true),
            ("timeout_error", .timeout, true), ("invalid_request_error", .invalidRequest, false), ("billing_error", .paymentRequired, false),
            ("something_new", .serverError, true),
        ]
        for (type, kind, isRetryable) in table {
            let found = AnthropicStream().start().openText(0).text(0, "a").error(type, "why").decoded
            guard case .failed(let error) = found.outcome else { return #expect(Bool(false), "\(type)") }
            #expect(error.kind == kind, "\(type)")
            #expect(error.isRetryable == isRetryable, "\(type)")
            #expect(error.code == type)
            #expect(error.message == "why")
            #expect(error.status == nil)
            #expect(found.usages == [TokenUsage(input: 25)])
        }
    }

    @Test("T26: a second head before anything was shown voids what the first one opened")
    func restart() {
        let found = AnthropicStream().start(id: "a", usage: #"{"input_tokens":9,"cache_read_input_tokens":3}"#).openText(0).ping()
            .start(id: "b").openText(0).text(0, "Hi").close(0).stop("end_turn").end().decoded
        #expect(found.text == "Hi")
        #expect(found.outcome == .completed)
        #expect(found.usages == [TokenUsage(input: 25, output: 15)])
    }

    @Test("T26: a second head after something was shown fails, and nothing is said twice")
    func splice() {
        let again = { (stream: AnthropicStream) in stream.start(id: "b").openText(0).text(0, "Hel").close(0).stop("end_turn").end().decoded }
        let text = again(AnthropicStream().start(id: "a").openText(0).text(0, "Hel"))
        #expect(text.failure == .invalidResponse)
        #expect(text.text == "Hel")
        let tool = again(AnthropicStream().start(id: "a").openTool(0, id: "t", name: "f").input(0, #"{"x""#))
        #expect(tool.failure == .invalidResponse)
        #expect(tool.text.isEmpty && tool.calls.isEmpty)
    }

    @Test("Arguments in the head of a block count once, also when pieces repeat them")
    func argumentsInHead() {
        let open = AnthropicStream().start().open(0, #"{"type":"tool_use","id":"t","name":"f","input":{"x":1}}"#)
        #expect(open.close(0).stop("tool_use").end().decoded.calls.map(\.arguments) == [#"{"x":1}"#])
        #expect(open.input(0, #"{"x": 1}"#).close(0).stop("tool_use").end().decoded.calls.map(\.arguments) == [#"{"x": 1}"#])
        let cut = open.stop("max_tokens").end().decoded
        #expect(cut.calls.isEmpty)
    }

    @Test("T7: events, blocks and deltas that this version does not know are ignored")
    func unknown() {
        let found = AnthropicStream().start().event("content_block_note", #""delta":"x","index":"y""#)
            .open(0, #"{"type":"compaction","text":{"odd":true}}"#).delta(0, #"{"type":"compaction_delta","text":"hidden"}"#)
            .delta(0, #"{"type":"text_delta","text":"hidden"}"#).close(0)
            .openText(1).text(1, "a").delta(1, #"{"type":"shade_delta","text":7}"#).close(1).stop("end_turn").end().decoded
        #expect(found.text == "a")
        #expect(found.outcome == .completed)
    }

    @Test("A ping with an empty object is a ping; an event of another kind without a type is none")
    func emptyPing() {
        var stream = AnthropicStream().start().frames + ["event: ping\ndata: {}"]
        stream += AnthropicStream().openText(0).text(0, "a").close(0).stop("end_turn").end().frames
        #expect(WireFixture("", .anthropic, stream, decides: []).decoded().outcome == .completed)
        stream.insert("data: {}", at: 1)
        #expect(WireFixture("", .anthropic, stream, decides: []).decoded().failure == .invalidResponse)
    }

    @Test("T9: a call whose head was lost is a failure, not a call without a name")
    func lostHead() {
        #expect(AnthropicStream().start().input(0, "{}").close(0).stop("tool_use").end().decoded.failure == .invalidResponse)
        #expect(AnthropicStream().start().openText(0).input(0, "{}").stop("tool_use").end().decoded.failure == .invalidResponse)
    }

    @Test("A whole message instead of a stream is read as one")
    func wholeBody() {
        var decoder = AnthropicMessagesDecoder()
        let body =
            #"{"id":"m","type":"message","role":"assistant","content":[{"type":"thinking","thinking":"Hm","signature":"x"},{"type":"text","text":"Hi"},{"type":"tool_use","id":"t","name":"f","input":{"x":1}}],"stop_reason":"tool_use","usage":{"input_tokens":3,"output_tokens":2}}"#
        let found = DecodedStream(decoder.decode(body: body.utf8))
        #expect(found.text == "Hi")
        #expect(found.reasoning == "Hm")
        #expect(found.calls == [ToolCall(index: 0, id: "t", name: "f", arguments: #"{"x":1}"#)])
        #expect(found.usages == [TokenUsage(input: 3, output: 2)])
        #expect(found.endings == [StepEnding(.completed, finish: FinishReason(.toolCalls, raw: "tool_use"))])
    }
}
