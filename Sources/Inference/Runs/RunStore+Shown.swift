import Foundation
import Postgres

/// A model that was asked for a step and did not answer, as the step's row tells it.
struct RecordedTry: Codable, Sendable, Equatable {
    var provider: String
    var model: String
    /// A word of ``InferenceError/Kind``; `interrupted` where the worker was lost that asked.
    var error: String
}

/// A step as its row tells it.
struct RunStepRow: Sendable, Equatable {
    var number: Int
    var state: String
    var provider: String
    var model: String
    var startedAt: Date
    var finishedAt: Date
    var ttftMilliseconds: Double?
    var usage: TokenUsage
    var finish: FinishReason?
    var missingDone: Bool
    var tries: [RecordedTry]
}

/// What people are shown of a run beside its row.
extension RunStore {
    /// The steps of a run that are written down, in order; none of another workspace's.
    func steps(of run: UUID, workspace: UUID) async throws -> [RunStepRow] {
        try await pool.query(
            .workspaces([workspace]),
            """
            -- list a run's steps
            select step, state, provider, model, started_at, finished_at, ttft_ms, input_tokens, output_tokens, reasoning_output_tokens, finish,
              finish_raw, missing_done, tries, usage_estimated
            from run_steps where workspace_id = $1 and run_id = $2 order by step
            """,
            workspace, run
        ).map(Self.step)
    }

    private static func step(_ row: PostgresRow) throws -> RunStepRow {
        let finish = try row.decode("finish", as: String?.self)
        return RunStepRow(
            number: try row.decode("step"), state: try row.decode("state"), provider: try row.decode("provider"), model: try row.decode("model"),
            startedAt: try row.decode("started_at"), finishedAt: try row.decode("finished_at"), ttftMilliseconds: try row.decode("ttft_ms"),
            usage: TokenUsage(
                input: try row.decode("input_tokens"), output: try row.decode("output_tokens"),
                reasoningOutput: try row.decode("reasoning_output_tokens"), isEstimated: try row.decode("usage_estimated")),
            finish: try finish.map { FinishReason(FinishReason.Unified(rawValue: $0) ?? .other, raw: try row.decode("finish_raw")) },
            missingDone: try row.decode("missing_done"), tries: try row.decode("tries", as: PostgresJSON.self).decode())
    }
}
