import Metrics

/// What Mainstay itself adds to a stream: the time that a provider's words take through it, without the provider's own.
///
/// | metric | from | to |
/// |---|---|---|
/// | `mainstay_stream_ttft_overhead_seconds` | a run's first output is decoded by its worker | its frame is handed to the client's connection |
/// | `mainstay_stream_token_overhead_seconds` | an output after the first is decoded | the same |
/// | `mainstay_stream_resume_seconds` | a request with a cursor arrives | the first frame of what is replayed is handed over |
/// | `mainstay_stream_skewed_total` | – | outputs that seem to have come before they were sent: the clocks of two machines differ |
///
/// Measured are outputs that a client was there for: each client's, once. Of outputs that were appended together the oldest counts for
/// all, so that nothing looks faster than it was. What was announced while nobody listened is replay and is not in the first two;
/// a client that reads slowly is in them, for nothing tells it from a slow ingress.
struct StreamMetrics: Sendable {
    private let firstOutput: Recorder
    private let laterOutput: Recorder
    private let resume: Recorder
    private let skewed: Counter

    init(factory: any MetricsFactory) {
        firstOutput = Recorder(label: "mainstay_stream_ttft_overhead_seconds", aggregate: true, factory: factory)
        laterOutput = Recorder(label: "mainstay_stream_token_overhead_seconds", aggregate: true, factory: factory)
        resume = Recorder(label: "mainstay_stream_resume_seconds", aggregate: true, factory: factory)
        skewed = Counter(label: "mainstay_stream_skewed_total", factory: factory)
    }

    /// An output went to a client so long after its worker had it. What is below zero is counted and not made a zero of.
    func delivered(after seconds: Double, isFirst: Bool) {
        guard seconds >= 0 else { return skewed.increment() }
        let recorder = isFirst ? firstOutput : laterOutput
        recorder.record(seconds)
    }

    /// A resumed stream began so long after it was asked for.
    func resumed(after duration: Duration) { resume.record(duration.milliseconds / 1_000) }
}
