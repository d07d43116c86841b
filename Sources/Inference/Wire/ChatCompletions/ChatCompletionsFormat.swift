/// OpenAI's `chat/completions`, which most servers of models speak.
struct ChatCompletionsFormat: WireFormat {
    let path = "/chat/completions"

    func body(_ request: ProviderRequest) throws -> [UInt8] { try ChatCompletionsRequest(request).encoded() }

    func decoder(into answer: Answer) -> any StreamDecoder { ChatCompletionsDecoder(answer: answer) }
}
