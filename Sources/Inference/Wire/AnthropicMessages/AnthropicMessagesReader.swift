import Foundation
import Web

/// Decodes the stream of a `messages` call.
typealias AnthropicMessagesDecoder = EventStreamDecoder<AnthropicMessagesReader>

/// Reads events of a `messages` stream.
///
/// The finish is the `stop_reason` of `message_delta`, the end is `message_stop`. An error is the end at once, and its class comes from
/// its type, for the status in front of it was 200.
struct AnthropicMessagesReader: EventReader {
    private static let json = JSONDecoder()

    private enum Block {
        case text
        case thinking
        /// - Parameter whole: Arguments that stood in the block's head. They count when no piece follows until the block ends.
        case tool(whole: String?)
        case other
    }

    /// The open blocks by their index.
    private var blocks: [Int: Block] = [:]
    private var counted = AnthropicMessagesEvent.Usage()

    mutating func read(_ event: SSEEvent, into answer: inout Answer) {
        // Some intermediaries send it with an empty object.
        if event.type == "ping" { return }
        if let piece = AnthropicMessagesPiece(event.data) { return add(piece.delta, at: piece.index, to: &answer) }
        read(Data(event.data.utf8), into: &answer)
    }

    mutating func read(body: [UInt8], into answer: inout Answer) {
        read(Data(body), into: &answer)
    }

    private mutating func read(_ data: Data, into answer: inout Answer) {
        let event: AnthropicMessagesEvent
        do {
            event = try Self.json.decode(AnthropicMessagesEvent.self, from: data)
        } catch {
            return answer.malformed("The provider sent an event that is none of the messages format.")
        }
        switch event {
        case .messageStart(let usage):
            answer.begin()
            blocks = [:]
            counted = AnthropicMessagesEvent.Usage()
            // Its output tokens are a placeholder: nothing has been written yet.
            if var usage {
                usage.output = nil
                count(usage, into: &answer)
            }
        case .blockStart(let index, let block): open(block, at: index, in: &answer)
        case .blockDelta(let index, let delta): add(delta, at: index, to: &answer)
        case .blockStop(let index): close(index, in: &answer)
        case .messageDelta(let stop, let usage):
            if let usage { count(usage, into: &answer) }
            finish(stop, in: &answer)
        case .messageStop: answer.close()
        case .message(let content, let stop, let usage):
            for (index, block) in content.enumerated() {
                open(block, at: index, in: &answer)
                close(index, in: &answer)
            }
            if let usage { count(usage, into: &answer) }
            finish(stop, in: &answer)
        case .error(let fault):
            answer.fail(fault.error())
            answer.close()
        case .other: break
        }
    }

    // MARK: Blocks

    private mutating func open(_ block: AnthropicMessagesEvent.Block, at index: Int, in answer: inout Answer) {
        switch block {
        case .text(let text):
            blocks[index] = .text
            answer.say(.text, text)
        case .thinking(let text):
            blocks[index] = .thinking
            answer.say(.reasoning, text)
        case .toolUse(let id, let name, let input):
            // `{}` stands for arguments that are still to come, or for none.
            let whole = input.flatMap { ($0.members ?? []).isEmpty ? nil : String(decoding: $0.bytes(), as: UTF8.self) }
            blocks[index] = .tool(whole: whole)
            answer.take(ToolCallFragment(index: index, id: id, name: name))
        case .other: blocks[index] = .other
        }
    }

    private mutating func add(_ delta: AnthropicMessagesEvent.Delta, at index: Int, to answer: inout Answer) {
        switch (delta, blocks[index]) {
        // The input of the provider's own tools is not ours to carry out, and what it calls a text there is none of the answer.
        case (_, .other?), (.other, _): break
        case (.text(let text), .thinking?): answer.say(.reasoning, text)
        case (.text(let text), _): answer.say(.text, text)
        case (.thinking(let text), _): answer.say(.reasoning, text)
        case (.input(let piece), .tool?), (.input(let piece), nil):
            // A call whose head is missing has no name and fails at the end: its arguments are not dropped silently.
            guard !piece.isEmpty else { return }
            blocks[index] = .tool(whole: nil)
            answer.take(ToolCallFragment(index: index, arguments: piece))
        case (.input, .text?), (.input, .thinking?):
            answer.malformed("The provider sent arguments of a tool in a block that is no call.")
        }
    }

    private mutating func close(_ index: Int, in answer: inout Answer) {
        if case .tool(let whole)? = blocks.removeValue(forKey: index) {
            if let whole { answer.take(ToolCallFragment(index: index, arguments: whole)) }
            answer.closeToolCall(at: index)
        }
    }

    // MARK: Finish and usage

    private func finish(_ stop: AnthropicMessagesEvent.Stop, in answer: inout Answer) {
        guard let word = stop.reason, !word.isEmpty else { return }
        let hasOutput = answer.hasOutput
        // The explanation is all that a user gets to see of a refusal without a block.
        if word == "refusal", let explanation = stop.explanation { answer.say(.refusal, explanation) }
        let (unified, cut) = Self.meaning(of: word, hasOutput: hasOutput)
        answer.finished(FinishReason(unified, raw: word, stopSequence: stop.sequence), cut: cut)
    }

    private static func meaning(of word: String, hasOutput: Bool) -> (FinishReason.Unified, IncompleteReason?) {
        switch word {
        case "end_turn", "stop_sequence": (.stop, nil)
        case "tool_use": (.toolCalls, nil)
        case "max_tokens", "model_context_window_exceeded": (.length, .maxOutputTokens)
        // A refusal in the middle of an answer takes the rest of it away.
        case "refusal": (.refusal, hasOutput ? .contentFilter : nil)
        // The model would go on if it were asked again with what it wrote so far: it has not finished.
        case "pause_turn": (.other, .truncated)
        default: (.other, nil)
        }
    }

    /// Later counts replace earlier ones, member by member: the input may grow while the provider's own tools run.
    private mutating func count(_ usage: AnthropicMessagesEvent.Usage, into answer: inout Answer) {
        counted.input = usage.input ?? counted.input
        counted.output = usage.output ?? counted.output
        counted.cacheRead = usage.cacheRead ?? counted.cacheRead
        counted.cacheWrite = usage.cacheWrite ?? counted.cacheWrite
        counted.reasoning = usage.reasoning ?? counted.reasoning
        // The format counts what the cache has to do with beside the rest of the input.
        answer.usage = TokenUsage(
            input: counted.input.map { $0 &+ (counted.cacheRead ?? 0) &+ (counted.cacheWrite ?? 0) }, output: counted.output,
            cachedInput: counted.cacheRead, reasoningOutput: counted.reasoning, cacheWriteInput: counted.cacheWrite)
    }
}
