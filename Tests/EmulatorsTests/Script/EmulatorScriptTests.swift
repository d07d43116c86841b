import Foundation
import Testing

@testable import Emulators

@Suite("Scripts") struct EmulatorScriptTests {
    private func read(_ json: String) throws -> EmulatorScript { try EmulatorScript(json: Data(json.utf8)) }

    @Test("are read from JSON, with the usual for what is left out") func reading() throws {
        let script = try read(
            #"""
            {"key": "sk-1", "rules": [
              {"contains": "weather", "times": 2, "answer": {
                "tool_calls": [{"name": "f", "arguments": ["{", "}"]}], "traps": {"index": "from_one"},
                "pace": {"first_ms": 200, "gap_ms": 0.5}, "wire": {"line_ending": "crlf", "split_every": 3},
                "ending": {"kind": "error", "after": 1, "error": {"status": 429, "retry_after": 2}}}},
              {"answer": {"text": {"words": 5}}}
            ]}
            """#)
        var first = EmulatorAnswer(toolCalls: [EmulatorToolCall("f", ["{", "}"])], traps: EmulatorToolTraps(index: .fromOne))
        first.pace = EmulatorPace(first: .milliseconds(200), gap: .microseconds(500))
        first.wire = EmulatorWire(lineEnding: .crlf, splitEvery: 3)
        first.ending = EmulatorEnding(.error, after: 1, error: EmulatorError(429, retryAfter: 2))
        #expect(
            script
                == EmulatorScript(
                    key: "sk-1", rules: [EmulatorRule(first, contains: "weather", times: 2), EmulatorRule(EmulatorAnswer(text: .words(5)))]))
    }

    @Test("are the same after they were written and read") func roundTrip() throws {
        let script = EmulatorScript(
            key: "k", models: ["m"],
            rules: [Answers.framed, Answers.greeting, Answers.parallel, Answers.refusal, Answers.cutTool, Answers.thinking].map { answer in
                EmulatorRule(answer, afterTool: false)
            })
        #expect(try EmulatorScript(json: JSONEncoder().encode(script)) == script)
    }

    @Test(
        "are refused with the place and what is wanted there",
        arguments: [
            (#"{"rule": []}"#, "\"rule\" is no member here; there are key, models, rules"),
            (#"{"rules": [{}]}"#, "rules[0]: \"answer\" is missing"),
            (#"{"rules": [{"answer": {"wire": {"split": 1}}}]}"#, "rules[0].answer.wire: \"split\" is no member here"),
            (#"{"rules": [{"answer": {"wire": {"split_every": 0}}}]}"#, "rules[0].answer.wire.split_every: 0 is too small"),
            (#"{"rules": [{"answer": {"pace": {"gap_ms": -1}}}]}"#, "rules[0].answer.pace.gap_ms: -1.0 is no time"),
            (#"{"rules": [{"answer": {"frames": [{"after": 1}]}}]}"#, "rules[0].answer.frames[0]: \"lines\" is missing"),
            (#"{"rules": [{"answer": {"frames": [{"after": -1, "lines": []}]}}]}"#, "rules[0].answer.frames[0].after: -1 is too small"),
            (#"{"rules": [{"answer": {"refuse": {"status": 42}}}]}"#, "rules[0].answer.refuse.status: 42 is no status"),
        ]) func refusals(json: String, reason: String) throws
    {
        let fault = try #require(throws: ScriptFault.self) { try read(json) }
        #expect(fault.description.hasPrefix(reason), "\(fault)")
    }

    @Test("choose the first rule that fits and is not used up, then the built-in answer") func choosing() {
        let one = EmulatorAnswer(text: "one")
        let two = EmulatorAnswer(text: "two")
        let tool = EmulatorAnswer(text: "tool")
        let picker = RulePicker(
            EmulatorScript(rules: [
                EmulatorRule(tool, afterTool: true), EmulatorRule(one, contains: "Weather", times: 1), EmulatorRule(two, model: "m2"),
            ]))
        var question = Question(shape: .chat, model: "m1", lastUser: "the weather?")
        #expect(picker.answer(to: question) == one)
        #expect(picker.answer(to: question) == BuiltInAnswer.answer(to: question))
        question.model = "m2"
        #expect(picker.answer(to: question) == two)
        question.toolResults = ["rain"]
        #expect(picker.answer(to: question) == tool)
    }
}
