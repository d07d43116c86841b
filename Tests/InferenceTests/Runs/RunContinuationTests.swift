import TestSupport
import Testing

@testable import Inference

/// What a log says of where its run goes on.
@Suite("Where a run goes on") struct RunContinuationTests {
    private static let search = ToolCall.played(0, "memory_search")
    private static let result = RunEvent.toolResult(ToolResult(of: search, output: "tea", isError: false))
    private static let toldStep = LostWorker.step(1, calling: search, saying: "Let me look.") + [result]

    private func log(_ events: [RunEvent], epoch: UInt64 = 1, after earlier: [RunLogEntry] = []) -> [RunLogEntry] {
        var record = RunRecord(epoch: epoch, earlier: earlier)
        for event in events { _ = record.add(event) }
        return Array(record.entries)
    }

    private func continuation(_ events: [RunEvent]) -> RunContinuation? { RunContinuation(log([LostWorker.started()] + events)) }

    private func last(_ finish: FinishReason.Unified?, _ state: RunState? = nil) -> [RunEvent] {
        [
            .stepStarted(step: 1), .chunk(StreamChunk(.text, "Tea.")),
            .stepFinished(StepFinished(step: 1, finish: finish.map { FinishReason($0, raw: nil) }, state: state)),
        ]
    }

    @Test("Behind a step that has ended, wherever its calls stand")
    func finished() throws {
        for told in [LostWorker.step(1, calling: Self.search), Self.toldStep] {
            let found = try #require(continuation(told))
            #expect(found.point == .finished && found.step == 1 && found.finishedSteps == 1)
            #expect(found.current.ending?.outcome == .completed)
        }
        let found = try #require(continuation(Self.toldStep))
        #expect(found.candidate == RunPlan.Candidate(provider: "played", model: "test-model"))
        #expect(found.current.usage == TokenUsage(input: 10, output: 2))
        let messages = found.messages(of: found.current)
        #expect(messages.map(\.role) == [.assistant, .tool])
        #expect(messages[0].content == "Let me look." && messages[0].toolCalls?.map(\.id) == ["call_0"])
        #expect(messages[1].content == "tea" && messages[1].toolCallID == "call_0")
    }

    @Test("With the next step again, as long as it has shown nothing")
    func ask() throws {
        let found = try #require(continuation(Self.toldStep + [.stepStarted(step: 2)]))
        #expect(found.point == .ask && found.step == 2 && found.finishedSteps == 1 && found.earlier.count == 1)
        for piece in [RunEvent.chunk(StreamChunk(.reasoning, "Hm")), .toolCallDelta(ToolCallDelta(index: 0, arguments: "")), .toolCall(Self.search)] {
            #expect(continuation(Self.toldStep + [.stepStarted(step: 2), piece]) == nil)
        }
    }

    @Test("It tells how often a step was asked for again: by attempts that went on in it before it had shown anything")
    func repeats() throws {
        let resumed = RunEvent.resumed(RunResumed(attempt: 2, step: 2))
        let silent = Self.toldStep + [.stepStarted(step: 2), resumed, resumed]
        #expect(try #require(continuation(silent)).current.repeats == 2)
        #expect(try #require(continuation(Self.toldStep + [resumed, .stepStarted(step: 2)])).current.repeats == 0)
        let record = log([LostWorker.started()] + silent + [.chunk(StreamChunk(.text, "Tea.")), resumed])
        let transcript = RunRecord(epoch: 2, earlier: record).transcript
        #expect(transcript.openRepeats == 2 && transcript.repeats == 2, "who reads an answer on makes no call")
    }

    @Test("In mid-answer, when the log has an anchor of that step; what was told of the answer goes along")
    func answer() throws {
        let fragment = ToolCallDelta(index: 0, id: "a", name: "f", arguments: "{")
        let told: [RunEvent] = Self.toldStep + [.stepStarted(step: 2), .chunk(StreamChunk(.text, "Ha")), .toolCallDelta(fragment)]
        func anchor(_ step: Int, at sequence: Int = 7) -> RunAnchor {
            RunAnchor(step: step, position: AnswerPosition(answer: "resp_1", sequence: sequence, calls: [1], told: []))
        }
        let found = try #require(RunContinuation(log([LostWorker.started()] + told), anchor: anchor(2)))
        guard case .answer(let kept) = found.point else { throw TestSupportError("it goes on elsewhere") }
        #expect(kept.position.sequence == 7 && kept.told.channels == [.text] && kept.told.fragments == [fragment])
        #expect(found.finishedSteps == 1 && found.shownSteps == 2 && found.position == kept.position)
        #expect(RunContinuation(log([LostWorker.started()] + told), anchor: anchor(1)) == nil)
        #expect(RunContinuation(log([LostWorker.started()] + told)) == nil)
        #expect(RunContinuation(log([LostWorker.started()] + told), anchor: anchor(2, at: -1)) == nil, "nobody knows what stands behind it")
        // What comes with the end of an answer was told already.
        for last in [RunEvent.toolCall(Self.search), .usage(TokenUsage(input: 1))] {
            #expect(RunContinuation(log([LostWorker.started()] + told + [last]), anchor: anchor(2)) == nil)
        }
        // An anchor says nothing where the log needs none.
        #expect(RunContinuation(log([LostWorker.started()] + Self.toldStep), anchor: anchor(1))?.point == .finished)
    }

    @Test("Behind its last step, if the log says without doubt how that ended")
    func lastStep() throws {
        #expect(continuation(last(.stop))?.current.ending?.outcome == .completed)
        #expect(continuation(last(.refusal))?.current.ending?.outcome == .completed)
        #expect(continuation(last(.length, .incomplete))?.current.ending?.outcome == .incomplete(.maxOutputTokens))
        #expect(continuation(last(.contentFilter, .incomplete))?.current.ending?.outcome == .incomplete(.contentFilter))
        for (finish, state) in [(FinishReason.Unified.stop, RunState.failed), (.other, .incomplete), (.stop, .cancelled)] {
            #expect(continuation(last(finish, state)) == nil)
        }
        #expect(continuation(last(nil)) == nil)
    }

    @Test("Once more, when whoever went on was lost too")
    func twice() throws {
        let first = log([LostWorker.started()] + Self.toldStep)
        let second = log([.resumed(RunResumed(attempt: 2, step: 1)), .stepStarted(step: 2)], epoch: 2, after: first)
        let third = log([.resumed(RunResumed(attempt: 4, step: 2))], epoch: 4, after: second)
        #expect(RunContinuation(third)?.point == .ask)
    }

    @Test("Nowhere, when the log is not whole, or was not written for it")
    func broken() throws {
        let whole = log([LostWorker.started()] + Self.toldStep)
        #expect(RunContinuation(whole) != nil)
        for missing in whole.indices.dropLast() {
            var cut = whole
            cut.remove(at: missing)
            #expect(RunContinuation(cut) == nil, "without \(whole[missing].id)")
        }
        #expect(RunContinuation([RunLogEntry]()) == nil)
        #expect(RunContinuation(log([LostWorker.started(nil)] + Self.toldStep)) == nil)
        #expect(RunContinuation(log([LostWorker.started(.incomplete)] + Self.toldStep)) == nil)
        #expect(RunContinuation(log([LostWorker.started()])) == nil)
        #expect(continuation(Self.toldStep + [.cancelled]) == nil)
        // A step began although a call of the one before has no result.
        #expect(continuation(LostWorker.step(1, calling: Self.search) + [.stepStarted(step: 2)]) == nil)
        // An event of a later release may mean anything.
        let strange = RunLogEntry(id: RunEventID(epoch: 2, number: 1), payload: Array(#"{"type":"run.turned"}"#.utf8))
        #expect(RunContinuation(whole + [strange]) == nil)
    }

    @Test("A result that an event cuts is told to the model as it is kept")
    func longResults() throws {
        var found = try #require(continuation(Self.toldStep))
        found.kept = [1: [0: ToolOutcome(output: "tea, and more")]]
        #expect(found.messages(of: found.current).last?.content == "tea, and more")
    }
}
