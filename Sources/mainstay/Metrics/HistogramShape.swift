/// How the histogram behind a label is written: its name, and the upper bounds of its buckets.
///
/// One set of bounds serves most; what has another order of magnitude, or is no time, has its own. An objective's bound is one of
/// them, or it could not be told how many kept it.
struct HistogramShape: Sendable {
    let name: String
    let buckets: [Double]

    /// The shape of a label; labels that are not listed are seconds, and keep their name.
    static func of(_ label: String) -> HistogramShape {
        known[label] ?? HistogramShape(name: label, buckets: seconds)
    }

    /// From a fast statement to a long run, in seconds.
    static let seconds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
    ]
    /// What we add to a stream, in seconds: well below a millisecond where all is well.
    static let overhead: [Double] = [
        0.0001, 0.0002, 0.0003, 0.0004, 0.0006, 0.0008, 0.001, 0.0015, 0.002, 0.003, 0.006, 0.01, 0.02, 0.05, 0.1, 0.5, 2,
    ]
    /// Of OpenTelemetry's conventions for generative AI, in seconds.
    static let model: [Double] = [
        0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
    ]
    /// Of the same, in tokens.
    static let tokens: [Double] = [
        1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
    ]
    /// Steps of a run; 32 is the most that one may ask for.
    static let steps: [Double] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32]

    /// Names of OpenTelemetry are written as its rules for Prometheus have it: dots become underscores, and the unit is appended
    /// where it is one.
    static let known: [String: HistogramShape] = [
        "mainstay_stream_ttft_overhead_seconds": .init(name: "mainstay_stream_ttft_overhead_seconds", buckets: overhead),
        "mainstay_stream_token_overhead_seconds": .init(name: "mainstay_stream_token_overhead_seconds", buckets: overhead),
        "mainstay_stream_resume_seconds": .init(name: "mainstay_stream_resume_seconds", buckets: overhead),
        "mainstay_run_steps": .init(name: "mainstay_run_steps", buckets: steps),
        "mainstay_run_step_duration_seconds": .init(name: "mainstay_run_step_duration_seconds", buckets: model),
        "gen_ai.client.operation.duration": .init(name: "gen_ai_client_operation_duration_seconds", buckets: model),
        "gen_ai.client.operation.time_to_first_chunk": .init(name: "gen_ai_client_operation_time_to_first_chunk_seconds", buckets: model),
        "gen_ai.client.operation.time_per_output_chunk": .init(name: "gen_ai_client_operation_time_per_output_chunk_seconds", buckets: model),
        "gen_ai.client.token.usage": .init(name: "gen_ai_client_token_usage", buckets: tokens),
    ]
}
