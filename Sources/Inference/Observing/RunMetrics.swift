import Foundation
import Metrics

/// Counts runs by what became of them, and measures their steps.
///
/// | metric | labels | what |
/// |---|---|---|
/// | `mainstay_runs_accepted_total` | – | answered 202, each once |
/// | `mainstay_stream_endings_total` | `ending`, `steps` | a terminal event that was committed; `steps` is `one` (or none) or `many`; `lost`: written for a run whose job was dead |
/// | `mainstay_run_steps` | – | steps of a run that called a model, at its end |
/// | `mainstay_run_step_duration_seconds` | `state` | a step, from its call of the model |
/// | `mainstay_run_tool_calls_total` | `place`, `result` | calls that were answered; `place` is `builtin`, `webhook` or `client` |
///
/// An end that is claimed and is not true cannot be counted by who claims it. What can be counted are the ends that follow from a
/// provider's own marker or that say that it was missing; the rest is the tests' business.
struct RunMetrics: Sendable {
    /// Who answers a tool call.
    enum ToolOrigin: String, Sendable, CaseIterable {
        case builtin
        case webhook
        case client
    }

    private struct Ending: Hashable {
        var state: RunState
        var hasManySteps: Bool
    }

    private struct ToolAnswer: Hashable {
        var origin: ToolOrigin
        var isError: Bool
    }

    private let acceptances: Counter
    private let endings: [Ending: Counter]
    private let losses: Counter
    private let steps: Recorder
    private let stepDurations: [RunState: Recorder]
    private let toolResults: [ToolAnswer: Counter]

    /// All series at once, so that what never happened is a zero and not an absence.
    init(factory: any MetricsFactory) {
        acceptances = Counter(label: "mainstay_runs_accepted_total", factory: factory)
        let ends = RunState.allCases.filter(\.isFinished)
        let kinds = ends.flatMap { state in [false, true].map { Ending(state: state, hasManySteps: $0) } }
        endings = Dictionary(
            uniqueKeysWithValues: kinds.map { ending in
                (ending, Self.ending(ending.state.rawValue, steps: ending.hasManySteps ? "many" : "one", factory))
            })
        losses = Self.ending("lost", steps: "one", factory)
        steps = Recorder(label: "mainstay_run_steps", aggregate: true, factory: factory)
        stepDurations = Dictionary(
            uniqueKeysWithValues: ends.map { state in
                (
                    state,
                    Recorder(
                        label: "mainstay_run_step_duration_seconds", dimensions: [("state", state.rawValue)], aggregate: true, factory: factory)
                )
            })
        let results = ToolOrigin.allCases.flatMap { origin in [false, true].map { ToolAnswer(origin: origin, isError: $0) } }
        toolResults = Dictionary(
            uniqueKeysWithValues: results.map { result in
                let dimensions = [("place", result.origin.rawValue), ("result", result.isError ? "error" : "ok")]
                return (result, Counter(label: "mainstay_run_tool_calls_total", dimensions: dimensions, factory: factory))
            })
    }

    private static func ending(_ word: String, steps: String, _ factory: any MetricsFactory) -> Counter {
        Counter(label: "mainstay_stream_endings_total", dimensions: [("ending", word), ("steps", steps)], factory: factory)
    }

    /// A run was accepted; not called for a request that was repeated.
    func accepted() { acceptances.increment() }

    /// A step after which its run goes on was committed.
    func finished(_ step: RunStep) {
        stepDurations[step.state]?.record(max(0, step.finishedAt.timeIntervalSince(step.startedAt)))
    }

    /// A run's end was committed.
    /// - Parameter last: its last step, which ends with it; nil for a run that called no model.
    func ended(_ state: RunState, last: RunStep?) {
        endings[Ending(state: state, hasManySteps: (last?.number ?? 0) > 1)]?.increment()
        guard let last else { return }
        steps.record(last.number)
        finished(last)
    }

    /// The end of a run was written by somebody else, since its job is dead.
    func lost() { losses.increment() }

    /// A tool call has its result.
    func answered(in origin: ToolOrigin, isError: Bool) { toolResults[ToolAnswer(origin: origin, isError: isError)]?.increment() }
}
