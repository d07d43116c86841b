import MetricsTestKit
import Synchronization
import Testing

@testable import Inference

/// Calls of models as they are measured, by a clock that a test sets.
@Suite("A provider that is measured") struct MeasuredProviderTests {
    private final class Time: Sendable {
        private let instant = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { instant.withLock { $0 } }
        func pass(_ milliseconds: Int) { instant.withLock { $0 += .milliseconds(milliseconds) } }
    }

    private let factory = TestMetrics()
    private let time = Time()

    private static let always = [("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "played")]
    private static let known = always + [("gen_ai.request.model", "test-model")]

    private func measured(_ play: @escaping @Sendable (Time, PlayedProvider.Receive) async throws -> Void) throws -> MeasuredProvider {
        let directory = try ProviderDirectory([ProviderConfiguration(name: "played", baseURL: "http://test", models: ["test-model"])])
        let time = time
        return MeasuredProvider(
            PlayedProvider { _, receive in try await play(time, receive) }, directory: directory, metrics: ModelMetrics(factory: factory),
            now: { time.now })
    }

    private func request(_ model: String = "test-model") -> ProviderRequest {
        ProviderRequest(run: "r", model: model, messages: [RunMessage(.user, "Hi")])
    }

    private func values(_ name: String, _ dimensions: [(String, String)]) throws -> [Double] {
        try factory.expectRecorder("gen_ai.client.\(name)", dimensions).values
    }

    private static func isClose(_ found: [Double], _ expected: [Double]) -> Bool {
        found.count == expected.count && zip(found, expected).allSatisfy { abs($0 - $1) < 1e-9 }
    }

    @Test("a whole call: the first piece that is not empty, the gaps, the duration and the tokens")
    func whole() async throws {
        let provider = try measured { time, receive in
            time.pass(20)
            try await receive(.text(""))
            time.pass(80)
            try await receive(.text("a"))
            time.pass(30)
            try await receive(.toolCallDelta(ToolCallDelta(index: 0, id: "c", name: "f", arguments: "")))
            time.pass(40)
            try await receive(.toolCall(ToolCall(index: 0, id: "c", name: "f", arguments: "{}")))
            try await receive(.usage(TokenUsage(input: 9, output: 4)))
            time.pass(5)
            try await receive(.stopped)
        }
        let events = try await provider.events(for: request())
        #expect(events.count == 6, "what the provider says passes through")
        #expect(provider.name == "played")
        #expect(Self.isClose(try values("operation.time_to_first_chunk", Self.known), [0.1]))
        #expect(Self.isClose(try values("operation.time_per_output_chunk", Self.known), [0.03]))
        #expect(Self.isClose(try values("operation.duration", Self.known), [0.175]))
        #expect(try values("token.usage", Self.known + [("gen_ai.token.type", "input")]) == [9])
        #expect(try values("token.usage", Self.known + [("gen_ai.token.type", "output")]) == [4])
    }

    @Test("a model that nobody configured is no label")
    func unknownModel() async throws {
        let provider = try measured { _, receive in try await receive(.stopped) }
        _ = try await provider.events(for: request("whatever-somebody-typed"))
        #expect(try values("operation.duration", Self.always).count == 1)
        #expect(!factory.recorders.contains { $0.dimensions.contains { $0.1 == "whatever-somebody-typed" } })
    }

    @Test(
        "what went wrong is a word of ours, and an answer that its model ended is no error",
        arguments: [
            (StepEnding(.failed(InferenceError(.rateLimited, "slow down"))), "rate_limited"), (StepEnding(.incomplete(.truncated)), "truncated"),
            (StepEnding(.incomplete(.maxOutputTokens)), nil), (StepEnding(.completed), nil),
        ] as [(StepEnding, String?)])
    func errors(ending: StepEnding, word: String?) async throws {
        let provider = try measured { _, receive in try await receive(.ended(ending)) }
        _ = try await provider.events(for: request())
        #expect(try values("operation.duration", Self.known + (word.map { [("error.type", $0)] } ?? [])).count == 1)
        #expect(try values("operation.time_to_first_chunk", Self.known).isEmpty)
    }

    @Test("a call that nobody wants the rest of is cancelled, and counted once")
    func cancelled() async throws {
        let provider = try measured { time, receive in
            time.pass(10)
            try await receive(.text("a"))
        }
        await #expect(throws: CancellationError.self) { try await provider.stream(request()) { _ in throw CancellationError() } }
        #expect(Self.isClose(try values("operation.duration", Self.known + [("error.type", "cancelled")]), [0.01]))
        #expect(factory.recorders.filter { $0.label == "gen_ai.client.operation.duration" }.count == 1)
    }
}
