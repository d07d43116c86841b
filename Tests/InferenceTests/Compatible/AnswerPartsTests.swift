import Testing

@testable import Inference

@Suite("The parts of an answer") struct AnswerPartsTests {
    private func changes(_ events: [RunEvent]) -> [AnswerParts.Change] {
        var answer = AnswerParts()
        return events.flatMap { answer.add($0) }
    }

    @Test("A part ends when the next begins, and every piece is told at once")
    func order() {
        #expect(
            changes(ToldRun.events([ToldRun.reasoning("Hm"), ToldRun.text("Hel"), ToldRun.text("lo"), ToldRun.refusal("No")])) == [
                .began(0), .grew(0, by: "Hm"), .ended(0), .began(1), .grew(1, by: "Hel"), .grew(1, by: "lo"), .ended(1), .began(2),
                .grew(2, by: "No"), .ended(2),
            ])
    }

    @Test("Calls one after the other are open one at a time, though they are said to be whole at the end only")
    func parallelCalls() {
        #expect(
            changes(ToldRun.events(ToldRun.parallelCalls, ToldRun.calledTools)) == [
                .began(0), .grew(0, by: #"{"city":"#), .grew(0, by: #""Oslo"}"#), .ended(0), .began(1), .grew(1, by: #"{"zone":"#),
                .grew(1, by: #""CET"}"#), .ended(1),
            ])
        let answer = ToldRun.answer(ToldRun.events(ToldRun.parallelCalls, ToldRun.calledTools))
        #expect(answer.calls.map(\.text) == [#"{"city":"Oslo"}"#, #"{"zone":"CET"}"#])
        #expect(answer.calls.map(\.callIndex) == [0, 1])
        #expect(answer.calls.allSatisfy { $0.isWhole })
    }

    @Test("Calls that are written in turns stay open together, and nothing of them is held back")
    func interleaved() {
        let events = [
            ToldRun.fragment(0, "{", id: "a", name: "f"), ToldRun.fragment(1, "{", id: "b", name: "g"), ToldRun.fragment(0, "}"),
            ToldRun.fragment(1, "}"), ToldRun.call(0, "{}", id: "a", name: "f"), ToldRun.call(1, "{}", id: "b", name: "g"),
        ]
        #expect(
            changes(events) == [
                .began(0), .grew(0, by: "{"), .began(1), .grew(1, by: "{"), .grew(0, by: "}"), .grew(1, by: "}"), .ended(0), .ended(1),
            ])
    }

    @Test("A call begins when its id and name are known, and one without fragments is told whole")
    func lateNames() {
        #expect(
            changes([ToldRun.fragment(0, "{"), ToldRun.fragment(0, "}", id: "a"), ToldRun.call(0, "{}", id: "a", name: "f")]) == [
                .began(0), .grew(0, by: "{}"), .ended(0),
            ])
        #expect(changes([ToldRun.call(0, #"{"a":1}"#, id: "a", name: "f")]) == [.began(0), .grew(0, by: #"{"a":1}"#), .ended(0)])
        #expect(
            changes([ToldRun.fragment(0, "", id: "a", name: "f"), ToldRun.call(0, "{}", id: "a", name: "f")]) == [
                .began(0), .grew(0, by: "{}"), .ended(0),
            ])
    }

    @Test("A call that the end cuts is never whole; one without a name is nothing; the one before it is whole")
    func cut() {
        let events = ToldRun.events(
            [
                ToldRun.fragment(0, #"{"a":1}"#, id: "a", name: "f"), ToldRun.fragment(1, #"{"b":"#, id: "b", name: "g"),
                ToldRun.fragment(2, "{"),
            ], ToldRun.cutByLength)
        let answer = ToldRun.answer(events)
        #expect(answer.calls.map(\.name) == ["f", "g"])
        #expect(answer.calls.map(\.isWhole) == [true, false])
        #expect(answer.parts.indices.map { answer.isCut($0) } == [false, true])
        #expect(answer.ending?.fault == nil)
    }

    @Test("Indices of a later step do not meet those of an earlier one; nothing follows the end; empty text is nothing")
    func steps() {
        let events: [RunEvent] = [
            .stepStarted(step: 1), ToldRun.call(0, "{}", id: "a", name: "f"), .stepStarted(step: 2), ToldRun.text(""),
            ToldRun.call(0, "{}", id: "b", name: "g"), ToldRun.completed, ToldRun.text("late"),
        ]
        let answer = ToldRun.answer(events)
        #expect(answer.calls.map(\.id) == ["a", "b"])
        #expect(answer.calls.map(\.callIndex) == [0, 1])
        #expect(answer.text(of: .text).isEmpty)
    }

    @Test("Only what is whole, or cut by a bound or filter, is an answer")
    func faults() {
        let finish = FinishReason(.stop, raw: nil)
        for ending: AnswerEnding in [.completed(finish), .incomplete(.maxOutputTokens, nil), .incomplete(.contentFilter, nil)] {
            #expect(ending.fault == nil)
        }
        for reason in IncompleteReason.allCases where reason != .maxOutputTokens && reason != .contentFilter {
            #expect(AnswerEnding.incomplete(reason, finish).fault?.code == reason.rawValue)
        }
        #expect(AnswerEnding.cancelled.fault?.status == 499)
        #expect(AnswerEnding.failed(InferenceError(.rateLimited, "Wait.", retryAfter: .seconds(9))).fault?.retryAfter == .seconds(9))
    }

    @Test("Calls of the server's own tools are no parts, at whichever fragment their name comes; the client's keep their order and their places")
    func serverTools() {
        let started = RunEvent.runStarted(RunStarted(run: ToldRun.name, attempt: 1, provider: "up", model: "m-1", serverTools: ["weather"]))
        let named: [RunEvent] = [
            started, ToldRun.text("Let me see."), ToldRun.fragment(0, "", id: "c0", name: "weather"), ToldRun.fragment(0, "{}"),
            ToldRun.fragment(1, "", id: "c1", name: "time"), ToldRun.fragment(1, "{}"),
            ToldRun.call(0, "{}", id: "c0", name: "weather"), ToldRun.call(1, "{}", id: "c1", name: "time"), ToldRun.calledTools,
        ]
        // The name of the first call comes after the second call has begun.
        let late: [RunEvent] = [
            started, ToldRun.text("Let me see."), ToldRun.fragment(0, "{", id: "c0"), ToldRun.fragment(1, "", id: "c1", name: "time"),
            ToldRun.fragment(1, "{}"), ToldRun.fragment(0, "}", name: "weather"), ToldRun.call(0, "{}", id: "c0", name: "weather"),
            ToldRun.call(1, "{}", id: "c1", name: "time"), ToldRun.calledTools,
        ]
        for events in [named, late] {
            var answer = AnswerParts()
            var changes: [AnswerParts.Change] = []
            for event in events { changes += answer.add(event) }
            #expect(answer.parts.map(\.kind) == [.text, .call])
            #expect(answer.calls.map(\.name) == ["time"])
            #expect(answer.calls.map(\.callIndex) == [0])
            let beginnings = changes.filter { change in if case .began = change { true } else { false } }
            #expect(beginnings == [.began(0), .began(1)])
        }
    }

    @Test("A step of the server's own tools leaves what was said before it and after it")
    func serverStep() {
        let started = RunEvent.runStarted(RunStarted(run: ToldRun.name, attempt: 1, provider: "up", model: "m-1", serverTools: ["weather"]))
        let answer = ToldRun.answer([
            started, .stepStarted(step: 1), ToldRun.text("One moment. "), ToldRun.call(0, "{}", id: "c0", name: "weather"),
            .stepFinished(StepFinished(step: 1, finish: FinishReason(.toolCalls, raw: "tool_calls"))),
            .toolResult(ToolResult(index: 0, id: "c0", name: "weather", output: "21")), .stepStarted(step: 2), ToldRun.text("It is warm."),
            .stepFinished(StepFinished(step: 2, finish: nil)), ToldRun.completed,
        ])
        #expect(answer.text(of: .text) == "One moment. It is warm.")
        #expect(answer.calls.isEmpty)
        #expect(ChatShape.finishReason(answer.ending ?? .cancelled, hasCalls: !answer.calls.isEmpty) == "stop")
    }
}
