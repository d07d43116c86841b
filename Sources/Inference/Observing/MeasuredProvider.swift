import Synchronization
import CoreMetrics

/// A provider whose calls are measured. What it says passes through unchanged.
struct MeasuredProvider: Provider {
    private let provider: any Provider
    private let directory: ProviderDirectory
    private let metrics: ModelMetrics
    private let now: @Sendable () -> ContinuousClock.Instant

    /// - Parameters:
    ///   - directory: Tells which models an operator has named.
    ///   - now: The time, for tests.
    init(
        _ provider: any Provider, directory: ProviderDirectory, metrics: ModelMetrics,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.provider = provider
        self.directory = directory
        self.metrics = metrics
        self.now = now
    }

    var name: String { provider.name }

    func abandon(_ position: AnswerPosition, key: ProviderKey?) async { await provider.abandon(position, key: key) }

    func stream(_ request: ProviderRequest, receive: @escaping @Sendable (ProviderEvent) async throws -> Void) async throws {
        let model = directory.isConfigured(request.model, of: name) ? request.model : nil
        let call = MeasuredCall(ModelMetrics.Target(provider: name, model: model), metrics, now: now)
        do {
            try await provider.stream(request) { event in
                call.saw(event)
                try await receive(event)
            }
        } catch {
            // Nobody wants the rest: its reader left, was overtaken or was stopped.
            call.end(errorType: "cancelled")
            throw error
        }
    }
}

/// One call of a model as it is measured. Its one allocation; an event costs a lock that nobody else holds, and a look at the clock.
private final class MeasuredCall: Sendable {
    private struct State {
        var lastOutput: ContinuousClock.Instant?
        var usage: TokenUsage?
        var isOver = false
    }

    private let target: ModelMetrics.Target
    private let metrics: ModelMetrics
    private let series: ModelMetrics.Series
    private let now: @Sendable () -> ContinuousClock.Instant
    private let began: ContinuousClock.Instant
    private let state = Mutex(State())

    init(_ target: ModelMetrics.Target, _ metrics: ModelMetrics, now: @escaping @Sendable () -> ContinuousClock.Instant) {
        self.target = target
        self.metrics = metrics
        self.now = now
        series = metrics.series(of: target)
        began = now()
    }

    func saw(_ event: ProviderEvent) {
        switch event {
        case .chunk(let chunk):
            if !chunk.text.isEmpty { output() }
        case .toolCallDelta: output()
        // It repeats what its fragments said.
        case .toolCall: break
        case .usage(let usage): state.withLock { $0.usage = usage }
        case .ended(let ending): end(errorType: ending.errorType)
        case .group(let events, _): for event in events { saw(event) }
        }
    }

    /// Counts once, whatever comes first.
    func end(errorType: String?) {
        let (isOver, usage) = state.withLock { state in
            defer { state.isOver = true }
            return (state.isOver, state.usage)
        }
        guard !isOver else { return }
        metrics.ended(target, errorType: errorType, after: began.duration(to: now()))
        if let input = usage?.input { series.inputTokens.record(input) }
        if let output = usage?.output { series.outputTokens.record(output) }
    }

    private func output() {
        let instant = now()
        let last = state.withLock { state in
            defer { state.lastOutput = instant }
            return state.lastOutput
        }
        let recorder = last == nil ? series.firstChunk : series.laterChunk
        recorder.record((last ?? began).duration(to: instant).milliseconds / 1_000)
    }
}

extension StepEnding {
    /// OpenTelemetry's `error.type`; nil where the model ended the answer, be it by a bound or a filter.
    var errorType: String? {
        switch outcome {
        case .completed, .incomplete(.maxOutputTokens), .incomplete(.contentFilter): nil
        case .incomplete(let reason): reason.rawValue
        case .failed(let error): error.kind.rawValue
        }
    }
}
