import Testing

@testable import Inference

/// What a run's events add to its conversation.
@Suite struct TurnTranscriptTests {
    private let started = RunEvent.runStarted(RunStarted(run: "r", attempt: 1, provider: "p", model: "m", serverTools: ["weather"]))

    private func call(_ index: Int, _ name: String) -> ToolCall { ToolCall(index: index, id: "c\(index)", name: name, arguments: "{}") }

    @Test("An answer is one message, without what the model thought; an answer without words is none")
    func answer() {
        let chunks: [RunEvent] = [
            .chunk(StreamChunk(.reasoning, "Hm")), .chunk(StreamChunk(.text, "Hello ")), .chunk(StreamChunk(.text, "you")),
        ]
        let end = RunEvent.completed(finish: FinishReason(.stop, raw: nil), usage: nil)
        #expect(TurnTranscript([started, .stepStarted(step: 1)] + chunks + [end]).messages == [RunMessage(.assistant, "Hello you")])
        #expect(TurnTranscript([started, .chunk(StreamChunk(.reasoning, "Hm")), end]).messages.isEmpty)
        #expect(TurnTranscript([started, .chunk(StreamChunk(.refusal, "No.")), end]).messages == [RunMessage(.assistant, "No.")])
    }

    @Test("Each step is a message with its calls, and its results follow it in the order of the calls")
    func steps() {
        let events: [RunEvent] = [
            started, .stepStarted(step: 1), .toolCall(call(1, "weather")), .toolCall(call(0, "weather")),
            .stepFinished(StepFinished(step: 1, finish: nil)),
            .toolResult(ToolResult(of: call(1, "weather"), output: "gone", isError: true)),
            .toolResult(ToolResult(of: call(0, "weather"), output: "21", isError: false)), .stepStarted(step: 2), .chunk(StreamChunk(.text, "Warm.")),
        ]
        let messages = TurnTranscript(events).messages
        #expect(
            messages == [
                RunMessage(.assistant, "", toolCalls: [0, 1].map { RunMessage.Call(id: "c\($0)", name: "weather", arguments: "{}") }),
                RunMessage(.tool, "21", toolCallID: "c0"), RunMessage(.tool, "error: gone", toolCallID: "c1"), RunMessage(.assistant, "Warm."),
            ])
    }

    @Test("The client's calls wait for its results; a call of the server's own that nobody carried out is left out")
    func open() {
        let events: [RunEvent] = [started, .stepStarted(step: 1), .toolCall(call(0, "weather")), .toolCall(call(1, "time"))]
        #expect(
            TurnTranscript(events).messages == [
                RunMessage(.assistant, "", toolCalls: [RunMessage.Call(id: "c1", name: "time", arguments: "{}")])
            ])
    }
}
