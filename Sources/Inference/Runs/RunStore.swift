import Foundation
import Jobs
import Postgres

/// All SQL of runs. A method is a statement; who needs several together brings the transaction.
struct RunStore: Sendable {
    /// What a claim writes about the run.
    struct Beginning: Sendable {
        var identity: RunIdentity
        var provider: String
        var model: String
        var agentID: UUID?
        var agent: String?
        var metadata: [String: String]
        var trace: String?
    }

    /// A run was claimed by a later attempt: this one may write nothing any more.
    struct Superseded: Error, CustomStringConvertible {
        var run: UUID
        var epoch: UInt64
        var description: String { "run \(run.lowercased) was taken over from the attempt of epoch \(epoch)" }
    }

    let pool: PostgresPool

    // MARK: The worker's

    /// Inserts the run, or takes it over from an attempt that was lost. It goes out with COMMIT, for the first token waits for it.
    ///
    /// The wish to cancel is read in the same statement: a wish that commits later is announced to a worker that listens already.
    /// - Parameter found: Called with the claim; not called for a run that is finished.
    func submitClaim(
        _ beginning: Beginning, in transaction: PostgresTransaction, found: @escaping @Sendable (RunClaim) -> Void
    ) throws {
        transaction.submit(
            """
            -- claim a run
            insert into runs (workspace_id, id, provider, model, agent_id, agent, metadata, trace, accepted_at, unsettled)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, '{1}')
            on conflict (workspace_id, id) do update
              set epoch = runs.epoch + 1, attempts = runs.attempts + 1, provider = excluded.provider, model = excluded.model,
                  agent_id = excluded.agent_id, agent = excluded.agent, started_at = excluded.started_at,
                  unsettled = array_append(runs.unsettled, runs.epoch + 1)
              where runs.state = 'running'
            returning epoch, attempts, first_event_at, coalesce(shown_step, 0) as shown_step,
              array_remove(unsettled, epoch) as unsettled,
              exists (select 1 from run_cancellations c where c.workspace_id = $1 and c.id = $2) as is_cancelled
            """,
            beginning.identity.workspace, beginning.identity.run, Self.storable(beginning.provider), Self.storable(beginning.model),
            beginning.agentID, beginning.agent.map(Self.storable), try PostgresJSON(encoding: beginning.metadata), beginning.trace,
            beginning.identity.acceptedDate
        ) { result in
            if let row = result.rows.first { found(try Self.claim(row)) }
        }
    }

    /// Says that an attempt which gives the run back leaves no call of a model behind that nobody has heard of.
    func submitSettlement(of identity: RunIdentity, epoch: UInt64, in transaction: PostgresTransaction) {
        transaction.submit(
            """
            -- settle an attempt at a run
            update runs set unsettled = array_remove(unsettled, epoch) where workspace_id = $1 and id = $2 and epoch = $3 and state = 'running'
            """,
            identity.workspace, identity.run, Int64(epoch))
    }

    /// Whether the attempt of this epoch is a run's last one, and the run goes on.
    ///
    /// - Parameter isEnded: It has an end, or is about to.
    func isOwned(_ identity: RunIdentity, by epoch: UInt64, isEnded: Bool = false) async throws -> Bool {
        let rows = try await pool.query(
            .workspaces([identity.workspace]),
            """
            -- see who owns a run
            select 1 from runs where workspace_id = $1 and id = $2 and epoch = $3 and (state = 'running' or $4)
            """,
            identity.workspace, identity.run, Int64(epoch), isEnded)
        return !rows.isEmpty
    }

    /// Writes the run's end, its last step, and who answered.
    ///
    /// - Throws: ``Superseded`` when another attempt owns the run, or it is finished.
    func finish(
        _ identity: RunIdentity, epoch: UInt64, provider: String, model: String, outcome: RunOutcome, in transaction: PostgresTransaction
    ) async throws {
        let transcript = outcome.transcript
        let affected = try await transaction.execute(
            """
            -- finish a run
            update runs set state = $4, finished_at = mainstay_now(),
              first_event_at = case when $5 then
                coalesce(first_event_at, case when $28::timestamptz is not null then least($28::timestamptz, mainstay_now()) end) end,
              ttft_ms = $6, provider_ttft_ms = $7, input_tokens = $8, output_tokens = $9, total_tokens = $10, cached_input_tokens = $11,
              reasoning_output_tokens = $12, finish = $13, finish_raw = $14, incomplete_reason = $15, error_kind = $16, error_message = $17,
              error_retryable = $18, text = $19, refusal = $20, events = $21, provider = $22, model = $23, usage_estimated = $24,
              cost = $25, cost_source = $26, repeated_calls = $27, unsettled = '{}'
            where workspace_id = $1 and id = $2 and epoch = $3 and state = 'running'
            """,
            identity.workspace, identity.run, Int64(epoch), outcome.state.rawValue, transcript.hasModelOutput,
            outcome.firstOutput?.sinceAcceptance.milliseconds, outcome.firstOutput?.sinceCall.milliseconds, transcript.usage.input,
            transcript.usage.output, transcript.usage.total, transcript.usage.cachedInput, transcript.usage.reasoningOutput,
            transcript.finish?.unified.rawValue, transcript.finish?.raw.map(Self.storable), outcome.incompleteReason?.rawValue,
            outcome.error?.kind.rawValue, outcome.error.map { Self.storable($0.message) }, outcome.error?.isRetryable,
            Self.storable(transcript.text), Self.storable(transcript.refusal), outcome.archive, Self.storable(provider), Self.storable(model),
            transcript.usage.isEstimated, outcome.cost, outcome.costSource?.rawValue, outcome.repeatedCalls,
            outcome.begunAt)
        guard affected == 1 else { throw Superseded(run: identity.run, epoch: epoch) }
        if let step = outcome.step { try submit(step, of: identity, provider: provider, model: model, in: transaction) }
    }

    /// Which of these runs someone wants cancelled. Runs of several workspaces may be asked for at once.
    func cancelled(_ runs: [RunIdentity]) async throws -> Set<UUID> {
        let rows = try await pool.query(
            .workspaces(Array(Set(runs.map(\.workspace)))),
            """
            -- look for cancelled runs
            select c.id from run_cancellations c join unnest($1::uuid[], $2::uuid[]) as given (workspace_id, id) using (workspace_id, id)
            """,
            runs.map(\.workspace), runs.map(\.run))
        return Set(try rows.map { try $0.decode("id", as: UUID.self) })
    }

    // MARK: The ingress's

    /// Writes down that a run is to be cancelled; repeating it changes nothing.
    ///
    /// - Parameter isOver: nothing is wished of a run that is over, but the key belongs to this request all the same.
    /// - Returns: whether the same request had been carried out before.
    /// - Throws: `JobError(.idempotencyMismatch)` when the key was used for another request.
    @discardableResult
    func requestCancellation(
        of run: UUID, workspace: UUID, by user: UUID?, isOver: Bool = false, idempotency: Idempotency? = nil
    ) async throws -> Bool {
        try await pool.transaction(.workspaces([workspace])) { transaction in
            if try await IdempotencyStore.claim(idempotency, for: run, workspace: workspace, in: transaction) != nil { return true }
            guard !isOver else { return false }
            transaction.submit(
                """
                -- request a run's cancellation
                insert into run_cancellations (workspace_id, id, requested_by) values ($1, $2, $3) on conflict do nothing
                """,
                workspace, run, user)
            return false
        }
    }

    /// Whether a run that has no row yet is to be cancelled.
    func isCancellationRequested(of run: UUID, workspace: UUID) async throws -> Bool {
        let rows = try await pool.query(
            .workspaces([workspace]), "select 1 from run_cancellations where workspace_id = $1 and id = $2", workspace, run)
        return !rows.isEmpty
    }

    /// Nil for a run that has not begun or is another workspace's.
    func run(_ run: UUID, workspace: UUID) async throws -> Run? {
        try await pool.query(
            .workspaces([workspace]),
            """
            -- read a run
            select r.*, exists (select 1 from run_cancellations c where c.workspace_id = r.workspace_id and c.id = r.id) as is_cancelled
            from (
              select workspace_id, id, state, epoch, attempts, provider, model, agent, metadata, accepted_at, started_at, first_event_at,
                finished_at, ttft_ms, input_tokens, output_tokens, total_tokens, cached_input_tokens, reasoning_output_tokens, finish,
                finish_raw, incomplete_reason, error_kind, error_message, error_retryable, text, refusal, usage_estimated, cost
              from runs where workspace_id = $1 and id = $2
            ) r
            """,
            workspace, run
        ).first.map(Self.run)
    }

    /// The events of a finished run after a cursor; nil for a run that is not finished.
    func archive(of run: UUID, workspace: UUID) async throws -> [RunLogEntry]? {
        let rows = try await pool.query(
            .workspaces([workspace]),
            "select events from runs where workspace_id = $1 and id = $2 and events is not null", workspace, run)
        return try Self.archive(rows.first?.decode("events"), of: run)
    }

    static func archive(_ events: [UInt8]?, of run: UUID) throws -> [RunLogEntry]? {
        guard let events else { return nil }
        guard let entries = RunArchive.decode(events) else {
            throw PostgresError(.decoding, "the events of run \(run.lowercased) are not lines of an id and a payload", column: "events")
        }
        return entries
    }

    /// PostgreSQL's text has no NUL; a model's may.
    static func storable(_ text: String) -> String {
        text.utf8.contains(0) ? text.filter { $0 != "\0" } : text
    }

    private static func claim(_ row: PostgresRow) throws -> RunClaim {
        RunClaim(
            epoch: UInt64(try row.decode("epoch", as: Int64.self)), attempts: try row.decode("attempts"),
            firstEventAt: try row.decode("first_event_at"), shownStep: try row.decode("shown_step"),
            unsettled: try row.decode("unsettled", as: [Int64].self).map { UInt64($0) },
            isCancelRequested: try row.decode("is_cancelled"))
    }

    private static func run(_ row: PostgresRow) throws -> Run {
        let state: String = try row.decode("state")
        let finish = try row.decode("finish", as: String?.self)
        return Run(
            id: try row.decode("id"), state: RunState(rawValue: state) ?? .running, epoch: UInt64(try row.decode("epoch", as: Int64.self)),
            attempts: try row.decode("attempts"), provider: try row.decode("provider"), model: try row.decode("model"),
            agent: try row.decode("agent"), metadata: try row.decode("metadata", as: PostgresJSON.self).decode(),
            acceptedAt: try row.decode("accepted_at"), startedAt: try row.decode("started_at"), firstEventAt: try row.decode("first_event_at"),
            finishedAt: try row.decode("finished_at"), ttftMilliseconds: try row.decode("ttft_ms"),
            usage: TokenUsage(
                input: try row.decode("input_tokens"), output: try row.decode("output_tokens"), total: try row.decode("total_tokens"),
                cachedInput: try row.decode("cached_input_tokens"), reasoningOutput: try row.decode("reasoning_output_tokens"),
                isEstimated: try row.decode("usage_estimated")),
            cost: try row.decode("cost"),
            finish: try finish.map { FinishReason(FinishReason.Unified(rawValue: $0) ?? .other, raw: try row.decode("finish_raw")) },
            incompleteReason: try row.decode("incomplete_reason", as: String?.self).flatMap(IncompleteReason.init(rawValue:)),
            errorKind: try row.decode("error_kind", as: String?.self).flatMap(InferenceError.Kind.init(rawValue:)),
            errorMessage: try row.decode("error_message"), isErrorRetryable: try row.decode("error_retryable"),
            text: try row.decode("text"), refusal: try row.decode("refusal"), isCancelRequested: try row.decode("is_cancelled"))
    }
}
