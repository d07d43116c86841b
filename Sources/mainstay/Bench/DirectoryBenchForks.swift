import Foundation
import Histogram
import Jobs

/// How long a fork takes for the machine: from the request to the outcome of its job, as its client hears of it. One after the other, with
/// one worker in this process.
struct DirectoryBenchForks: Sendable {
    /// Where each is asked for. The first is not counted: by then the worker has registered and its connections are open.
    let paths: [String]

    /// - Throws: `BenchFault.miscounted` when a fork is not made.
    func run(on ingress: DirectoryBenchIngress) async throws -> DirectoryBench.Figure {
        try await ingress.withWorker {
            var histogram = Histogram<UInt64>(highestTrackableValue: 120_000_000, numberOfSignificantValueDigits: .three)
            var sum = 0.0
            for (number, path) in paths.enumerated() {
                let seconds = try await fork(path, ingress.client)
                guard number > 0 else { continue }
                histogram.record(UInt64(seconds * 1e6))
                sum += seconds
            }
            func milliseconds(_ percentile: Double) -> Double { Double(histogram.valueAtPercentile(percentile)) / 1000 }
            return DirectoryBench.Figure(
                rate: Double(paths.count - 1) / sum, p50: milliseconds(50), p99: milliseconds(99), max: milliseconds(100), cores: nil)
        }
    }

    private func fork(_ path: String, _ client: APIClient) async throws -> Double {
        let began = ContinuousClock.now
        let accepted: AcceptedJob = try await client.call(.post, path, body: [String: String](), idempotencyKey: UUID().uuidString)
        let outcome = try await JobAnswer.awaitOutcome(accepted.id, client: client, within: .seconds(60))
        guard outcome.state == "done" else {
            throw BenchFault.miscounted("the job of \(path) is \(outcome.state): \(outcome.error ?? "no error is known")")
        }
        return (ContinuousClock.now - began).inSeconds
    }
}
