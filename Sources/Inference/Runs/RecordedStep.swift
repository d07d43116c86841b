/// What a run's log tells of one step.
struct RecordedStep: Sendable, Equatable {
    let number: Int
    /// The text of the answer.
    private(set) var text = ""
    private(set) var tools: [ToolCall] = []
    private(set) var usage = TokenUsage()
    /// Something that the model said was told.
    private(set) var hasOutput = false
    private(set) var told = ToldAnswer()
    private(set) var finished: StepFinished?
    /// What its calls came to, by index, as the log tells it.
    private(set) var results: [Int: ToolResult] = [:]
    private(set) var isPauseTold = false
    /// Attempts that asked for it once more: those before had shown nothing of it.
    private(set) var repeats = 0

    init(number: Int) {
        self.number = number
    }

    /// Every call of it has its result.
    var isAnswered: Bool { tools.allSatisfy { results[$0.index] != nil } }

    /// How the model ended it; nil where the log does not say that without doubt.
    var ending: StepEnding? {
        guard let finished, let finish = finished.finish else { return nil }
        let outcome: StepEnding.Outcome
        switch (finished.state ?? .completed, finish.unified) {
        case (.completed, _): outcome = .completed
        case (.incomplete, .length): outcome = .incomplete(.maxOutputTokens)
        case (.incomplete, .contentFilter): outcome = .incomplete(.contentFilter)
        default: return nil
        }
        return StepEnding(outcome, finish: finish, missingDone: finished.missingDone)
    }

    /// Another attempt goes on with the run.
    mutating func resume() {
        if finished == nil, !hasOutput { repeats += 1 }
    }

    /// Takes an event that was told within the step.
    ///
    /// - Returns: false for one that cannot come there.
    mutating func take(_ event: RunEvent) -> Bool {
        switch event {
        case .chunk, .toolCallDelta, .toolCall, .usage, .stepFinished:
            guard finished == nil else { return false }
        case .toolResult, .paused:
            guard finished != nil else { return false }
        default: break
        }
        if event.isModelOutput { hasOutput = true }
        told.take(event)
        switch event {
        case .chunk(let chunk): if chunk.channel == .text { text += chunk.text }
        case .toolCall(let call): tools.append(call)
        case .usage(let counted): usage.add(counted)
        case .stepFinished(let finished):
            guard finished.step == number else { return false }
            self.finished = finished
        case .toolResult(let result): results[result.index] = result
        case .paused: isPauseTold = true
        default: break
        }
        return true
    }
}
