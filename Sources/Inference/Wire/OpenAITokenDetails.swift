/// What OpenAI's two formats tell of the input's tokens.
struct OpenAIInputDetails: Decodable {
    var cachedTokens: Int?
    var cacheWriteTokens: Int?

    enum CodingKeys: String, CodingKey {
        case cachedTokens = "cached_tokens"
        case cacheWriteTokens = "cache_write_tokens"
    }
}

/// What they tell of the output's.
struct OpenAIOutputDetails: Decodable {
    var reasoningTokens: Int?

    enum CodingKeys: String, CodingKey { case reasoningTokens = "reasoning_tokens" }
}
