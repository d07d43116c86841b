import Foundation

/// The body of a streaming `chat/completions` call.
struct ChatCompletionsRequest: Encodable {
    var model: String
    var messages: [RunMessage]
    var tools: [Tool]?
    let stream = true
    let streamOptions = StreamOptions()

    init(_ request: ProviderRequest) {
        model = request.model
        messages = request.messages
        tools = request.tools.isEmpty ? nil : request.tools.map(Tool.init)
    }

    struct StreamOptions: Encodable {
        /// Without it OpenAI counts nothing in a stream.
        let includeUsage = true

        enum CodingKeys: String, CodingKey { case includeUsage = "include_usage" }
    }

    struct Tool: Encodable {
        let type = "function"
        var function: ToolDefinition

        init(_ definition: ToolDefinition) {
            function = definition
        }
    }

    enum CodingKeys: String, CodingKey {
        case model, messages, tools, stream
        case streamOptions = "stream_options"
    }

    /// The body as JSON with sorted members: the same request is the same bytes.
    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self))
    }
}
