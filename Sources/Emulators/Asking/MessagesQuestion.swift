import Foundation

/// The body of a request for Messages, as far as an answer depends on it.
struct MessagesQuestion: Decodable {
    struct Block: Decodable {
        let type: String
        let text: String?
        /// Of a `tool_result`.
        let content: MessageText?
    }

    struct Message: Decodable {
        let role: String
        let blocks: [Block]

        private enum CodingKeys: String, CodingKey { case role, content }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            role = try container.decode(String.self, forKey: .role)
            if let text = try? container.decode(String.self, forKey: .content) {
                blocks = [Block(type: "text", text: text, content: nil)]
            } else {
                blocks = try container.decode([Block].self, forKey: .content)
            }
        }
    }

    struct Tool: Decodable { let name: String? }

    let model: String?
    let messages: [Message]?
    let maxTokens: Int?
    let stream: Bool?
    let tools: [Tool]?

    private enum CodingKeys: String, CodingKey {
        case model, messages, stream, tools
        case maxTokens = "max_tokens"
    }

    /// - Throws: `EmulatorError`, as the provider refuses such a body.
    static func read(_ body: Data) throws(EmulatorError) -> Question {
        let asked = try QuestionBody.decode(MessagesQuestion.self, from: body)
        guard let model = asked.model, !model.isEmpty else { throw .missing("model") }
        guard let limit = asked.maxTokens else { throw .missing("max_tokens") }
        guard limit > 0 else { throw EmulatorError(400, message: "'max_tokens' must be at least 1.", param: "max_tokens") }
        guard let messages = asked.messages else { throw .missing("messages") }
        guard !messages.isEmpty else { throw EmulatorError(400, message: "'messages' needs at least one message.", param: "messages") }
        var question = Question(shape: .messages, model: model)
        question.streams = asked.stream ?? false
        question.outputLimit = limit
        question.tools = asked.tools?.compactMap(\.name) ?? []
        question.read(messages.flatMap(turns))
        return question
    }

    /// A message of the user may bring results of tools and say something beside.
    private static func turns(_ message: Message) -> [Question.Turn] {
        let results = message.blocks.filter { $0.type == "tool_result" }.map { Question.Turn(role: .tool, text: $0.content?.text ?? "") }
        let texts = message.blocks.compactMap(\.text)
        let said = Question.Turn(role: message.role == "user" ? .user : .assistant, text: texts.joined(separator: "\n"))
        return results + (texts.isEmpty && !results.isEmpty ? [] : [said])
    }
}
