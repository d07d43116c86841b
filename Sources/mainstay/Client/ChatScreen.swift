import Inference

/// Shows the events of one run on a terminal, or writes them down.
struct ChatScreen {
    private let isJSON: Bool
    private let output: ChatOutput
    private(set) var ending: RunEvent?
    /// The answer's text, of all steps.
    private(set) var text = ""
    private var run: String?
    /// The answer's last line has no end yet; the same of the thoughts beside it.
    private var isMidLine = false
    private var isMidThought = false

    init(isJSON: Bool, output: ChatOutput) {
        self.isJSON = isJSON
        self.output = output
    }

    mutating func show(_ event: RunEvent) {
        if event.isTerminal { ending = event }
        if case .chunk(let chunk) = event, chunk.channel == .text { text += chunk.text }
        if isJSON { return output.answer(String(decoding: event.payload, as: UTF8.self) + "\n") }
        switch event {
        case .runStarted(let started):
            run = started.run
            say("[\(started.provider): \(started.model)]")
        case .chunk(let chunk):
            if chunk.channel == .reasoning { think(chunk.text) } else { write(chunk.text) }
        case .stepStarted(let step): if step > 1 { say("[step \(step)]") }
        case .toolCall(let call): say("[tool] \(call.name) \(call.arguments)")
        case .toolResult(let result): say("[\(result.isError ? "tool failed" : "tool result")] \(result.name): \(Self.line(result.output))")
        case .memoryWritten(let write):
            say("[memory] \(write.operation.rawValue) for the \(write.scope)\(write.content.map { ": \(Self.line($0))" } ?? "")")
        case .resumed:
            // In the middle of a line nothing is said, so that nothing is broken.
            if !isMidLine { say("[another worker goes on]") }
        case .paused(let pause): say("[waiting until \(pause.until) for results of \(pause.calls.joined(separator: ", "))]")
        case .toolCallDelta, .usage, .stepFinished: break
        case .completed, .incomplete, .failed, .cancelled: end(event)
        }
    }

    private mutating func end(_ event: RunEvent) {
        let place = run.map { " (run \($0))" } ?? ""
        switch event {
        case .completed(_, let usage?): say("[\(Self.tokens(usage))]")
        case .incomplete(let reason, _, _): say("[incomplete: \(reason.rawValue)]\(place)")
        case .failed(let error): say("[failed] \(error)\(place)")
        case .cancelled: say("[cancelled]\(place)")
        default: finishLines()
        }
    }

    private static func tokens(_ usage: TokenUsage) -> String {
        let counts = "\(usage.input.map(String.init) ?? "?") tokens in, \(usage.output.map(String.init) ?? "?") out"
        return usage.isEstimated ? "about \(counts)" : counts
    }

    /// One line of it, for a person to see what it is about.
    private static func line(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        return line.count > 200 ? line.prefix(200) + "…" : line
    }

    // MARK: Lines

    private mutating func write(_ text: String) {
        guard let last = text.utf8.last else { return }
        finishThought()
        output.answer(output.isTerminal ? ChatOutput.harmless(text) : text)
        isMidLine = last != UInt8(ascii: "\n")
    }

    /// What the model thinks is no part of its answer.
    private mutating func think(_ text: String) {
        guard let last = text.utf8.last else { return }
        // Where both go to one terminal, a thought begins its own line. Elsewhere the answer stays as it was said.
        if output.isTerminal { finishLine() }
        output.aside(output.dimmed(ChatOutput.harmless(text)))
        isMidThought = last != UInt8(ascii: "\n")
    }

    private mutating func say(_ text: String) {
        finishLines()
        output.say(text)
    }

    private mutating func finishLines() {
        finishThought()
        finishLine()
    }

    private mutating func finishThought() {
        if isMidThought { output.aside("\n") }
        isMidThought = false
    }

    private mutating func finishLine() {
        if isMidLine { output.answer("\n") }
        isMidLine = false
    }
}
