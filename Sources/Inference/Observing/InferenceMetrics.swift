import Metrics

/// What inference reports of itself, beside the calls of models (``ModelMetrics``): the fates of runs, and how fast their streams are.
///
/// It hangs on the run log, which both sides have: the worker that writes it and the ingress that serves it. A class, for the log is
/// copied into every client's stream.
final class InferenceMetrics: Sendable {
    let runs: RunMetrics
    let streams: StreamMetrics

    /// Into the process's own factory. A program sets that up before its features.
    static let process = InferenceMetrics(factory: MetricsSystem.factory)

    init(factory: any MetricsFactory) {
        runs = RunMetrics(factory: factory)
        streams = StreamMetrics(factory: factory)
    }
}
