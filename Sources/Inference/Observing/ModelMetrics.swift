import Metrics
import Synchronization

/// Calls of models, under the names of OpenTelemetry's conventions for generative AI (client metrics; status: development).
///
/// | metric | unit | what |
/// |---|---|---|
/// | `gen_ai.client.operation.duration` | s | a call, from the request to its end; `error.type` when it failed or was cut |
/// | `gen_ai.client.operation.time_to_first_chunk` | s | from the request to the first piece that is not empty |
/// | `gen_ai.client.operation.time_per_output_chunk` | s | from each piece to the next |
/// | `gen_ai.client.token.usage` | tokens | by `gen_ai.token.type`, as the provider counted; none when it did not |
///
/// Attributes are bounded: `gen_ai.operation.name` is `chat`, `gen_ai.provider.name` the configured name, `gen_ai.request.model` only
/// a model that an operator configured (another's name comes out of a request), `error.type` a word of ``InferenceError/Kind`` or
/// ``IncompleteReason``, or `cancelled`. The response's model and the server's address are left out for the same reason.
final class ModelMetrics: Sendable {
    /// Who is called, as far as a label may tell.
    struct Target: Hashable, Sendable {
        var provider: String
        var model: String?

        fileprivate var dimensions: [(String, String)] {
            let always = [("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", provider)]
            return always + (model.map { [("gen_ai.request.model", $0)] } ?? [])
        }
    }

    /// The recorders of one target, looked up once a call.
    struct Series: Sendable {
        let firstChunk: Recorder
        let laterChunk: Recorder
        let inputTokens: Recorder
        let outputTokens: Recorder
    }

    private struct Ending: Hashable {
        var target: Target
        var errorType: String?
    }

    private struct State {
        var series: [Target: Series] = [:]
        var durations: [Ending: Recorder] = [:]
    }

    /// Into the process's own factory.
    static let process = ModelMetrics(factory: MetricsSystem.factory)

    private let factory: any MetricsFactory
    private let state = Mutex(State())

    init(factory: any MetricsFactory) {
        self.factory = factory
    }

    func series(of target: Target) -> Series {
        state.withLock { state in
            if let found = state.series[target] { return found }
            let dimensions = target.dimensions
            let made = Series(
                firstChunk: recorder("gen_ai.client.operation.time_to_first_chunk", dimensions),
                laterChunk: recorder("gen_ai.client.operation.time_per_output_chunk", dimensions),
                inputTokens: recorder("gen_ai.client.token.usage", dimensions + [("gen_ai.token.type", "input")]),
                outputTokens: recorder("gen_ai.client.token.usage", dimensions + [("gen_ai.token.type", "output")]))
            state.series[target] = made
            return made
        }
    }

    /// A call ended.
    ///
    /// - Parameter errorType: What went wrong; nil for an answer that its model ended.
    func ended(_ target: Target, errorType: String?, after duration: Duration) {
        let durations = state.withLock { state in
            let ending = Ending(target: target, errorType: errorType)
            if let found = state.durations[ending] { return found }
            let more = errorType.map { [("error.type", $0)] } ?? []
            let made = recorder("gen_ai.client.operation.duration", target.dimensions + more)
            state.durations[ending] = made
            return made
        }
        durations.record(duration.milliseconds / 1_000)
    }

    private func recorder(_ label: String, _ dimensions: [(String, String)]) -> Recorder {
        Recorder(label: label, dimensions: dimensions, aggregate: true, factory: factory)
    }
}
