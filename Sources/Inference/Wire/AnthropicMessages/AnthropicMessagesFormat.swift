import Web

/// Anthropic's `messages`.
struct AnthropicMessagesFormat: WireFormat {
    let path = "/messages"

    func headers(key: ProviderKey?) -> [(name: String, value: String)] {
        var headers = [(name: "anthropic-version", value: "2023-06-01")]
        if let key { headers.append((name: "x-api-key", value: key.revealed)) }
        return headers
    }

    func body(_ request: ProviderRequest) throws -> [UInt8] { try AnthropicMessagesRequest.body(request).bytes() }

    func decoder(into answer: Answer) -> any StreamDecoder { AnthropicMessagesDecoder(answer: answer) }
}
