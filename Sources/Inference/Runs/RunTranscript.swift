/// What a run's events add up to: what `GET /v1/runs/{id}` shows and the run's row keeps.
struct RunTranscript: Equatable, Sendable {
    /// The answer: the text deltas, joined. Reasoning and refusals are not in it.
    private(set) var text = ""
    private(set) var refusal = ""
    private(set) var toolCalls: [ToolCall] = []
    private(set) var usage = TokenUsage()
    /// The part of it that nobody counted.
    private(set) var estimated = TokenUsage()
    /// The last step's.
    private(set) var finish: FinishReason?
    /// Something that a client may have shown to someone has been written.
    private(set) var hasModelOutput = false
    /// Ids of the memory writes that the log tells of.
    private(set) var memoryWrites: Set<String> = []
    /// The step that was started and not finished.
    private(set) var openStep: Int?
    /// What has come of the open step, and what was counted of it.
    private(set) var openSize = AnswerSize()
    private(set) var openUsage = TokenUsage()
    /// Whether it has shown nothing, and how often it was asked for once more for that.
    private var isOpenStepSilent = false
    private(set) var openRepeats = 0
    /// The same of all steps.
    private(set) var repeats = 0
    /// Bytes that the steps before it added to what the model reads: its own words, and results of tools.
    private(set) var spoken = 0

    mutating func add(_ event: RunEvent) {
        if event.isModelOutput {
            hasModelOutput = true
            isOpenStepSilent = false
            openSize.add(event)
        }
        switch event {
        case .chunk(let chunk):
            switch chunk.channel {
            case .text: text += chunk.text
            case .refusal: refusal += chunk.text
            case .reasoning: break
            }
        case .toolCall(let call): toolCalls.append(call)
        case .usage(let counted):
            usage.add(counted)
            openUsage.add(counted)
            if counted.isEstimated { estimated.add(counted) }
        case .stepStarted(let step): begin(step)
        case .stepFinished(let finished):
            finish = finished.finish ?? finish
            begin(nil)
        case .memoryWritten(let write): memoryWrites.insert(write.event)
        case .completed(let reason, _): finish = reason
        case .incomplete(_, let reason, _): finish = reason ?? finish
        case .toolResult(let result): spoken += result.output.utf8.count
        case .resumed where openStep != nil && isOpenStepSilent:
            openRepeats += 1
            repeats += 1
        case .runStarted, .resumed, .toolCallDelta, .paused, .failed, .cancelled: break
        }
    }

    /// Opens a step, or none.
    private mutating func begin(_ step: Int?) {
        openStep = step
        spoken += openSize.bytes
        openSize = AnswerSize()
        openUsage = TokenUsage()
        isOpenStepSilent = step != nil
        openRepeats = 0
    }
}

extension TokenUsage {
    /// Adds the tokens of another step. What nobody counted stays unknown.
    mutating func add(_ other: TokenUsage) {
        func sum(_ one: Int?, _ other: Int?) -> Int? { one == nil && other == nil ? nil : (one ?? 0) &+ (other ?? 0) }
        input = sum(input, other.input)
        output = sum(output, other.output)
        total = sum(total, other.total)
        cachedInput = sum(cachedInput, other.cachedInput)
        reasoningOutput = sum(reasoningOutput, other.reasoningOutput)
        cacheWriteInput = sum(cacheWriteInput, other.cacheWriteInput)
        if let added = other.cost { cost = (cost ?? 0) + added }
        isEstimated = isEstimated || other.isEstimated
    }
}
