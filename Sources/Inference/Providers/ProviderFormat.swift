/// The kinds of providers that can be configured. Each is one line here and one ``WireFormat``.
package enum ProviderFormat: String, Sendable, Equatable, CaseIterable {
    /// OpenAI's chat completions, and whoever speaks them.
    case openai
    case openaiResponses = "openai-responses"
    /// Anthropic's messages.
    case anthropic
    case openrouter

    /// - Parameter site: The address of this installation, for providers that ask who calls.
    func wire(site: String? = nil) -> any WireFormat {
        switch self {
        case .openai: ChatCompletionsFormat()
        case .openaiResponses: ResponsesFormat()
        case .anthropic: AnthropicMessagesFormat()
        case .openrouter: OpenRouterFormat(site: site)
        }
    }
}
