import Testing
import Web

@testable import Emulators

@Suite("Chat Completions on the wire") struct ChatWriterTests {
    /// A chunk as OpenAI writes it.
    private func chunk(_ sample: StreamSample, _ delta: String, _ reason: String = "null", more: String = "") -> String {
        head(sample) + #","choices":[{"index":0,"delta":{\#(delta)},"logprobs":null,"finish_reason":\#(reason)}]\#(more)}"# + "\n\n"
    }

    private func head(_ sample: StreamSample) -> String {
        #"data: {"id":"\#(sample.identity.id)","object":"chat.completion.chunk","created":1700000000,"model":"m","#
            + #""service_tier":"default","system_fingerprint":"fp_emulated""#
    }

    @Test("writes text byte for byte as OpenAI does") func text() {
        let sample = StreamSample(Answers.greeting, .chat, of: .openai)
        #expect(
            sample.parts == [
                chunk(sample, #""role":"assistant","content":"","refusal":null"#), chunk(sample, #""content":"Hel""#),
                chunk(sample, #""content":"lo ""#), chunk(sample, #""content":"世界""#), chunk(sample, "", #""stop""#), "data: [DONE]\n\n",
            ])
    }

    @Test("escapes what JSON wants escaped and nothing else") func escapes() {
        let sample = StreamSample(EmulatorAnswer(text: ["\"\\\n\u{1}\u{2028}/é"], wire: .plain), .chat, of: .openai)
        #expect(sample.parts[1] == chunk(sample, #""content":"\"\\\n\u0001"# + "\u{2028}/é\""))
    }

    @Test("sends usage in its own chunk when it is asked for, and null before") func usage() {
        var answer = Answers.greeting
        answer.usage = EmulatorUsage(input: 9, output: 3)
        let sample = StreamSample(answer, .chat, of: .openai) { $0.includesUsage = true }
        #expect(sample.parts[1] == chunk(sample, #""content":"Hel""#, more: #","usage":null"#))
        let usage =
            #"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"#
            + #""completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"#
            + #""rejected_prediction_tokens":0}}"#
        #expect(sample.parts[5] == head(sample) + #","choices":[],"usage":\#(usage)}"# + "\n\n")
        #expect(sample.parts.count == 7)
    }

    static let places: [(EmulatorUsage.Place, [Int])] = [(.finish, [4]), (.twice, [4, 5]), (.missing, [])]

    @Test("puts usage where the script says", arguments: ChatWriterTests.places)
    func usagePlaces(place: EmulatorUsage.Place, parts: [Int]) {
        var answer = Answers.greeting
        answer.usage.place = place
        let sample = StreamSample(answer, .chat, of: .openai) { $0.includesUsage = true }
        #expect(sample.parts.indices.filter { sample.parts[$0].contains("prompt_tokens") } == parts)
    }

    @Test("hides the lengths of pieces unless that is declined") func obfuscation() {
        var answer = Answers.greeting
        answer.wire.padding = true
        #expect(StreamSample(answer, .chat, of: .openai).parts[1].contains(#"],"obfuscation":""#))
        #expect(!StreamSample(answer, .chat, of: .openai) { $0.pads = false }.text.contains("obfuscation"))
    }

    @Test("sends tool calls one after the other, id and name once") func tools() throws {
        let sample = StreamSample(Answers.parallel, .chat, of: .openai)
        #expect(
            sample.parts == [
                chunk(sample, #""role":"assistant","content":null,"refusal":null"#),
                chunk(
                    sample, #""tool_calls":[{"index":0,"id":"call_a","type":"function","function":{"name":"get_weather","arguments":""}}]"#),
                chunk(sample, #""tool_calls":[{"index":0,"function":{"arguments":"{\"ci"}}]"#),
                chunk(sample, #""tool_calls":[{"index":0,"function":{"arguments":"ty\":\"Oslo\"}"}}]"#),
                chunk(sample, #""tool_calls":[{"index":1,"id":"call_b","type":"function","function":{"name":"get_time","arguments":""}}]"#),
                chunk(sample, #""tool_calls":[{"index":1,"function":{"arguments":"{\"zone\":"}}]"#),
                chunk(sample, #""tool_calls":[{"index":1,"function":{"arguments":"\"CET\"}"}}]"#), chunk(sample, "", #""tool_calls""#),
                "data: [DONE]\n\n",
            ])
    }

    @Test("has OpenRouter's comments, roles on every chunk, two reasons, and usage with a choice and a price") func openRouter() throws {
        var answer = Answers.thinking
        answer.usage = EmulatorUsage(input: 5, output: 3, cost: 0.25)
        let sample = StreamSample(answer, .chat, of: .openrouter)
        #expect(sample.parts.prefix(4) == [": OPENROUTER PROCESSING\n\n", ": OPENROUTER PROCESSING\n\n", ": OPENROUTER PROCESSING\n\n", ""])
        let values = try sample.values()
        #expect(values.count == 5)
        #expect(values.allSatisfy { $0["choices"]?[0]?["delta"]?["role"] == "assistant" && $0["provider"] == "Emulated" })
        #expect(values[0]["choices"]?[0]?["delta"]?["reasoning"] == "Let me ")
        #expect(values[0]["choices"]?[0]?["delta"]?["reasoning_details"]?[0]?["text"] == "Let me ")
        #expect(values[2]["choices"]?[0]?["delta"]?["content"] == "Yes.")
        #expect(values[3]["choices"]?[0]?["finish_reason"] == "stop")
        #expect(values[3]["choices"]?[0]?["native_finish_reason"] == "stop")
        #expect(values[4]["usage"]?["cost"] == 0.25)
        #expect(values[4]["choices"]?.elements?.count == 1)
        #expect(sample.text.hasSuffix("data: [DONE]\n\n"))
    }

    @Test("fails inside of a stream as OpenRouter's pages have it, and as it was recorded") func openRouterFailure() throws {
        func sample(_ form: EmulatorError.Form) -> StreamSample {
            var answer = Answers.greeting
            answer.ending = EmulatorEnding(.error, after: 1, error: EmulatorError(502, form: form))
            return StreamSample(answer, .chat, of: .openrouter)
        }
        let documented = try sample(.documented).values()
        #expect(documented.count == 2)
        #expect(documented[1]["choices"]?[0]?["finish_reason"] == "error")
        #expect(documented[1]["error"]?["metadata"]?["error_type"] == "provider_unavailable")
        #expect(documented[1]["usage"] == nil)
        #expect(!sample(.documented).text.contains("[DONE]"))

        let recorded = try sample(.recorded).values()
        #expect(recorded.count == 4)
        #expect(recorded[1...2].allSatisfy { $0["choices"]?[0]?["finish_reason"] == "length" })
        #expect(recorded[3]["choices"]?[0]?["finish_reason"] == .null)
        #expect(recorded[3]["error"]?["code"] == 502)
        #expect(recorded[3]["usage"] != nil)
        #expect(sample(.recorded).text.hasSuffix("data: [DONE]\n\n"))
    }

    @Test("ends lines as it is told", arguments: EmulatorWire.LineEnding.allCases) func lineEndings(ending: EmulatorWire.LineEnding) {
        var answer = Answers.greeting
        answer.wire.lineEnding = ending
        let plain = StreamSample(Answers.greeting, .chat, of: .openai).text
        #expect(StreamSample(answer, .chat, of: .openai).text == plain.replacing("\n", with: ending.text))
    }

    @Test("writes a line that is no JSON, and goes on") func malformed() throws {
        var answer = Answers.greeting
        answer.ending = EmulatorEnding(.malformed, after: 1)
        let sample = StreamSample(answer, .chat, of: .openai)
        #expect(throws: (any Error).self) { try sample.values() }
        #expect(sample.parts[3] == chunk(sample, #""content":"lo ""#))
    }
}
