import Foundation
import Inference

/// Shows events on a terminal, or writes them down.
struct ChatScreen {
    let isJSON: Bool
    private(set) var ending: RunEvent?
    private var isMidLine = false

    init(isJSON: Bool) {
        self.isJSON = isJSON
    }

    mutating func show(_ event: RunEvent) {
        if event.isTerminal { ending = event }
        if isJSON { return write(String(decoding: event.payload, as: UTF8.self) + "\n") }
        switch event {
        case .chunk(let chunk):
            // What the model thinks is no part of its answer.
            if chunk.channel == .reasoning { return FileHandle.standardError.write(Data(chunk.text.utf8)) }
            write(chunk.text)
            isMidLine = !chunk.text.hasSuffix("\n")
        case .stepStarted(let step):
            endLine()
            if step > 1 { Talk.say("[step \(step)]") }
        case .toolCall(let call):
            endLine()
            Talk.say("[tool] \(call.name) \(call.arguments)")
        case .toolResult(let result):
            endLine()
            Talk.say("[\(result.isError ? "tool failed" : "tool result")] \(result.name): \(Self.line(result.output))")
        case .memoryWritten(let write):
            endLine()
            Talk.say("[memory] \(write.operation.rawValue) for the \(write.scope)\(write.content.map { ": \(Self.line($0))" } ?? "")")
        case .resumed:
            // The answer goes on in the middle of its line: nothing is said, nothing is broken.
            break
        case .paused(let pause):
            endLine()
            Talk.say("[waiting until \(pause.until) for results of \(pause.calls.joined(separator: ", "))]")
        case .completed(_, let usage):
            endLine()
            if let usage { Talk.say("[\(usage.input.map(String.init) ?? "?") tokens in, \(usage.output.map(String.init) ?? "?") out]") }
        case .incomplete(let reason, _, _):
            endLine()
            Talk.say("[incomplete: \(reason.rawValue)]")
        case .failed(let error):
            endLine()
            Talk.say("[failed] \(error)")
        case .cancelled:
            endLine()
            Talk.say("[cancelled]")
        default:
            break
        }
    }

    /// One line of it, for a person to see what it is about.
    private static func line(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        return line.count > 200 ? line.prefix(200) + "…" : line
    }

    private mutating func endLine() {
        if isMidLine { write("\n") }
        isMidLine = false
    }

    /// Straight to the descriptor: what a token's arrival shows must not wait for a full buffer.
    private func write(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }
}
