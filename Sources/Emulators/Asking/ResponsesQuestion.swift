import Foundation

/// The body of a request for a Response, as far as an answer depends on it.
struct ResponsesQuestion: Decodable {
    /// A message, a call, or what a call brought.
    struct Item: Decodable {
        let type: String?
        let role: String?
        let content: MessageText?
        let output: MessageText?
    }

    enum Input: Decodable {
        case text(String)
        case items([Item])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) { self = .text(text) } else { self = .items(try container.decode([Item].self)) }
        }
    }

    struct Tool: Decodable { let name: String? }

    struct StreamOptions: Decodable {
        let includesObfuscation: Bool?

        private enum CodingKeys: String, CodingKey { case includesObfuscation = "include_obfuscation" }
    }

    let model: String?
    let input: Input?
    let stream: Bool?
    let background: Bool?
    let store: Bool?
    let streamOptions: StreamOptions?
    let maxOutputTokens: Int?
    let tools: [Tool]?

    private enum CodingKeys: String, CodingKey {
        case model, input, stream, background, store, tools
        case streamOptions = "stream_options"
        case maxOutputTokens = "max_output_tokens"
    }

    /// - Throws: `EmulatorError`, as the provider refuses such a body.
    static func read(_ body: Data) throws(EmulatorError) -> Question {
        let asked = try QuestionBody.decode(ResponsesQuestion.self, from: body)
        guard let model = asked.model, !model.isEmpty else { throw .missing("model") }
        guard let input = asked.input else { throw .missing("input") }
        var question = Question(shape: .responses, model: model)
        question.streams = asked.stream ?? false
        question.isBackground = asked.background ?? false
        if question.isBackground, asked.store == false {
            throw EmulatorError(400, message: "Background mode requires 'store' to be true.", param: "background")
        }
        question.pads = asked.streamOptions?.includesObfuscation ?? true
        question.outputLimit = asked.maxOutputTokens
        question.tools = asked.tools?.compactMap(\.name) ?? []
        switch input {
        case .text(let text): question.read([.init(role: .user, text: text)])
        case .items(let items): question.read(items.map(turn))
        }
        return question
    }

    private static func turn(_ item: Item) -> Question.Turn {
        switch item.type ?? "message" {
        case "function_call_output": .init(role: .tool, text: item.output?.text ?? "")
        case "message" where item.role == "user": .init(role: .user, text: item.content?.text ?? "")
        case "message" where item.role != "assistant": .init(role: .other, text: item.content?.text ?? "")
        default: .init(role: .assistant, text: item.content?.text ?? "")
        }
    }
}
