/// The provider that is always there: answers without a network, at the pace of a model, the same way every time.
///
/// | model | first token | then |
/// |---|---|---|
/// | `scripted` | 150 ms | 40 tokens a second |
/// | `scripted-fast` | 5 ms | 1,000 tokens a second |
///
/// Each wait is drawn between half and one and a half of that, from a generator that is seeded by the run: a run's waits are the same
/// whenever it is replayed, and two runs do not move in step.
package struct ScriptedProvider: Provider {
    /// The mean waits of a model.
    package struct Pace: Sendable, Equatable {
        package var firstToken: Duration
        package var token: Duration

        package init(firstToken: Duration, token: Duration) {
            self.firstToken = firstToken
            self.token = token
        }

        package static let realistic = Pace(firstToken: .milliseconds(150), token: .milliseconds(25))
        package static let fast = Pace(firstToken: .milliseconds(5), token: .milliseconds(1))
    }

    package static let models = ["scripted", "scripted-fast"]

    package let name = "scripted"
    private let clock: any Clock<Duration>

    package init(clock: any Clock<Duration> = ContinuousClock()) {
        self.clock = clock
    }

    package func stream(_ request: ProviderRequest, receive: @escaping @Sendable (ProviderEvent) async throws -> Void) async throws {
        let answer = ScriptedAnswer(request)
        let pace: Pace = request.model == "scripted-fast" ? .fast : .realistic
        var generator = SeededGenerator(seed: request.run)
        try await wait(pace.firstToken, &generator)
        for (position, piece) in answer.pieces.enumerated() {
            if position > 0 { try await wait(pace.token, &generator) }
            try await receive(.chunk(StreamChunk(.text, piece)))
        }
        if let call = answer.call { try await stream(call, pace, &generator, receive) }

        let input = request.messages.reduce(0) { $0 + max(1, $1.content.count / 4) }
        let output = answer.pieces.count + (answer.call.map { ScriptedAnswer.tokens($0.arguments).count } ?? 0)
        try await receive(.usage(TokenUsage(input: input, output: output, total: input + output)))
        let finish = answer.call == nil ? FinishReason(.stop, raw: "stop") : FinishReason(.toolCalls, raw: "tool_calls")
        try await receive(.ended(StepEnding(.completed, finish: finish)))
    }

    private func stream(
        _ call: ToolCall, _ pace: Pace, _ generator: inout SeededGenerator, _ receive: @Sendable (ProviderEvent) async throws -> Void
    ) async throws {
        try await receive(.toolCallDelta(ToolCallDelta(index: call.index, id: call.id, name: call.name, arguments: "")))
        for piece in ScriptedAnswer.tokens(call.arguments) {
            try await wait(pace.token, &generator)
            try await receive(.toolCallDelta(ToolCallDelta(index: call.index, arguments: piece)))
        }
        try await receive(.toolCall(call))
    }

    private func wait(_ mean: Duration, _ generator: inout SeededGenerator) async throws {
        try await clock.sleep(for: mean * Double.random(in: 0.5...1.5, using: &generator))
    }
}
