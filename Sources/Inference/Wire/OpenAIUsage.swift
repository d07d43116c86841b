/// What OpenAI's two formats count: chat completions as prompt and completion, responses as input and output. What
/// cannot be read of it is not counted.
struct OpenAIUsage: Decodable {
    /// Empty where nothing can be read.
    let tokens: TokenUsage

    init(from decoder: any Decoder) throws {
        guard let counts = try? decoder.container(keyedBy: CodingKeys.self) else {
            tokens = TokenUsage()
            return
        }
        let input = counts.counts(.promptDetails) ?? counts.counts(.inputDetails)
        let output = counts.counts(.completionDetails) ?? counts.counts(.outputDetails)
        tokens = TokenUsage(
            input: counts.count(.prompt) ?? counts.count(.input), output: counts.count(.completion) ?? counts.count(.output),
            total: counts.count(.total), cachedInput: input?.count(.cached), reasoningOutput: output?.count(.reasoning),
            cacheWriteInput: input?.count(.cacheWrite),
            // In US dollars: a number at OpenRouter, an object with the total at Perplexity.
            cost: counts.amount(.cost) ?? counts.counts(.cost)?.amount(.totalCost))
    }

    private enum CodingKeys: String, CodingKey {
        case prompt = "prompt_tokens"
        case input = "input_tokens"
        case completion = "completion_tokens"
        case output = "output_tokens"
        case total = "total_tokens"
        case promptDetails = "prompt_tokens_details"
        case inputDetails = "input_tokens_details"
        case completionDetails = "completion_tokens_details"
        case outputDetails = "output_tokens_details"
        case cached = "cached_tokens"
        case cacheWrite = "cache_write_tokens"
        case reasoning = "reasoning_tokens"
        case cost
        case totalCost = "total_cost"
    }
}
