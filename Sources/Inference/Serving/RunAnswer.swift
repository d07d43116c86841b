import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Web

/// A run as `GET /v1/runs/{id}` shows it.
struct RunAnswer: Encodable, Sendable {
    var id: String
    var state: String
    var isCancelRequested: Bool
    var agent: String?
    var provider: String?
    var model: String?
    var attempts: Int
    var text: String?
    var refusal: String?
    var finish: Finish?
    var incompleteReason: String?
    var error: Fault?
    var usage: Usage?
    var metadata: [String: String]?
    var acceptedAt: Date
    var startedAt: Date?
    var firstEventAt: Date?
    var finishedAt: Date?
    var ttftMilliseconds: Double?
    /// Those that are over, in order. In the answer that shows a run; else nil.
    var steps: [RunStepAnswer]?
    var eventsURL: String

    struct Finish: Encodable, Sendable {
        var unified: String
        var raw: String?
    }

    struct Fault: Encodable, Sendable {
        var kind: String
        var message: String
        var retryable: Bool
    }

    struct Usage: Encodable, Sendable {
        var input: Int?
        var output: Int?
        var total: Int?
        var cachedInput: Int?
        var reasoningOutput: Int?
        /// US dollars, where the whole of it is known.
        var cost: Double?
        /// True, or absent.
        var estimated: Bool?

        enum CodingKeys: String, CodingKey {
            case input = "input_tokens"
            case output = "output_tokens"
            case total = "total_tokens"
            case cachedInput = "cached_input_tokens"
            case reasoningOutput = "reasoning_output_tokens"
            case cost, estimated
        }

        /// Nil where nobody counted anything.
        init?(_ usage: TokenUsage, cost: Double? = nil) {
            guard !usage.isEmpty else { return nil }
            input = usage.input
            output = usage.output
            total = usage.total
            cachedInput = usage.cachedInput
            reasoningOutput = usage.reasoningOutput
            self.cost = cost
            estimated = usage.isEstimated ? true : nil
        }
    }

    enum CodingKeys: String, CodingKey {
        case id, state, agent, provider, model, attempts, text, refusal, finish, error, usage, metadata, steps
        case isCancelRequested = "cancel_requested"
        case incompleteReason = "incomplete_reason"
        case acceptedAt = "accepted_at"
        case startedAt = "started_at"
        case firstEventAt = "first_event_at"
        case finishedAt = "finished_at"
        case ttftMilliseconds = "ttft_ms"
        case eventsURL = "events_url"
    }

    init(id: UUID, situation: RunSituation) {
        self.id = id.lowercased
        eventsURL = Self.eventsURL(id)
        switch situation {
        case .waiting(let acceptedAt, let attempts, let isCancelRequested):
            state = RunState.queued.rawValue
            self.attempts = attempts
            self.acceptedAt = acceptedAt
            self.isCancelRequested = isCancelRequested
        case .begun(let run):
            state = run.state.rawValue
            attempts = run.attempts
            acceptedAt = run.acceptedAt
            isCancelRequested = run.isCancelRequested
            take(run)
        }
    }

    static func eventsURL(_ id: UUID) -> String { "/v1/runs/\(id.lowercased)/events" }

    private mutating func take(_ run: Run) {
        agent = run.agent
        provider = run.provider
        model = run.model
        metadata = run.metadata.isEmpty ? nil : run.metadata
        startedAt = run.startedAt
        firstEventAt = run.firstEventAt
        finishedAt = run.finishedAt
        ttftMilliseconds = run.ttftMilliseconds
        finish = run.finish.map { Finish(unified: $0.unified.rawValue, raw: $0.raw) }
        incompleteReason = run.incompleteReason?.rawValue
        error = run.errorKind.map {
            Fault(kind: $0.rawValue, message: run.errorMessage ?? "", retryable: run.isErrorRetryable ?? $0.isRetryable)
        }
        usage = Usage(run.usage, cost: run.cost)
        guard run.state.isFinished else { return }
        text = run.text
        refusal = run.refusal.isEmpty ? nil : run.refusal
    }
}

/// The answer to `POST /v1/runs`: 202 with the places of the run, its events and its job.
struct RunAcceptedAnswer: ResponseGenerator, Encodable, Sendable {
    var id: String
    var kind: String
    var state: String
    /// The job's place, as every accepted piece of work has it.
    var url: String
    var runURL: String
    var eventsURL: String
    private let isReplay: Bool

    enum CodingKeys: String, CodingKey {
        case id, kind, state, url
        case runURL = "run_url"
        case eventsURL = "events_url"
    }

    init(_ acceptance: Acceptance) {
        id = acceptance.id.lowercased
        kind = RunRequest.kind.name
        state = acceptance.state.rawValue
        url = AcceptedBody.url(acceptance.id)
        runURL = "/v1/runs/\(acceptance.id.lowercased)"
        eventsURL = RunAnswer.eventsURL(acceptance.id)
        isReplay = acceptance.replayed
    }

    func response(from request: Request, context: some RequestContext) throws -> Response {
        var response = try context.responseEncoder.encode(self, from: request, context: context)
        response.status = .accepted
        response.headers[.location] = runURL
        if isReplay { response.headers[.idempotencyReplayed] = "true" }
        return response
    }
}
