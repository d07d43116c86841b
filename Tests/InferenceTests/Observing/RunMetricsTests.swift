import Foundation
import MetricsTestKit
import Testing

@testable import Inference

/// Runs by what became of them.
@Suite("Counted runs") struct RunMetricsTests {
    private let factory = TestMetrics()

    private func step(_ number: Int, seconds: Double, _ state: RunState = .completed) -> RunStep {
        let start = Date(timeIntervalSince1970: 1_700_000_000)
        return RunStep(
            number: number, state: state, startedAt: start, finishedAt: start.addingTimeInterval(seconds), firstOutput: nil, usage: TokenUsage(),
            finish: nil, missingDone: false)
    }

    private func endings(_ ending: String, _ steps: String) throws -> Int64 {
        try factory.expectCounter("mainstay_stream_endings_total", [("ending", ending), ("steps", steps)]).totalValue
    }

    @Test("every end is a zero before it happens, and never an absence")
    func zeros() throws {
        _ = RunMetrics(factory: factory)
        for ending in ["completed", "incomplete", "failed", "cancelled"] {
            for steps in ["one", "many"] { #expect(try endings(ending, steps) == 0) }
        }
        #expect(try endings("lost", "one") == 0)
        #expect(try factory.expectCounter("mainstay_runs_accepted_total").totalValue == 0)
        #expect(try factory.expectCounter("mainstay_run_tool_calls_total", [("place", "client"), ("result", "error")]).totalValue == 0)
    }

    @Test("runs of one step and of many are kept apart, their steps are counted and timed")
    func steps() throws {
        let metrics = RunMetrics(factory: factory)
        metrics.accepted()
        metrics.ended(.completed, last: step(1, seconds: 2))
        metrics.finished(step(1, seconds: 1))
        metrics.finished(step(2, seconds: 3))
        metrics.ended(.failed, last: step(3, seconds: 4, .failed))
        // Cancelled before it began: it has no step.
        metrics.ended(.cancelled, last: nil)
        metrics.lost()
        metrics.answered(in: .webhook, isError: true)
        #expect(try endings("completed", "one") == 1)
        #expect(try endings("failed", "many") == 1)
        #expect(try endings("cancelled", "one") == 1)
        #expect(try endings("lost", "one") == 1)
        #expect(try factory.expectRecorder("mainstay_run_steps").values == [1, 3])
        #expect(try factory.expectRecorder("mainstay_run_step_duration_seconds", [("state", "completed")]).values == [2, 1, 3])
        #expect(try factory.expectRecorder("mainstay_run_step_duration_seconds", [("state", "failed")]).values == [4])
        #expect(try factory.expectCounter("mainstay_run_tool_calls_total", [("place", "webhook"), ("result", "error")]).totalValue == 1)
    }
}
