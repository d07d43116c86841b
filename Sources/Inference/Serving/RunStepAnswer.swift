import Foundation

/// A call of a run's model that is over, as `GET /v1/runs/{id}` shows it.
struct RunStepAnswer: Encodable, Sendable {
    var step: Int
    var state: String
    var provider: String
    var model: String
    var startedAt: Date
    var finishedAt: Date
    /// From the call of the model to its first output.
    var ttftMilliseconds: Double?
    var usage: RunAnswer.Usage?
    var finish: RunAnswer.Finish?
    /// True, or absent.
    var missingDone: Bool?
    /// Who was asked before and did not answer; absent where nobody was.
    var tries: [RecordedTry]?

    enum CodingKeys: String, CodingKey {
        case step, state, provider, model, usage, finish, tries
        case startedAt = "started_at"
        case finishedAt = "finished_at"
        case ttftMilliseconds = "ttft_ms"
        case missingDone = "missing_done"
    }

    init(_ row: RunStepRow) {
        step = row.number
        state = row.state
        provider = row.provider
        model = row.model
        startedAt = row.startedAt
        finishedAt = row.finishedAt
        ttftMilliseconds = row.ttftMilliseconds
        usage = RunAnswer.Usage(row.usage)
        finish = row.finish.map { RunAnswer.Finish(unified: $0.unified.rawValue, raw: $0.raw) }
        missingDone = row.missingDone ? true : nil
        tries = row.tries.isEmpty ? nil : row.tries
    }
}
