import Web

/// What an emulator says when no script says otherwise: a function of the question alone.
///
/// It repeats what reaches it, calls a tool that is offered and that the message names, says what a tool brought, and lets a person
/// try each trap by a magic word in the message (``MagicWord/known``).
enum BuiltInAnswer {
    static func answer(to question: Question) -> EmulatorAnswer {
        var answer = EmulatorAnswer(pace: EmulatorPace(first: .milliseconds(100), gap: .milliseconds(20), jitter: 0.3))
        // The magic words were for the message that they stood in, and not for the tool's result that answers it: a client would be
        // sent round for ever.
        if !question.toolResults.isEmpty {
            let results = question.toolResults.map { "“\(shortened($0))”" }.joined(separator: " and ")
            answer.text = .whole("The \(question.toolResults.count > 1 ? "tools" : "tool") answered \(results).")
            return answer
        }
        let words = MagicWord.all(in: question.lastUser)
        let said = MagicWord.removed(from: question.lastUser)
        answer.text = .whole(echo(said, question))
        if words.isEmpty, let tool = question.tools.first(where: { said.contains($0) }) {
            answer.text = .nothing
            answer.toolCalls = [EmulatorToolCall(tool, .whole(arguments(said)))]
        }
        var strangers: [String] = []
        for word in words {
            let isKnown = word.apply(to: &answer)
            if !isKnown { strangers.append(([word.name] + word.values).joined(separator: ":")) }
        }
        if !strangers.isEmpty { answer.text = .whole(help(strangers)) }
        return answer
    }

    private static func echo(_ said: String, _ question: Question) -> String {
        guard !said.isEmpty else { return "Hello! You said nothing, so there is nothing to repeat. I am \(question.model), emulated." }
        return "You said: “\(shortened(said))”. I am \(question.model), emulated: I repeat what reaches me."
    }

    private static func help(_ strangers: [String]) -> String {
        let known = MagicWord.known.map { "\($0.word): \($0.meaning)" }.joined(separator: "\n")
        return "I do not know \(strangers.map { "[[\($0)]]" }.joined(separator: ", ")). What I know:\n\(known)"
    }

    private static func arguments(_ said: String) -> String {
        var bytes = Array(#"{"input":"#.utf8)
        JSONValue.write(said, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func shortened(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return line.count > 400 ? line.prefix(400) + "…" : line
    }
}
