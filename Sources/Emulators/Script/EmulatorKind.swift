/// Whose wire an emulator speaks.
///
/// | kind | base | endpoints |
/// |---|---|---|
/// | `openai` | `/v1` | `chat/completions`, `responses`, `models` |
/// | `anthropic` | `/v1` | `messages`, `models` |
/// | `openrouter` | `/api/v1` | `chat/completions`, `models` |
package enum EmulatorKind: String, CaseIterable, Sendable {
    case openai, anthropic, openrouter

    /// The path below which the provider's clients ask.
    package var base: String { self == .openrouter ? "/api/v1" : "/v1" }

    /// What a client takes as its base URL: Anthropic's clients append the `/v1` themselves.
    package var clientBase: String { self == .anthropic ? "" : base }
}

/// The form of an answer; each is asked for at an endpoint of its own.
enum EmulatorShape: String, Sendable {
    /// OpenAI's Chat Completions, and OpenRouter's.
    case chat
    /// OpenAI's Responses.
    case responses
    /// Anthropic's Messages.
    case messages
}
