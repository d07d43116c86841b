import Web

/// The tokens of an answer, and how each provider writes them.
struct UsageFigures: Sendable, Equatable {
    let input: Int
    let output: Int
    let cached: Int
    let reasoning: Int
    /// US dollars.
    let cost: Double

    init(_ script: EmulatorUsage, characters: Int, said: Int, thought: Int) {
        input = script.input ?? max(1, characters / 4)
        output = script.output ?? said
        cached = script.cached
        reasoning = script.reasoning ?? thought
        cost = script.cost ?? Double(input) * Self.inputPrice + Double(output) * Self.outputPrice
    }

    /// Dollars a token. Anything will do that is not zero.
    private static let inputPrice = 0.000_001
    private static let outputPrice = 0.000_004

    /// Of Chat Completions.
    var chat: JSONValue { .object(chatMembers) }

    /// Of Chat Completions by way of OpenRouter.
    var openRouter: JSONValue {
        let details: JSONValue = [
            "upstream_inference_cost": nil, "upstream_inference_prompt_cost": .number(Double(input) * Self.inputPrice),
            "upstream_inference_completions_cost": .number(Double(output) * Self.outputPrice),
        ]
        return .object(chatMembers + [.init("cost", .number(cost)), .init("is_byok", false), .init("cost_details", details)])
    }

    private var chatMembers: [JSONValue.Member] {
        let read: JSONValue = ["cached_tokens": .count(cached), "audio_tokens": 0]
        let written: JSONValue = [
            "reasoning_tokens": .count(reasoning), "audio_tokens": 0, "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
        ]
        return [
            .init("prompt_tokens", .count(input)), .init("completion_tokens", .count(output)), .init("total_tokens", .count(input + output)),
            .init("prompt_tokens_details", read), .init("completion_tokens_details", written),
        ]
    }

    var responses: JSONValue {
        [
            "input_tokens": .count(input), "input_tokens_details": ["cached_tokens": .count(cached), "cache_write_tokens": 0],
            "output_tokens": .count(output), "output_tokens_details": ["reasoning_tokens": .count(reasoning)], "total_tokens": .count(input + output),
        ]
    }

    /// Of a whole message.
    var messages: JSONValue { messages(output: output) }

    /// Of `message_start`, when one token has been said.
    var messagesAtStart: JSONValue { messages(output: 1) }

    /// Of `message_delta`.
    var messagesAtEnd: JSONValue { ["output_tokens": .count(output)] }

    private func messages(output: Int) -> JSONValue {
        [
            "input_tokens": .count(input - min(input, cached)), "cache_creation_input_tokens": 0, "cache_read_input_tokens": .count(cached),
            "cache_creation": ["ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0], "output_tokens": .count(output),
            "service_tier": "standard",
        ]
    }
}

extension JSONValue {
    static func count(_ number: Int) -> JSONValue { .integer(Int64(number)) }

    /// The text, or null where there is none.
    static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}
