import Testing

@testable import Inference

/// The traps of OpenAI-compatible streams, except those of tool calls.
@Suite struct ChatCompletionsDecoderTests {
    @Test("A plain answer: text, usage, a completed end")
    func plain() {
        let found = DecodedStream(ChatFixtures.text)
        #expect(found.text == "Hello, wörld 😀")
        #expect(found.usages == [TokenUsage(input: 9, output: 4, total: 13, cachedInput: 1, reasoningOutput: 2)])
        #expect(found.endings == [StepEnding(.completed, finish: FinishReason(.stop, raw: "stop"))])
        #expect(!found.followsEnding)
    }

    @Test("T6: comments, the role and empty content are not the first token")
    func firstToken() {
        var decoder = ChatCompletionsDecoder()
        var stream = ChatStream()
        for _ in 0..<17 { stream = stream.comment("OPENROUTER PROCESSING") }
        #expect(decoder.decode(stream.role().bytes()).isEmpty)
        #expect(!decoder.hasFirstToken)
        #expect(decoder.decode(ChatStream().text("a").bytes()) == [.chunk(StreamChunk(.text, "a"))])
        #expect(decoder.hasFirstToken)
    }

    @Test(
        "T7: choices that are empty, null or absent carry no text and do no harm",
        arguments: [#"{"id":"x","choices":[]}"#, #"{"id":"x","choices":null}"#, #"{"id":"x"}"#])
    func noChoices(_ chunk: String) {
        let found = DecodedStream(ChatStream().raw(chunk).text("a").finish("stop").done())
        #expect(found.text == "a")
        #expect(found.outcome == .completed)
    }

    @Test("T8: usage beside choices, on the finish chunk, twice or missing")
    func usages() {
        let count = #","usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}"#
        #expect(DecodedStream(ChatFixtures.reasoning).usages.map(\.output) == [10])
        let onFinish = DecodedStream(ChatStream().text("a").chunk("{}", finish: "stop", more: count).done())
        #expect(onFinish.usages == [TokenUsage(input: 1, output: 2, total: 3)])
        let twice = DecodedStream(ChatStream().chunk(#"{"content":"a"}"#, more: count).finish("stop").usage(prompt: 5, completion: 6).done())
        #expect(twice.usages.map(\.input) == [5])
        let none = DecodedStream(ChatFixtures.length)
        #expect(none.usages.isEmpty)
        let null = DecodedStream(ChatStream().chunk(#"{"content":"a"}"#, more: #","usage":null"#).finish("stop").done())
        #expect(null.outcome == .completed)
    }

    @Test("T8: of usage in another shape what can be read is counted, and the answer stands")
    func oddUsages() {
        let cost = #""cost":{"input_tokens_cost":0.001,"request_cost":0.005,"total_cost":0.006}"#
        let details = #""prompt_tokens_details":{"cached_tokens":"1","cache_write_tokens":2},"completion_tokens_details":[3]"#
        let table: [(String, [TokenUsage])] = [
            (#"{"prompt_tokens":3,"total_tokens":7,"search_context_size":"low",\#(cost)}"#, [TokenUsage(input: 3, total: 7, cost: 0.006)]),
            (#"{"prompt_tokens":3,"cost":{"currency":"EUR"}}"#, [TokenUsage(input: 3)]),
            (#"{"prompt_tokens":3,"cost":"0.1"}"#, [TokenUsage(input: 3)]),
            (#"{"prompt_tokens":"3","completion_tokens":4.5,"total_tokens":7}"#, [TokenUsage(total: 7)]),
            (#"{"completion_tokens":4,\#(details)}"#, [TokenUsage(output: 4, cacheWriteInput: 2)]),
            (#"{"prompt_tokens":{}}"#, []), ("{}", []), ("[3]", []), (#""none""#, []), ("3", []),
        ]
        for (usage, counted) in table {
            let found = DecodedStream(ChatStream().text("a").chunk("{}", finish: "stop", more: #","usage":\#(usage)"#).done())
            #expect(found.usages == counted, "\(usage)")
            #expect(found.text == "a" && found.outcome == .completed, "\(usage)")
        }
    }

    @Test("T18: a clean end without a finish is truncated, with nothing shown an error; never completed")
    func cleanEndWithoutFinish() {
        #expect(DecodedStream(ChatStream().role().text("a")).outcome == .incomplete(.truncated))
        #expect(DecodedStream(ChatStream().role()).failure == .invalidResponse)
        #expect(DecodedStream([UInt8]()).failure == .invalidResponse)
    }

    @Test("T18: the end marker without a finish is no completion either")
    func doneWithoutFinish() {
        #expect(DecodedStream(ChatStream().role().text("a").done()).outcome == .incomplete(.truncated))
        #expect(DecodedStream(ChatStream().done()).failure == .invalidResponse)
    }

    @Test("T18: a finish without the end marker is accepted and marked")
    func finishWithoutDone() {
        let found = DecodedStream(ChatStream().role().text("a").finish("stop"))
        #expect(found.endings == [StepEnding(.completed, finish: FinishReason(.stop, raw: "stop"), missingDone: true)])
    }

    @Test("T19: a broken transport, truncated with text, its own error without, completed after the finish")
    func brokenTransport() {
        let reset = InferenceError(.connection, "reset")
        var decoder = ChatCompletionsDecoder()
        _ = decoder.decode(ChatStream().text("a").bytes())
        #expect(decoder.end(.broken(reset)) == [.ended(StepEnding(.incomplete(.truncated)))])
        decoder = ChatCompletionsDecoder()
        _ = decoder.decode(ChatStream().role().bytes())
        #expect(decoder.end(.broken(reset)) == [.ended(StepEnding(.failed(reset)))])
        decoder = ChatCompletionsDecoder()
        _ = decoder.decode(ChatStream().text("a").finish("stop").bytes())
        #expect(decoder.end(.broken(reset)) == [.ended(StepEnding(.completed, finish: FinishReason(.stop, raw: "stop"), missingDone: true))])
    }

    @Test("T19: half a JSON object at the end is not text")
    func halfObject() {
        let bytes = ChatStream().text("a").bytes() + Array(#"data: {"choices":[{"index":0,"delta":{"content":"b"#.utf8)
        let found = DecodedStream(bytes)
        #expect(found.text == "a")
        #expect(found.outcome == .incomplete(.truncated))
    }

    @Test("T20: after the end marker nothing is awaited and nothing is said")
    func doneEnds() {
        var decoder = ChatCompletionsDecoder()
        _ = decoder.decode(ChatFixtures.text.bytes())
        #expect(decoder.isEnded)
        #expect(decoder.decode(ChatStream().text("late").bytes()).isEmpty)
        #expect(decoder.end(.clean).isEmpty)
    }

    @Test("T17: an error chunk fails the call, whatever the finish says, before it or after it")
    func errorChunk() {
        let error =
            #"{"id":"x","error":{"code":502,"message":"upstream","metadata":{"error_type":"provider_unavailable"}},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}"#
        #expect(DecodedStream(ChatStream().text("a").raw(error)).failure == .unavailable)
        let afterFinish = DecodedStream(ChatStream().text("a").finish("length").raw(error).usage(prompt: 1, completion: 1).done())
        #expect(afterFinish.failure == .unavailable)
        #expect(afterFinish.usages.count == 1)
        #expect(afterFinish.text == "a")
        let finishAfter = DecodedStream(ChatStream().raw(error).finish("stop").done())
        #expect(finishAfter.failure == .unavailable)
    }

    @Test("T21: a top-level error after status 200 is an error, an empty one is not")
    func errorAfterOK() {
        let quota = #"{"error":{"message":"You exceeded your quota","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#
        #expect(DecodedStream(ChatStream().raw(quota)).failure == .paymentRequired)
        #expect(DecodedStream(ChatStream().raw(#"{"error":"plain words"}"#)).failure == .serverError)
        for empty in ["null", "{}", #""""#] {
            let chunk = #"{"error":\#(empty),"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}"#
            #expect(DecodedStream(ChatStream().raw(chunk).done()).outcome == .completed, "\(empty)")
        }
    }

    @Test("A finish called error is a failure without an error object")
    func finishError() {
        #expect(DecodedStream(ChatStream().text("a").finish("error").done()).failure == .serverError)
    }

    @Test("T22: a malformed line is counted and fails the call; it is never skipped")
    func malformed() {
        var decoder = ChatCompletionsDecoder()
        let stream = ChatStream().text("a").raw(#"{"choices":[{"index":0,"#).text("b").finish("stop").done()
        let found = DecodedStream(decoder.decode(stream.bytes()))
        #expect(decoder.malformedEvents == 1)
        #expect(found.failure == .invalidResponse)
    }

    @Test("A line without an end is refused at its bound")
    func unbounded() {
        var decoder = ChatCompletionsDecoder(limits: .init(line: 64, event: 64))
        let found = DecodedStream(decoder.decode(Array(repeating: UInt8(ascii: "x"), count: 100)))
        #expect(found.failure == .invalidResponse)
        #expect(decoder.isEnded)
    }

    @Test("T23: reasoning under its three names is reasoning, once, and never content")
    func reasoning() {
        let found = DecodedStream(ChatFixtures.reasoning)
        #expect(found.reasoning == "Think")
        #expect(found.text == "Answer")
        #expect(DecodedStream(ChatStream().chunk(#"{"content":null,"reasoning_content":"hm"}"#).finish("stop").done()).reasoning == "hm")
        let details =
            #"{"reasoning_details":[{"type":"reasoning.text","text":"a"},{"type":"reasoning.encrypted","data":"zzz"},{"type":"reasoning.summary","summary":"b"}]}"#
        #expect(DecodedStream(ChatStream().chunk(details).finish("stop").done()).reasoning == "ab")
    }

    @Test("T24: finish_reason may be absent, and role and content may come together")
    func absentFinish() {
        let chunk = #"{"id":"a","created":1,"model":"x","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"}}]}"#
        let other = #"{"id":"b","created":2,"model":"y","choices":[{"index":0,"delta":{"content":"!"}}]}"#
        let found = DecodedStream(ChatStream().raw(chunk).raw(other).finish("stop").done())
        #expect(found.text == "Hi!")
        #expect(found.outcome == .completed)
    }

    @Test("T24: a reason that is empty, or the word null, is no finish", arguments: ["", "null"])
    func noFinish(_ word: String) {
        let begun = ChatStream().chunk(#"{"content":"a"}"#, finish: word)
        #expect(DecodedStream(begun).endings == [StepEnding(.incomplete(.truncated))])
        #expect(DecodedStream(begun.text("b").finish("stop").done()).endings == [StepEnding(.completed, finish: FinishReason(.stop, raw: "stop"))])
    }

    @Test("T27: a refusal has its own channel and its own unified reason")
    func refusal() {
        let found = DecodedStream(ChatFixtures.refusal)
        #expect(found.refusal == "I cannot.")
        #expect(found.text.isEmpty)
        #expect(found.endings.first?.finish == FinishReason(.refusal, raw: "stop"))
    }

    @Test("Finishes are unified, and the raw word is kept")
    func finishes() {
        let table: [(String, FinishReason.Unified)] = [
            ("stop", .stop), ("length", .length), ("tool_calls", .toolCalls), ("function_call", .toolCalls), ("content_filter", .contentFilter),
            ("eos", .stop), ("eos_token", .stop), ("tool_use", .toolCalls), ("MAX_TOKENS", .length), ("model_length", .length),
            ("max_output_tokens", .length), ("SAFETY", .contentFilter), ("TOOL_CALL", .toolCalls), ("abort", .error), ("something_new", .other),
            ("error", .error),
        ]
        for (word, unified) in table {
            let found = DecodedStream(ChatStream().text("a").finish(word).done())
            #expect(found.endings.first?.finish == FinishReason(unified, raw: word))
        }
        #expect(DecodedStream(ChatFixtures.length).outcome == .incomplete(.maxOutputTokens))
        #expect(DecodedStream(ChatStream().text("a").finish("content_filter").done()).outcome == .incomplete(.contentFilter))
    }

    @Test("A finish completes an answer only with a word that is known to do so; what was shown of any other is cut, with its word beside it")
    func cutFinishes() {
        let table: [(String, FinishReason.Unified, IncompleteReason)] = [
            ("model_length", .length, .maxOutputTokens), ("max_output_tokens", .length, .maxOutputTokens),
            ("model_context_window_exceeded", .length, .maxOutputTokens), ("insufficient_system_resource", .error, .truncated),
            ("abort", .error, .truncated), ("aborted", .error, .truncated), ("cancelled", .error, .truncated), ("something_new", .other, .truncated),
        ]
        for (word, unified, reason) in table {
            let finish = FinishReason(unified, raw: word)
            let found = DecodedStream(ChatStream().text("a").finish(word).done())
            #expect(found.endings == [StepEnding(.incomplete(reason), finish: finish)], "\(word)")
            let again = DecodedStream(ChatStream().text("a").finish(word).finish("stop").done())
            #expect(again.endings == [StepEnding(.incomplete(reason), finish: finish)], "\(word)")
            let calling = ChatStream().tool(index: 0, id: "a", name: "f", arguments: "{}").tool(index: 1, id: "b", name: "g", arguments: "{")
            #expect(DecodedStream(calling.finish(word).done()).calls.map(\.id) == ["a"], "\(word)")
        }
        for word in ["stop", "STOP", "end", "COMPLETE", "eos_token", "end_turn", "stop_sequence", "tool_use"] {
            #expect(DecodedStream(ChatStream().text("a").finish(word).done()).outcome == .completed, "\(word)")
        }
    }

    @Test("An answer that the provider gave up before anything was shown is an error that may be tried again, with the provider's word")
    func givenUp() {
        for word in ["insufficient_system_resource", "abort", "aborted", "cancelled"] {
            guard case .failed(let error) = DecodedStream(ChatStream().role().finish(word).done()).outcome else {
                return #expect(Bool(false), "\(word)")
            }
            #expect(error.kind == .serverError && error.code == word && error.isRetryable)
        }
    }

    @Test("T17: of several finishes one that tells of a cut stays, and text after the finish is kept")
    func repeatedFinish() {
        let cut = DecodedStream(ChatStream().text("a").finish("length").text("b").finish("stop").finish("length").done())
        #expect(cut.outcome == .incomplete(.maxOutputTokens))
        #expect(cut.text == "ab")
        let refined = DecodedStream(ChatStream().text("a").finish("stop").finish("content_filter").done())
        #expect(refined.outcome == .incomplete(.contentFilter))
    }

    @Test("Another choice's text is not ours")
    func otherChoice() {
        let other = #"{"choices":[{"index":1,"delta":{"content":"no"},"finish_reason":"stop"},{"index":0,"delta":{"content":"yes"}}]}"#
        let found = DecodedStream(ChatStream().raw(other))
        #expect(found.text == "yes")
        #expect(found.outcome == .incomplete(.truncated))
    }

    @Test("Content may be a list of parts")
    func contentParts() {
        #expect(
            DecodedStream(ChatStream().chunk(#"{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}"#).finish("stop").done()).text
                == "ab")
    }

    @Test("A whole completion object instead of a stream is read as one")
    func wholeBody() {
        var decoder = ChatCompletionsDecoder()
        let body =
            #"{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}"#
        let found = DecodedStream(decoder.decode(body: body.utf8))
        #expect(found.text == "Hi")
        #expect(found.outcome == .completed)
        decoder = ChatCompletionsDecoder()
        #expect(DecodedStream(decoder.decode(body: #"{"error":{"message":"no","code":"rate_limit_exceeded"}}"#.utf8)).failure == .rateLimited)
        decoder = ChatCompletionsDecoder()
        #expect(DecodedStream(decoder.decode(body: "<html>".utf8)).failure == .invalidResponse)
    }

    @Test("The outcome is settled by a finish or an error, not by text")
    func settled() {
        var decoder = ChatCompletionsDecoder()
        _ = decoder.decode(ChatStream().text("a").bytes())
        #expect(!decoder.isSettled)
        _ = decoder.decode(ChatStream().finish("stop").bytes())
        #expect(decoder.isSettled)
    }
}
