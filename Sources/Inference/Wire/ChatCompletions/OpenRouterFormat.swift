/// OpenRouter: chat completions with words of its own.
///
/// In the stream, all read by ``ChatCompletionsReader``: comments before the first chunk, the role and an empty content on every chunk,
/// `reasoning` and `reasoning_details`, `native_finish_reason`, usage with `cost` beside a choice, and errors with an `error_type`.
struct OpenRouterFormat: WireFormat {
    let path = "/chat/completions"
    /// The address of this installation: what OpenRouter knows an application by; nil for one that has none.
    var site: String?
    /// What OpenRouter shows for it.
    var title = "Mainstay"

    func headers(key: ProviderKey?) -> [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        if let key { headers.append((name: "authorization", value: "Bearer \(key.revealed)")) }
        if let site { headers.append((name: "http-referer", value: site)) }
        headers.append((name: "x-openrouter-title", value: title))
        return headers
    }

    func body(_ request: ProviderRequest) throws -> [UInt8] {
        var body = try ChatCompletionsRequest(request)
        // The older word is the one that OpenRouter documents for all the providers behind it.
        body.maxTokens = body.maxCompletionTokens
        body.maxCompletionTokens = nil
        body.reasoning = body.reasoningEffort.map { ChatCompletionsRequest.Reasoning(effort: $0) }
        body.reasoningEffort = nil
        return try body.encoded()
    }

    func decoder(into answer: Answer) -> any StreamDecoder { ChatCompletionsDecoder(answer: answer) }
}
