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
            // Some gateways write null as a word.
            if let word = choice.finishReason, !word.isEmpty, word != "null" {
                let native = choice.nativeFinishReason.flatMap { $0.isEmpty ? nil : $0 }
                let (unified, cut) = Self.meaning(of: word, hasOutput: answer.hasOutput)
                answer.finished(FinishReason(unified, raw: native ?? word), cut: cut)
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

    /// The reason of a finish, and why the answer is not whole although it was finished.
    private static func meaning(of word: String, hasOutput: Bool) -> (FinishReason.Unified, IncompleteReason?) {
        // Some servers hand on the words of the model behind them in capitals.
        switch word.lowercased() {
        case "stop", "end", "complete", "end_turn", "eos", "eos_token", "stop_sequence": (.stop, nil)
        case "tool_calls", "tool_call", "function_call", "tool_use": (.toolCalls, nil)
        case "length", "max_tokens", "max_output_tokens", "model_length", "model_context_window_exceeded": (.length, .maxOutputTokens)
        case "content_filter", "safety", "recitation", "blocklist", "prohibited_content", "spii": (.contentFilter, .contentFilter)
        case "error": (.error, nil)
        // The provider gave it up. What was shown is cut; where nothing was it is an error, and the same request may be tried again.
        case "insufficient_system_resource", "abort", "aborted", "cancelled", "canceled": (.error, hasOutput ? .truncated : nil)
        // Servers of many makers speak this format, and cut answers under words of their own: one that is not known completes nothing.
        default: (.other, .truncated)
        }
    }
}
