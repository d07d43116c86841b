import Testing

@testable import Inference

@Suite struct RunRecordTests {
    private func text(_ text: String) -> RunEvent { .chunk(StreamChunk(.text, text)) }

    @Test("Events are numbered densely from 1 under the attempt's epoch")
    func numbering() {
        var record = RunRecord(epoch: 3)
        let ids = [text("a"), text("b"), RunEvent.cancelled].map { record.add($0).id.description }
        #expect(ids == ["3-1", "3-2", "3-3"])
    }

    @Test("The archive holds the very bytes, earlier attempts' too, and is read back")
    func archive() throws {
        var first = RunRecord(epoch: 1)
        let earlier = [first.add(text("one\ntwo")), first.add(text("é"))]
        var record = RunRecord(epoch: 2, earlier: earlier)
        let last = record.add(.incomplete(reason: .interrupted, finish: nil, usage: nil))
        #expect(RunArchive.decode(record.archive) == earlier + [last])
        #expect(record.transcript.text == "one\ntwoé")
        #expect(record.transcript.hasModelOutput)
    }

    @Test("Half an archive is not read as a whole one")
    func brokenArchive() {
        #expect(RunArchive.decode(Array("1-1 {}\n1-x {}\n".utf8)) == nil)
        #expect(RunArchive.decode(Array("nothing\n".utf8)) == nil)
        #expect(RunArchive.decode([UInt8]()) == [])
    }

    @Test("An answer over the bound loses its oldest events from the archive and nothing of its text")
    func bound() throws {
        var record = RunRecord(epoch: 1)
        let piece = String(repeating: "x", count: 1 << 20)
        for _ in 0..<20 { _ = record.add(text(piece)) }
        let kept = try #require(RunArchive.decode(record.archive))
        #expect(kept.count < 20)
        #expect(kept.last?.id.number == 20)
        #expect(record.transcript.text.utf8.count == 20 << 20)
    }

    @Test("A transcript adds up text, refusal, calls, usage and the last finish")
    func transcript() {
        var transcript = RunTranscript()
        let call = ToolCall(index: 0, id: "a", name: "f", arguments: "{}")
        for event: RunEvent in [
            .runStarted(RunStarted(run: "r", attempt: 1, provider: "p", model: "m")), .chunk(StreamChunk(.reasoning, "hm")), text("a"), text("b"),
            .chunk(StreamChunk(.refusal, "no")), .toolCall(call), .usage(TokenUsage(input: 1, output: 2, cost: 0.5)),
            .usage(TokenUsage(output: 3, total: 9, cacheWriteInput: 4, cost: 0.25)),
            .stepFinished(StepFinished(step: 1, finish: FinishReason(.stop, raw: "stop"))),
        ] {
            transcript.add(event)
        }
        #expect(transcript.text == "ab")
        #expect(transcript.refusal == "no")
        #expect(transcript.toolCalls == [call])
        #expect(transcript.usage == TokenUsage(input: 1, output: 5, total: 9, cacheWriteInput: 4, cost: 0.75))
        #expect(transcript.finish == FinishReason(.stop, raw: "stop"))
    }

    @Test("Only what a model said is output")
    func output() {
        var transcript = RunTranscript()
        transcript.add(.runStarted(RunStarted(run: "r", attempt: 1, provider: "p", model: "m")))
        transcript.add(.usage(TokenUsage(input: 1)))
        #expect(!transcript.hasModelOutput)
        transcript.add(.chunk(StreamChunk(.reasoning, "hm")))
        #expect(transcript.hasModelOutput)
    }
}
