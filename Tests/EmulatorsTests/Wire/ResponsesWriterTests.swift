import Testing
import Web

@testable import Emulators

@Suite("Responses on the wire") struct ResponsesWriterTests {
    @Test("numbers its events from 0, each named by its type") func numbers() throws {
        for answer in [Answers.greeting, Answers.parallel, Answers.refusal, Answers.cutTool, Answers.thinking] {
            let sample = StreamSample(answer, .responses, of: .openai)
            let values = try sample.values()
            #expect(values.compactMap { $0["sequence_number"] } == (0..<values.count).map { JSONValue.count($0) })
            #expect(values.compactMap { $0["type"]?.string } == sample.names)
        }
    }

    @Test("adds an item, fills it and ends it") func text() throws {
        let sample = StreamSample(Answers.greeting, .responses, of: .openai)
        #expect(
            sample.names == [
                "response.created", "response.in_progress", "response.output_item.added", "response.content_part.added",
                "response.output_text.delta", "response.output_text.delta", "response.output_text.delta", "response.output_text.done",
                "response.content_part.done", "response.output_item.done", "response.completed",
            ])
        let values = try sample.values()
        #expect(values[4...6].compactMap { $0["delta"] } == ["Hel", "lo ", "世界"])
        #expect(values[7]["text"] == "Hello 世界")
        let whole = values[10]["response"]
        #expect(whole?["status"] == "completed")
        #expect(whole?["output"]?[0] == values[9]["item"])
        #expect(whole?["output"]?[0]?["content"]?[0]?["text"] == "Hello 世界")
        #expect(whole?["usage"]?["output_tokens"] == 3)
    }

    @Test("gives each call an item with its arguments") func calls() throws {
        let values = try StreamSample(Answers.parallel, .responses, of: .openai).values()
        let done = values.filter { $0["type"] == "response.output_item.done" }
        #expect(done.compactMap { $0["output_index"] } == [0, 1])
        #expect(done.compactMap { $0["item"]?["call_id"] } == ["call_a", "call_b"])
        #expect(done.compactMap { $0["item"]?["arguments"] } == [#"{"city":"Oslo"}"#, #"{"zone":"CET"}"#])
        #expect(values.last?["response"]?["output"]?.elements?.count == 2)
    }

    @Test("says that an answer is not whole, and why") func incomplete() throws {
        let last = try #require(try StreamSample(Answers.cutTool, .responses, of: .openai).values().last)
        #expect(last["type"] == "response.incomplete")
        #expect(last["response"]?["incomplete_details"]?["reason"] == "max_output_tokens")
        #expect(last["response"]?["output"]?[0]?["status"] == "incomplete")
        #expect(last["response"]?["output"]?[0]?["arguments"] == #"{"city":"Os"#)
    }

    @Test("streams a refusal and reasoning as parts of their own") func parts() throws {
        let refused = StreamSample(Answers.refusal, .responses, of: .openai)
        #expect(refused.names.filter { $0 == "response.refusal.delta" }.count == 2)
        #expect(try refused.values().last?["response"]?["output"]?[0]?["content"]?[0]?["refusal"] == "I cannot.")
        let thought = try StreamSample(Answers.thinking, .responses, of: .openai).values()
        #expect(thought.last?["response"]?["output"]?[0]?["summary"]?[0]?["text"] == "Let me think.")
        #expect(thought.last?["response"]?["output"]?[1]?["content"]?[0]?["text"] == "Yes.")
    }

    @Test("fails flat as it is specified, and nested as it was recorded") func failure() throws {
        func values(_ form: EmulatorError.Form) throws -> [JSONValue] {
            var answer = Answers.greeting
            answer.ending = EmulatorEnding(.error, after: 0, error: EmulatorError(429, code: "insufficient_quota", form: form))
            return try StreamSample(answer, .responses, of: .openai).values()
        }
        let documented = try #require(try values(.documented).last)
        #expect(documented["type"] == "error")
        #expect(documented["code"] == "insufficient_quota")
        let recorded = try values(.recorded).suffix(2).map(\.self)
        #expect(recorded[0]["error"]?["code"] == "insufficient_quota")
        #expect(recorded[1]["type"] == "response.failed")
        #expect(recorded[1]["response"]?["error"]?["code"] == "insufficient_quota")
    }
}
