import Testing
import Web

@testable import Emulators

@Suite("Messages on the wire") struct MessagesWriterTests {
    @Test("starts, fills and stops blocks, with a ping behind the start") func text() throws {
        let sample = StreamSample(Answers.greeting, .messages, of: .anthropic)
        #expect(
            sample.names == [
                "message_start", "ping", "content_block_start", "content_block_delta", "content_block_delta", "content_block_delta",
                "content_block_stop", "message_delta", "message_stop",
            ])
        #expect(
            sample.parts[3]
                == "event: content_block_delta\ndata: "
                + #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"lo "}}"# + "\n\n")
        let values = try sample.values()
        #expect(values[0]["message"]?["usage"]?["output_tokens"] == 1)
        #expect(values[0]["message"]?["stop_reason"] == .null)
        #expect(values[7]["delta"]?["stop_reason"] == "end_turn")
        #expect(values[7]["usage"]?["output_tokens"] == 3)
    }

    @Test("signs its thinking right before the block stops") func thinking() throws {
        let values = try StreamSample(Answers.thinking, .messages, of: .anthropic).values()
        let deltas = values.compactMap { $0["delta"]?["type"]?.string }
        #expect(deltas == ["thinking_delta", "thinking_delta", "signature_delta", "text_delta"])
        let stops = values.filter { $0["type"] == "content_block_stop" }.compactMap { $0["index"] }
        #expect(stops == [0, 1])
    }

    @Test("begins a tool's input with an empty piece") func tools() throws {
        let values = try StreamSample(Answers.parallel, .messages, of: .anthropic).values()
        let starts = values.filter { $0["type"] == "content_block_start" }
        #expect(starts.compactMap { $0["content_block"]?["name"] } == ["get_weather", "get_time"])
        #expect(starts.allSatisfy { $0["content_block"]?["input"] == .object([]) })
        #expect(values.compactMap { $0["delta"]?["partial_json"]?.string } == ["", #"{"ci"#, #"ty":"Oslo"}"#, "", #"{"zone":"#, #""CET"}"#])
        #expect(values.first { $0["type"] == "message_delta" }?["delta"]?["stop_reason"] == "tool_use")
    }

    @Test("does not stop the block of a tool inside of which the limit fell") func cutTool() {
        let sample = StreamSample(Answers.cutTool, .messages, of: .anthropic)
        #expect(sample.names.suffix(3) == ["content_block_delta", "message_delta", "message_stop"])
        #expect(sample.text.contains(#""stop_reason":"max_tokens""#))
    }

    @Test("refuses with the finish, and no block at all") func refusal() throws {
        let sample = StreamSample(Answers.refusal, .messages, of: .anthropic)
        #expect(sample.names == ["message_start", "ping", "message_delta", "message_stop"])
        let delta = try sample.values()[2]["delta"]
        #expect(delta?["stop_reason"] == "refusal")
        #expect(delta?["stop_details"]?["explanation"] == "I cannot.")
    }

    @Test("hides lengths by spaces before the last brace") func padding() throws {
        var answer = Answers.greeting
        answer.wire.padding = true
        let padded = StreamSample(answer, .messages, of: .anthropic)
        #expect(padded.text.contains(#/\} +\}\n\n/#))
        #expect(try padded.values().compactMap { $0["delta"]?["text"]?.string } == ["Hel", "lo ", "世界"])
    }

    @Test("fails with an event, and nothing behind it") func failure() throws {
        var answer = Answers.greeting
        answer.ending = EmulatorEnding(.error, after: 2, error: EmulatorError(529))
        let sample = StreamSample(answer, .messages, of: .anthropic)
        #expect(sample.names.last == "error")
        #expect(try sample.values().last?["error"]?["type"] == "overloaded_error")
    }
}
