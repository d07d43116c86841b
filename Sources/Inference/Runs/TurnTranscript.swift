/// What a run's events add to its conversation: what the model said, which tools it called, and what they brought. Not what it thought.
struct TurnTranscript: Sendable, Equatable {
    private(set) var messages: [RunMessage] = []
    private var text = ""
    private var calls: [ToolCall] = []
    private var results: [Int: ToolResult] = [:]
    private var serverTools: Set<String> = []

    init(_ events: some Sequence<RunEvent>) {
        for event in events { add(event) }
        close()
    }

    private mutating func add(_ event: RunEvent) {
        switch event {
        case .runStarted(let started): serverTools = Set(started.serverTools)
        case .stepStarted: close()
        case .chunk(let chunk) where chunk.channel != .reasoning: text += chunk.text
        case .toolCall(let call): calls.append(call)
        case .toolResult(let result): results[result.index] = result
        default: break
        }
    }

    /// The end of a step.
    private mutating func close() {
        // A call of the server's own that was not carried out will never have a result, and providers refuse a call without one.
        let told = calls.filter { results[$0.index] != nil || !serverTools.contains($0.name) }.sorted { $0.index < $1.index }
        if !text.isEmpty || !told.isEmpty {
            let calls = told.map { RunMessage.Call(id: $0.id, name: $0.name, arguments: $0.arguments) }
            messages.append(RunMessage(.assistant, text, toolCalls: calls.isEmpty ? nil : calls))
        }
        for call in told {
            guard let result = results[call.index] else { continue }
            messages.append(ToolOutcome(output: result.output, isError: result.isError).message(for: call))
        }
        text = ""
        calls = []
        results = [:]
    }
}
