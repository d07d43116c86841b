import BuildMemory
import Foundation

/// Where a chat is shown: the answer on standard output, what happens beside it on standard error.
struct ChatOutput: Sendable {
    /// Writes a piece of the answer, without waiting for more of it.
    var answer: @Sendable (String) -> Void
    /// Writes a piece of what is said beside it.
    var aside: @Sendable (String) -> Void
    /// A person looks at the answer, and nothing reads it.
    var isTerminal = false
    /// Asides may be dimmed by escape sequences.
    var isColoured = false

    /// This process's own.
    static func process(environment: [String: String] = ProcessInfo.processInfo.environment) -> ChatOutput {
        let style = TextStyle(environment: environment, isTerminal: isatty(STDERR_FILENO) == 1, columns: nil, plain: false)
        // Straight to the descriptor: what a token's arrival shows must not wait for a full buffer.
        return ChatOutput(
            answer: { FileHandle.standardOutput.write(Data($0.utf8)) }, aside: { FileHandle.standardError.write(Data($0.utf8)) },
            isTerminal: Terminal.isOutput, isColoured: style.colour)
    }

    /// Says a line beside the answer.
    func say(_ text: String) {
        aside(dimmed(Self.harmless(text)) + "\n")
    }

    /// The text as an aside looks.
    func dimmed(_ text: String) -> String { isColoured ? "\u{1B}[2m\(text)\u{1B}[0m" : text }

    /// Text without what commands a terminal: a model, a tool or a memory may say anything, and only words are wanted of them.
    ///
    /// Line breaks and tabs stay, carriage returns go, any other control character becomes U+FFFD.
    static func harmless(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isCommand) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars where scalar != "\r" { result.append(isCommand(scalar) ? "\u{FFFD}" : scalar) }
        return String(result)
    }

    private static func isCommand(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A: false
        case 0..<0x20, 0x7F..<0xA0: true
        default: false
        }
    }
}
