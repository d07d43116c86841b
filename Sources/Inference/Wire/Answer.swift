/// One answer as a decoder comes to know it, whatever the format, and the rules by which it ends.
///
/// ```
///               finish                          end marker, end, error of the transport
///  answering ───────────────▶ finished ──────────────────────────────────────────▶ ended(completed | incomplete)
///      │ error, an event that is none                 │ error
///      ├──────────────────────────────────────────────┴▶ faulted ── marker, end ──▶ ended(failed)
///      │ end, error of the transport, the end marker without a finish
///      └──────────────────────────────────────────────────────────────────────────▶ ended(incomplete: truncated | failed)
/// ```
///
/// After a finish an answer is read on, for the usage may come behind it; after an error too, and then nothing is shown any more. Text
/// after the finish is the model's and is passed on. Of several finishes one that tells of a cut, or of an error, is kept.
struct Answer: Sendable {
    private var events: [ProviderEvent] = []
    private var tools = ToolCallAssembler()
    private var finish: FinishReason?
    private var cut: IncompleteReason?
    private var fault: InferenceError?
    private var hasBegun = false
    private var hasRefusal = false

    /// What the provider counted. It is replaced, not added to: a provider that sends it twice repeats it.
    var usage = TokenUsage()
    /// Something that a user can see has come.
    private(set) var hasOutput = false
    private(set) var isEnded = false
    private(set) var malformedEvents = 0

    var isSettled: Bool { finish != nil || fault != nil }
    var hasToolCalls: Bool { !tools.isEmpty }
    /// The provider's own index of each tool call, in the order of the calls.
    var toolIndices: [Int] { tools.wireIndices }

    /// The events since the last call.
    mutating func handOver() -> [ProviderEvent] {
        defer { events = [] }
        return events
    }

    // MARK: What the provider says

    /// The head of an answer, in formats that have one.
    ///
    /// A second head is a call that an intermediary repeated: what the first one opened is void. Once something was shown it cannot be
    /// taken back, and the second answer would stand behind it, so the call fails.
    mutating func begin() {
        guard hasBegun else {
            hasBegun = true
            return
        }
        guard hasOutput else {
            tools.clear()
            finish = nil
            cut = nil
            usage = TokenUsage()
            return
        }
        fail(InferenceError(.invalidResponse, "The provider began a second answer in the middle of the first."))
        close()
    }

    mutating func say(_ channel: StreamChunk.Channel, _ text: String) {
        guard !text.isEmpty else { return }
        show(.chunk(StreamChunk(channel, text)))
        if channel == .refusal { hasRefusal = true }
    }

    mutating func take(_ fragment: ToolCallFragment) {
        guard let delta = tools.take(fragment) else { return }
        show(.toolCallDelta(delta))
    }

    /// The call of that index as far as it is known; nil when there is none.
    func toolCall(at index: Int) -> (name: String, arguments: String)? { tools.call(at: index) }

    /// The provider says that the call of that index is whole.
    ///
    /// - Parameter whole: Its arguments, where the format repeats them: what was not sent in pieces is added.
    mutating func closeToolCall(at index: Int, whole: String? = nil) {
        if let whole, let sent = tools.call(at: index)?.arguments, whole.utf8.starts(with: sent.utf8), whole.utf8.count > sent.utf8.count {
            take(ToolCallFragment(index: index, arguments: String(decoding: whole.utf8.dropFirst(sent.utf8.count), as: UTF8.self)))
        }
        tools.close(at: index)
    }

    /// - Parameter cut: Why the answer is not whole although the provider finished it.
    mutating func finished(_ reason: FinishReason, cut: IncompleteReason? = nil) {
        if self.cut != nil || finish?.unified == .error { return }
        finish = reason
        self.cut = cut
    }

    /// The first error counts: what follows it are its consequences.
    mutating func fail(_ error: InferenceError) {
        if fault == nil { fault = error }
    }

    /// An event is not what the format says. It is never skipped: what it held is missing in the answer.
    mutating func malformed(_ message: String) {
        malformedEvents += 1
        fail(InferenceError(.invalidResponse, message))
    }

    private mutating func show(_ event: ProviderEvent) {
        guard fault == nil, !isEnded else { return }
        hasOutput = true
        events.append(event)
    }

    // MARK: The end

    /// The bytes have stopped.
    mutating func stop(_ end: StreamEnd) {
        if case .broken(let error) = end, !isSettled {
            // What was shown is an answer that is not whole; without any it is only an error, and the same request may be tried again.
            close(as: hasOutput ? .incomplete(.truncated) : .failed(error))
        } else {
            close(missingDone: true)
        }
    }

    /// Ends the answer, as `outcome` or as what was seen of it tells.
    mutating func close(as outcome: StepEnding.Outcome? = nil, missingDone: Bool = false) {
        guard !isEnded else { return }
        let ending = ending(outcome, missingDone: missingDone)
        if !usage.isEmpty { events.append(.usage(usage)) }
        events.append(.ended(ending))
        isEnded = true
    }

    private mutating func ending(_ outcome: StepEnding.Outcome?, missingDone: Bool) -> StepEnding {
        if let fault { return StepEnding(.failed(fault), finish: finish) }
        if let outcome { return StepEnding(outcome, finish: finish) }
        guard var finish else {
            let error = InferenceError(.invalidResponse, "The provider's stream ended without an answer.")
            return StepEnding(hasOutput ? .incomplete(.truncated) : .failed(error))
        }
        if hasRefusal, finish.unified == .stop { finish.unified = .refusal }
        if let cut {
            events += tools.wholeCalls().map { ProviderEvent.toolCall($0) }
            return StepEnding(.incomplete(cut), finish: finish, missingDone: missingDone)
        }
        if finish.unified == .error {
            let error = InferenceError(.serverError, "The provider ended the answer with an error.", code: finish.raw)
            return StepEnding(.failed(error), finish: finish)
        }
        do {
            events += try tools.finish().map { ProviderEvent.toolCall($0) }
            return StepEnding(.completed, finish: finish, missingDone: missingDone)
        } catch {
            return StepEnding(.failed(Self.error(error)), finish: finish)
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

extension Answer {
    /// The answer to `request`: no call of it gets an id that one of the conversation's has.
    init(to request: ProviderRequest) {
        self.init()
        tools = ToolCallAssembler(taken: Set(request.messages.flatMap { ($0.toolCalls ?? []).map(\.id) }))
    }

    /// Begins in the middle: a part of the answer was told already, and what follows goes on behind it.
    mutating func readOn(_ kept: KeptAnswer) {
        hasBegun = true
        // What stands for the text that was told: that there was some is all that the rest of the answer depends on.
        for channel in kept.told.channels { say(channel, "…") }
        let indices = kept.position.calls
        for delta in kept.told.fragments {
            let index = indices.indices.contains(delta.index) ? indices[delta.index] : delta.index
            take(ToolCallFragment(index: index, id: delta.id, name: delta.name, arguments: delta.arguments))
        }
        events = []
    }
}
