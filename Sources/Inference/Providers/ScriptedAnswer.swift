import Web

/// What the built-in provider says: a function of the request alone.
///
/// It proves the way of a prompt without a model: the answer shows who was asked to speak (the first sentence of the system prompt),
/// what was said last (`[image]` for an image), and what a tool returned. A tool whose name the last message contains is called, with the message as the first
/// text among its parameters.
struct ScriptedAnswer: Equatable {
    /// Pieces as a model's tokens: a word or a part of one, with the space in front of it. Joined they are the answer.
    var pieces: [String]
    /// The call that the answer ends with.
    var call: ToolCall?

    init(_ request: ProviderRequest) {
        let last = request.messages.last { $0.role == .user || $0.role == .tool }
        if let last, last.role == .user, let tool = request.tools.first(where: { last.content.contains($0.name) }) {
            pieces = []
            let arguments = JSONValue.object([.init(Self.parameter(of: tool), .string(last.content))])
            call = ToolCall(index: 0, id: "call_scripted_0", name: tool.name, arguments: String(decoding: arguments.bytes(), as: UTF8.self))
            return
        }
        var sentences: [String] = []
        let system = request.messages.first { $0.role == .system || $0.role == .developer }
        if let persona = system.flatMap({ Self.firstSentence($0.content) }) {
            sentences.append("I was told: \(persona)")
        } else {
            sentences.append("I am Mainstay's scripted model, so I only repeat what reaches me.")
        }
        switch last {
        case .some(let last) where last.role == .tool: sentences.append("The tool answered: “\(Self.shortened(Self.said(in: last)))”.")
        case .some(let last): sentences.append("You said: “\(Self.shortened(Self.said(in: last)))”.")
        case .none: sentences.append("Nobody has said anything yet.")
        }
        let turns = request.messages.filter { $0.role == .user }.count
        sentences.append(turns > 1 ? "That was your message number \(turns)." : "Configure a provider and a model will answer instead of me.")
        pieces = Self.tokens(sentences.joined(separator: " "))
        call = nil
    }

    var text: String { pieces.joined() }

    /// `input` of a tool that does not say what it takes.
    private static func parameter(of tool: ToolDefinition) -> String {
        let properties = tool.parameters?["properties"]?.members ?? []
        return properties.first { $0.value["type"]?.string == "string" && $0.value["enum"] == nil }?.name ?? "input"
    }

    /// About four characters a token, the space before the word that it opens, as tokenizers of models do it.
    static func tokens(_ text: String) -> [String] {
        var tokens: [String] = []
        var current = ""
        for character in text {
            let opensWord = character == " " && current != " "
            if !current.isEmpty, opensWord || current.count >= 6 {
                tokens.append(current)
                current = ""
            }
            current.append(character)
        }
        if !current.isEmpty { tokens.append(current) }
        return tokens
    }

    /// The first sentence, with its mark, of the first line that is not empty.
    private static func firstSentence(_ text: String) -> String? {
        guard let line = text.split(whereSeparator: \.isNewline).first(where: { $0.contains { !$0.isWhitespace } }) else { return nil }
        let end = line.firstIndex { ".!?".contains($0) }
        let sentence = end.map { String(line[...$0]) } ?? "\(line)."
        return shortened(sentence)
    }

    private static func said(in message: RunMessage) -> String {
        guard let parts = message.parts else { return message.content }
        return parts.map { $0.words ?? " [image] " }.joined()
    }

    private static func shortened(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return line.count > 400 ? line.prefix(400) + "…" : line
    }
}
