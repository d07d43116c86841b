import Testing

@testable import Emulators

@Suite("The built-in script") struct BuiltInAnswerTests {
    private func answer(_ message: String, tools: [String] = [], results: [String] = []) -> EmulatorAnswer {
        BuiltInAnswer.answer(to: Question(shape: .chat, model: "m", lastUser: message, toolResults: results, tools: tools))
    }

    private func text(_ answer: EmulatorAnswer) -> String {
        guard case .whole(let text) = answer.text else { return "" }
        return text
    }

    @Test("repeats what it was told, without magic words") func echo() {
        #expect(text(answer("Hi there [[slow:50ms]]")).contains("“Hi there”"))
        #expect(answer("Hi there [[slow:50ms]]").pace.gap == .milliseconds(50))
        #expect(answer("[[first:2s]]").pace.first == .seconds(2))
    }

    @Test("knows every word that it says it knows", arguments: MagicWord.known.map(\.word)) func known(word: String) throws {
        let words = MagicWord.all(in: "Please \(word).")
        #expect(words.count == 1)
        var changed = EmulatorAnswer(text: "x")
        #expect(try #require(words.first).apply(to: &changed))
        #expect(changed != EmulatorAnswer(text: "x"))
        #expect(MagicWord.removed(from: "a \(word)") == "a")
    }

    @Test("says what there is when it does not know a word", arguments: ["[[cat]]", "[[error:12]]", "[[slow:soon]]", "[[trap:index:none]]"])
    func strangers(word: String) {
        let answer = answer("Hi \(word)")
        #expect(text(answer).hasPrefix("I do not know \(word)."))
        #expect(text(answer).contains("[[error:429]]"))
    }

    @Test("does what a word says") func words() {
        #expect(answer("[[cut:3]]").ending == EmulatorEnding(.reset, after: 3))
        #expect(answer("[[fail:2:recorded]]").ending == EmulatorEnding(.error, after: 2, error: EmulatorError(500, form: .recorded)))
        #expect(answer("[[error:503]]").refuse == EmulatorError(503, retryAfter: 1))
        #expect(answer("[[json-error:429]]").refuse == EmulatorError(429, httpStatus: 200))
        let calls = answer("[[tool:a]][[tool:b]][[trap:index:zero]]")
        #expect(calls.toolCalls.map(\.name) == ["a", "b"])
        #expect(calls.traps.index == .zero)
        #expect(calls.text == .nothing)
    }

    @Test("calls a tool that is offered and named, and then says what it brought") func tools() {
        let call = answer("Ask get_weather \"now\"", tools: ["get_time", "get_weather"]).toolCalls.first
        #expect(call == EmulatorToolCall("get_weather", .whole(#"{"input":"Ask get_weather \"now\""}"#)))
        let after = answer("Ask [[tool:get_weather]]", tools: ["get_weather"], results: ["18 °C"])
        #expect(after.toolCalls.isEmpty)
        #expect(text(after) == "The tool answered “18 °C”.")
    }
}
