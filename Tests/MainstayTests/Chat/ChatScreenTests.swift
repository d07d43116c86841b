import Inference
import Synchronization
import Testing

@testable import mainstay

/// What a chat has written.
final class WrittenChat: Sendable {
    struct Texts: Sendable {
        var answer = ""
        var asides = ""
        /// Both as a terminal shows them.
        var both = ""
    }

    private let state = Mutex(Texts())

    var texts: Texts { state.withLock { $0 } }

    func output(isTerminal: Bool = false, isColoured: Bool = false) -> ChatOutput {
        ChatOutput(
            answer: { text in
                self.state.withLock {
                    $0.answer += text
                    $0.both += text
                }
            },
            aside: { text in
                self.state.withLock {
                    $0.asides += text
                    $0.both += text
                }
            }, isTerminal: isTerminal, isColoured: isColoured)
    }
}

@Suite("A chat's screen") struct ChatScreenTests {
    private static let started = RunEvent.runStarted(RunStarted(run: "r", attempt: 1, provider: "p", model: "m"))

    private func shown(_ events: [RunEvent], isJSON: Bool = false, isTerminal: Bool = false, isColoured: Bool = false) -> WrittenChat.Texts {
        let written = WrittenChat()
        var screen = ChatScreen(isJSON: isJSON, output: written.output(isTerminal: isTerminal, isColoured: isColoured))
        for event in events { screen.show(event) }
        return written.texts
    }

    private func text(_ text: String) -> RunEvent { .chunk(StreamChunk(.text, text)) }

    @Test("the answer and nothing else is on standard output, byte for byte; what is beside it has lines of its own")
    func apart() {
        let call = ToolCall(index: 0, id: "c", name: "look", arguments: "{}")
        let told = shown([
            Self.started, .stepStarted(step: 1), .chunk(StreamChunk(.reasoning, "Hm")), text("Hel"), text(""), text("lo\u{1B}[1m\r\n"),
            .toolCallDelta(ToolCallDelta(index: 0, id: "c", name: "look", arguments: "{}")), .toolCall(call),
            .stepFinished(StepFinished(step: 1, finish: FinishReason(.toolCalls, raw: nil))),
            .memoryWritten(MemoryWriteEvent(.create, memory: "i", event: "e", scope: "agent", content: "Assam\nit is")),
            .toolResult(ToolResult(index: 0, id: "c", name: "look", output: "nothing", isError: true)), .stepStarted(step: 2), text("Done"),
            .completed(finish: FinishReason(.stop, raw: nil), usage: TokenUsage(input: 3)),
        ])
        #expect(told.answer == "Hello\u{1B}[1m\r\nDone\n")
        #expect(
            told.asides == """
                [p: m]
                Hm
                [tool] look {}
                [memory] create for the agent: Assam it is
                [tool failed] look: nothing
                [step 2]
                [3 tokens in, ? out]

                """)
    }

    @Test("on a terminal nothing that a model, a tool or a memory says commands it")
    func commands() {
        let call = ToolCall(index: 0, id: "c", name: "look", arguments: "\u{1B}]0;owned\u{7}")
        let told = shown(
            [
                text("a\u{1B}[2Jb\r\n\tc\u{9B}31m ü🚢\u{7F}"), .toolCall(call),
                .toolResult(ToolResult(index: 0, id: "c", name: "look", output: "\u{8}x")),
                .memoryWritten(MemoryWriteEvent(.create, memory: "i", event: "e", scope: "agent", content: "\u{1B}c")), .cancelled,
            ], isTerminal: true)
        #expect(told.answer == "a\u{FFFD}[2Jb\n\tc\u{FFFD}31m ü🚢\u{FFFD}\n")
        #expect(!told.both.unicodeScalars.contains { ($0.value < 0x20 && $0 != "\n" && $0 != "\t") || (0x7F..<0xA0).contains($0.value) })
    }

    @Test("thoughts and the answer never share a line of a terminal, and thoughts are dimmed where that may be")
    func thoughts() {
        let events = [text("a"), .chunk(StreamChunk(.reasoning, "b")), text("c"), .completed(finish: FinishReason(.stop, raw: nil), usage: nil)]
        #expect(shown(events, isTerminal: true).both == "a\nb\nc\n")
        #expect(shown(events, isTerminal: true, isColoured: true).both == "a\n\u{1B}[2mb\u{1B}[0m\nc\n")
        #expect(shown(events).answer == "ac\n", "what a program reads is the answer as it was said")
    }

    @Test("how a run ended is said, with the run to look at; a count that was estimated says so")
    func endings() {
        let endings: [(RunEvent, String)] = [
            (.incomplete(reason: .interrupted, finish: nil, usage: nil), "[incomplete: interrupted] (run r)\n"),
            (.failed(InferenceError(.overloaded, "no", provider: "p")), "[failed] overloaded from p: no (run r)\n"),
            (.cancelled, "[cancelled] (run r)\n"),
            (
                .completed(finish: FinishReason(.stop, raw: nil), usage: TokenUsage(input: 4, output: 2, isEstimated: true)),
                "[about 4 tokens in, 2 out]\n"
            ),
        ]
        for (ending, line) in endings {
            let told = shown([Self.started, text("x"), ending])
            #expect(told.answer == "x\n")
            #expect(told.asides == "[p: m]\n" + line)
        }
    }

    @Test("another worker that goes on breaks no line of the answer")
    func resumed() {
        let resumed = RunEvent.resumed(RunResumed(attempt: 2, step: 1))
        let told = shown([text("ha"), resumed, text("lf\n"), resumed])
        #expect(told.answer == "half\n")
        #expect(told.asides == "[another worker goes on]\n")
    }

    @Test("as JSON each event is a line as the run has it, and nothing is said beside it")
    func json() {
        let events = [Self.started, .chunk(StreamChunk(.reasoning, "Hm")), text("a\n"), .cancelled]
        let told = shown(events, isJSON: true, isTerminal: true, isColoured: true)
        #expect(told.answer == events.map { String(decoding: $0.payload, as: UTF8.self) + "\n" }.joined())
        #expect(told.asides.isEmpty)
    }
}
