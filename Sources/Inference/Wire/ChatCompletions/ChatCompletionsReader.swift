import Foundation

/// Decodes the stream of a `chat/completions` call: OpenAI's, and that of all who speak its format.
typealias ChatCompletionsDecoder = EventStreamDecoder<ChatCompletionsReader>

/// Reads chunks of chat completions. The end is `[DONE]`; the finish stands in a chunk before it, the usage in one between the two.
struct ChatCompletionsReader: EventReader {
    /// Shared: making one costs as much as decoding a chunk.
    private static let json = JSONDecoder()

    mutating func read(_ event: SSEEvent, into answer: inout Answer) {
        if let piece = ChatCompletionsPiece(event.data) { return answer.say(.text, piece.text) }
        read(Data(event.data.utf8), into: &answer)
    }

    mutating func read(body: [UInt8], into answer: inout Answer) {
        read(Data(body), into: &answer)
    }

    private func read(_ data: Data, into answer: inout Answer) {
        let chunk: ChatCompletionsChunk
        do {
            chunk = try Self.json.decode(ChatCompletionsChunk.self, from: data)
        } catch {
            return answer.malformed("The provider sent an event that is no completion chunk.")
        }
        if let usage = chunk.usage?.tokens, !usage.isEmpty { answer.usage = usage }
        // An error at the top is the end, whatever the finish beside it says; what follows is read for its usage only.
        if let reported = chunk.error, !reported.isEmpty { answer.fail(reported.error()) }
        // One answer is asked for; choices of other indices are not it.
        for choice in chunk.choices ?? [] where (choice.index ?? 0) == 0 {
            if let delta = choice.delta ?? choice.message { read(delta, into: &answer) }
            if let word = choice.finishReason, !word.isEmpty {
                let native = choice.nativeFinishReason.flatMap { $0.isEmpty ? nil : $0 }
                let unified = Self.unified(word)
                answer.finished(FinishReason(unified, raw: native ?? word), cut: Self.cut(unified))
            }
        }
    }

    private func read(_ delta: ChatCompletionsChunk.Delta, into answer: inout Answer) {
        if let text = delta.reasoningText { answer.say(.reasoning, text) }
        if let text = delta.content?.text { answer.say(.text, text) }
        if let text = delta.refusal { answer.say(.refusal, text) }
        for fragment in delta.toolCalls ?? [] { answer.take(fragment) }
        if let call = delta.functionCall {
            answer.take(ToolCallFragment(index: 0, name: call.name, arguments: call.arguments?.text))
        }
    }

    static func unified(_ word: String) -> FinishReason.Unified {
        switch word {
        case "stop", "end_turn", "eos", "stop_sequence": .stop
        case "length", "max_tokens": .length
        case "tool_calls", "function_call": .toolCalls
        case "content_filter": .contentFilter
        case "error": .error
        default: .other
        }
    }

    private static func cut(_ reason: FinishReason.Unified) -> IncompleteReason? {
        switch reason {
        case .length: .maxOutputTokens
        case .contentFilter: .contentFilter
        case .stop, .toolCalls, .refusal, .error, .other: nil
        }
    }
}
