import Testing

@testable import Inference

/// The words and traps of OpenAI's responses; what holds for all formats is in ``WireConformanceTests``.
@Suite struct ResponsesDecoderTests {
    private static let usage = TokenUsage(input: 12, output: 20, total: 32, cachedInput: 4, reasoningOutput: 8)

    @Test("A plain answer is told once, although the wire repeats it four times")
    func text() {
        let found = ResponsesFixtures.text.decoded
        #expect(found.text == "Hello, wörld 😀")
        #expect(found.usages == [Self.usage])
        #expect(found.endings == [StepEnding(.completed, finish: FinishReason(.stop, raw: "completed"))])
    }

    @Test("T25: two calls are told apart by their place, though the ids of their items change with each event")
    func tools() {
        let found = ResponsesFixtures.tools.decoded
        #expect(
            found.calls == [
                ToolCall(index: 0, id: "call_a", name: "weather", arguments: #"{"city":"Bo\"nn"}"#),
                ToolCall(index: 1, id: "call_b", name: "now", arguments: "{}"),
            ])
        #expect(found.fragments == [0: #"{"city":"Bo\"nn"}"#, 1: "{}"])
        #expect(found.endings.first?.finish == FinishReason(.toolCalls, raw: "completed"))
    }

    @Test("T23: summaries of thoughts are reasoning, told once, never content")
    func reasoning() {
        let found = ResponsesFixtures.tools.decoded
        #expect(found.reasoning == "Two calls.")
        #expect(found.text.isEmpty)
        let open = ResponsesStream().created()
            .event("response.reasoning_text.delta", #""output_index":0,"content_index":0,"delta":"Hm""#).message(1, ["a"]).end("completed").decoded
        #expect(open.reasoning == "Hm")
        #expect(open.text == "a")
    }

    @Test("T27: a refusal has its own channel and its own unified reason")
    func refusal() {
        let found = ResponsesFixtures.refusal.decoded
        #expect(found.refusal == "I cannot.")
        #expect(found.text.isEmpty)
        #expect(found.endings == [StepEnding(.completed, finish: FinishReason(.refusal, raw: "completed"))])
    }

    @Test("T16: the bound on tokens inside a call leaves no half call")
    func cutTool() {
        let found = ResponsesFixtures.cutTool.decoded
        #expect(found.text == "One")
        #expect(found.calls.isEmpty)
        #expect(found.endings == [StepEnding(.incomplete(.maxOutputTokens), finish: FinishReason(.length, raw: "max_output_tokens"))])
    }

    @Test("Every reason of an incomplete response is told as what it is")
    func incomplete() {
        let table: [(String, IncompleteReason, FinishReason)] = [
            (#"{"reason":"max_output_tokens"}"#, .maxOutputTokens, FinishReason(.length, raw: "max_output_tokens")),
            (#"{"reason":"content_filter"}"#, .contentFilter, FinishReason(.contentFilter, raw: "content_filter")),
            (#"{"reason":"something_new"}"#, .truncated, FinishReason(.other, raw: "something_new")),
            ("null", .truncated, FinishReason(.other, raw: "incomplete")),
        ]
        for (details, reason, finish) in table {
            let found = ResponsesStream().created().message(0, ["a"]).end("incomplete", more: #""incomplete_details":\#(details)"#).decoded
            #expect(found.endings == [StepEnding(.incomplete(reason), finish: finish)], "\(details)")
        }
    }

    @Test("T21: a used up quota after status 200, in the recorded shape and in the specified one")
    func quota() {
        let recorded = ResponsesFixtures.quota.decoded
        #expect(recorded.failure == .paymentRequired)
        #expect(recorded.usages == [Self.usage])
        let specified = ResponsesStream().created()
            .event("error", #""code":"insufficient_quota","message":"You exceeded your quota.","param":null"#).decoded
        guard case .failed(let error) = specified.outcome else { return #expect(Bool(false)) }
        #expect(error.kind == .paymentRequired)
        #expect(error.message == "You exceeded your quota.")
        #expect(!error.isRetryable)
        let bare = ResponsesStream().created().event("error", #""code":null,"message":"Oh.""#).decoded
        #expect(bare.failure == .serverError)
    }

    @Test("T17: a failure is one, whatever was shown, and whether its event or the status in it says so")
    func failed() {
        let server = #""error":{"code":"server_error","message":"m"}"#
        #expect(ResponsesStream().created().message(0, ["a"]).end("failed", more: server).decoded.failure == .serverError)
        let limited = ResponsesStream().created().end("failed", more: #""error":{"code":"rate_limit_exceeded","message":"m"}"#).decoded
        #expect(limited.failure == .rateLimited)
        #expect(ResponsesStream().created().end("cancelled").decoded.failure == .serverError)
        let disguised = ResponsesStream().created().message(0, ["a"])
            .event("response.completed", #""response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}"#).decoded
        #expect(disguised.outcome == .incomplete(.maxOutputTokens))
    }

    @Test("T8: of usage in another shape what can be read is counted, and the answer stands")
    func oddUsages() {
        let table: [(String, [TokenUsage])] = [
            (#"{"input_tokens":3,"output_tokens":"4","total_tokens":7,"cost":{"total_cost":0.5}}"#, [TokenUsage(input: 3, total: 7, cost: 0.5)]),
            (#"{"output_tokens":4,"input_tokens_details":7,"output_tokens_details":{"reasoning_tokens":{}}}"#, [TokenUsage(output: 4)]),
            ("[3]", []), (#""none""#, []),
        ]
        for (usage, counted) in table {
            let found = ResponsesStream().created().message(0, ["a"])
                .event("response.completed", #""response":{"status":"completed","output":[],"usage":\#(usage)}"#).decoded
            #expect(found.usages == counted, "\(usage)")
            #expect(found.text == "a" && found.outcome == .completed, "\(usage)")
        }
    }

    @Test("T18: without a terminal event the answer is cut, also behind the end marker of another format")
    func missingEnd() {
        let answer = ResponsesStream().created().message(0, ["a"])
        #expect(answer.decoded.endings == [StepEnding(.incomplete(.truncated))])
        #expect(WireFixture("", .openaiResponses, answer.frames + ["data: [DONE]"], decides: []).decoded().outcome == .incomplete(.truncated))
        #expect(ResponsesStream().created().decoded.failure == .invalidResponse)
    }

    @Test("T26: a second head is void before anything was shown, and a failure after")
    func splice() {
        #expect(ResponsesStream().created().created().message(0, ["a"]).end("completed").decoded.outcome == .completed)
        let spliced = ResponsesStream().created().text(0, "Hel").created().message(0, ["Hel", "lo"]).end("completed").decoded
        #expect(spliced.failure == .invalidResponse)
        #expect(spliced.text == "Hel")
    }

    @Test("T12: texts and arguments that come whole, without pieces, are taken once")
    func wholeOnly() {
        let found = ResponsesStream().created()
            .event("response.output_text.done", #""output_index":0,"content_index":0,"text":"Hi""#)
            .done(0, ResponsesStream.messageItem(0, "Hi"))
            .done(1, #"{"type":"function_call","id":"fc","call_id":"c","name":"f","arguments":"{\"x\":1}"}"#)
            .end("completed").decoded
        #expect(found.text == "Hi")
        #expect(found.calls == [ToolCall(index: 0, id: "c", name: "f", arguments: #"{"x":1}"#)])
        let atTheEnd = ResponsesStream().created().end("completed", output: "[\(ResponsesStream.messageItem(0, "Hi"))]").decoded
        #expect(atTheEnd.text == "Hi")
        #expect(atTheEnd.outcome == .completed)
    }

    @Test("T10: pieces before the head of their call wait for its name, and fail without one")
    func lateHead() {
        let pieces = ResponsesStream().created().arguments(0, #"{"x":1}"#)
        let item = #"{"type":"function_call","id":"fc","call_id":"c","name":"f","arguments":"{\"x\":1}"}"#
        #expect(pieces.done(0, item).end("completed").decoded.calls == [ToolCall(index: 0, id: "c", name: "f", arguments: #"{"x":1}"#)])
        #expect(pieces.end("completed").decoded.failure == .invalidResponse)
        let lost = ResponsesStream().created().event("response.function_call_arguments.done", #""output_index":0,"arguments":"{}""#).end("completed")
        #expect(lost.decoded.failure == .invalidResponse)
    }

    @Test("T7: events and items that this version does not know are ignored")
    func unknown() {
        let found = ResponsesStream().created()
            .event("response.web_search_call.searching", #""output_index":"odd","delta":{"x":1}"#)
            .added(0, #"{"type":"web_search_call","id":"ws","arguments":[1],"content":"odd"}"#)
            .event("response.something.new", #""item":7,"response":8,"error":9"#)
            .message(1, ["a"]).end("completed").decoded
        #expect(found.text == "a")
        #expect(found.outcome == .completed)
        #expect(found.calls.isEmpty)
    }

    @Test("T22: a known event without its text is malformed, not empty")
    func malformed() {
        let found = ResponsesStream().created().text(0, "a").event("response.output_text.delta", #""output_index":0"#).end("completed").decoded
        #expect(found.failure == .invalidResponse)
    }

    @Test("A whole response instead of a stream is read as one")
    func wholeBody() {
        var decoder = ResponsesDecoder()
        let body =
            #"{"id":"r","object":"response","status":"completed","error":null,"output":[\#(ResponsesStream.messageItem(0, "Hi"))],"usage":\#(ResponsesStream.usage)}"#
        let found = DecodedStream(decoder.decode(body: body.utf8))
        #expect(found.text == "Hi")
        #expect(found.usages == [Self.usage])
        #expect(found.outcome == .completed)
        decoder = ResponsesDecoder()
        #expect(DecodedStream(decoder.decode(body: #"{"object":"response","status":"queued","output":[]}"#.utf8)).failure == .invalidResponse)
    }
}
