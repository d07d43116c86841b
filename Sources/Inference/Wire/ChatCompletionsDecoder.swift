import Foundation

/// Decodes the stream of an OpenAI-compatible `chat/completions` call: bytes in, events out, no I/O.
///
/// ```
///             finish_reason                    [DONE], end, error of the transport
///  answering ───────────────▶ finished ──────────────────────────────────────────▶ ended(completed | incomplete)
///      │ error in a chunk, a line that is no JSON     │ error in a chunk
///      ├──────────────────────────────────────────────┴▶ faulted ── [DONE], end ──▶ ended(failed)
///      │ end, error of the transport, [DONE] without a finish
///      └──────────────────────────────────────────────────────────────────────────▶ ended(incomplete: truncated | failed)
/// ```
///
/// After a finish the stream is read on for the usage, which comes in a chunk of its own; after an error too. Text after the finish is
/// the model's and is passed on. Of several finishes one that tells of a cut (`length`, `content_filter`, `error`) is kept.
package struct ChatCompletionsDecoder: Sendable {
    /// How the bytes stopped.
    package enum End: Sendable, Equatable {
        /// The body ended as HTTP says it should.
        case clean
        /// The transport, or a deadline, ended it.
        case broken(InferenceError)
    }

    /// Shared: making one costs as much as decoding a chunk.
    private static let json = JSONDecoder()

    private var lines: SSEDecoder
    private var tools = ToolCallAssembler()
    private var finish: FinishReason?
    private var usage: TokenUsage?
    private var fault: InferenceError?
    private var hasOutput = false
    private var hasRefusal = false

    /// `.ended` has been returned; further bytes are ignored. The connection need not be read to its end: a provider may leave it open.
    package private(set) var isEnded = false
    /// Data lines that were no JSON object. One is enough to fail the call.
    package private(set) var malformedEvents = 0

    package init(limits: SSEDecoder.Limits = .init()) {
        lines = SSEDecoder(limits: limits)
    }

    /// The outcome is decided and only usage or the end marker is awaited: a reader waits for it briefly, not as long as for a token.
    package var isSettled: Bool { finish != nil || fault != nil }

    /// Something that a user can see has come: the first token. Comments, the role and empty pieces are not it.
    package var hasFirstToken: Bool { hasOutput }

    /// Takes the next bytes of the body.
    package mutating func decode(_ bytes: some Sequence<UInt8>) -> [ProviderEvent] {
        guard !isEnded else { return [] }
        do {
            return decode(events: try lines.decode(bytes))
        } catch {
            fault = fault ?? InferenceError(.invalidResponse, "The provider sent a line or event over the bound: \(error).")
            return ended()
        }
    }

    /// Takes a whole body that is no stream: one completion object, as some providers answer although a stream was asked for, or an
    /// error object.
    package mutating func decode(body: some Sequence<UInt8>) -> [ProviderEvent] {
        guard !isEnded else { return [] }
        let events = chunk(String(decoding: Array(body), as: UTF8.self))
        return events + ended()
    }

    /// The bytes have stopped. Returns what is left to say; nothing when the stream had ended already.
    package mutating func end(_ end: End) -> [ProviderEvent] {
        guard !isEnded else { return [] }
        if case .broken(let error) = end, finish == nil, fault == nil {
            // What was shown is an answer that is not whole; without any it is only an error, and the same request may be tried again.
            return hasOutput ? ended(.incomplete(.truncated)) : ended(.failed(error))
        }
        return ended(missingDone: true)
    }

    // MARK: Events

    private mutating func decode(events: [SSEEvent]) -> [ProviderEvent] {
        var result: [ProviderEvent] = []
        for event in events where !isEnded {
            if event.data.isEmpty { continue }
            if event.data == "[DONE]" { return result + ended() }
            result += chunk(event.data)
        }
        return result
    }

    private mutating func chunk(_ data: String) -> [ProviderEvent] {
        let chunk: ChatCompletionsChunk
        do {
            chunk = try Self.json.decode(ChatCompletionsChunk.self, from: Data(data.utf8))
        } catch {
            malformedEvents += 1
            fault = fault ?? InferenceError(.invalidResponse, "The provider sent an event that is no completion chunk.")
            return []
        }
        if let reported = chunk.error, !reported.isEmpty { fault = fault ?? reported.error() }
        // Usage is kept, not added: a provider that sends it twice repeats it.
        if let counted = chunk.usage?.tokens, !counted.isEmpty { usage = counted }
        var result: [ProviderEvent] = []
        // One answer is asked for; choices of other indices are not it.
        for choice in chunk.choices ?? [] where (choice.index ?? 0) == 0 {
            if let delta = choice.delta ?? choice.message { result += content(delta) }
            if let word = choice.finishReason, !word.isEmpty { finished(word) }
        }
        return result
    }

    private mutating func content(_ delta: ChatCompletionsChunk.Delta) -> [ProviderEvent] {
        var result: [ProviderEvent] = []
        if let text = delta.reasoningText { result.append(.chunk(StreamChunk(.reasoning, text))) }
        if let text = delta.content?.text, !text.isEmpty { result.append(.chunk(StreamChunk(.text, text))) }
        if let text = delta.refusal, !text.isEmpty {
            hasRefusal = true
            result.append(.chunk(StreamChunk(.refusal, text)))
        }
        var fragments = delta.toolCalls ?? []
        if let call = delta.functionCall {
            fragments.append(ToolCallFragment(index: 0, name: call.name, arguments: call.arguments?.text))
        }
        result += fragments.compactMap { tools.take($0) }.map { .toolCallDelta($0) }
        if !result.isEmpty { hasOutput = true }
        return result
    }

    private mutating func finished(_ word: String) {
        let reason = FinishReason(Self.unified(word), raw: word)
        switch finish?.unified {
        case .length, .contentFilter, .error: break
        case .stop, .toolCalls, .refusal, .other, nil: finish = reason
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

    // MARK: The end

    /// Decides the outcome from what was seen, or takes the given one, and closes the stream.
    private mutating func ended(_ outcome: StepEnding.Outcome? = nil, missingDone: Bool = false) -> [ProviderEvent] {
        isEnded = true
        var events: [ProviderEvent] = []
        if let usage { events.append(.usage(usage)) }
        if let fault { return events + [.ended(StepEnding(.failed(fault), finish: finish))] }
        if let outcome { return events + [.ended(StepEnding(outcome, finish: finish))] }
        guard var finish else {
            let error = InferenceError(.invalidResponse, "The provider's stream ended without an answer.")
            return events + [.ended(StepEnding(hasOutput ? .incomplete(.truncated) : .failed(error)))]
        }
        if hasRefusal, finish.unified == .stop { finish.unified = .refusal }
        switch finish.unified {
        case .length, .contentFilter:
            let reason: IncompleteReason = finish.unified == .length ? .maxOutputTokens : .contentFilter
            let calls = tools.wholeCalls().map { ProviderEvent.toolCall($0) }
            return calls + events + [.ended(StepEnding(.incomplete(reason), finish: finish, missingDone: missingDone))]
        case .error:
            let error = InferenceError(.serverError, "The provider ended the answer with an error.", code: finish.raw)
            return events + [.ended(StepEnding(.failed(error), finish: finish))]
        case .stop, .toolCalls, .refusal, .other:
            do {
                let calls = try tools.finish().map { ProviderEvent.toolCall($0) }
                return calls + events + [.ended(StepEnding(.completed, finish: finish, missingDone: missingDone))]
            } catch {
                return events + [.ended(StepEnding(.failed(Self.error(error)), finish: finish))]
            }
        }
    }

    private static func error(_ fault: ToolCallAssembler.Fault) -> InferenceError {
        switch fault {
        case .nameMissing(let index):
            InferenceError(.invalidResponse, "The provider finished tool call \(index) without naming a tool.")
        case .argumentsNotJSON(let index, let name):
            InferenceError(.invalidResponse, "The arguments of tool call \(index) (\(name)) are not one JSON value.")
        }
    }
}
