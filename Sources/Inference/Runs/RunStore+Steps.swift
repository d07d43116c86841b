import Foundation
import Jobs
import Postgres

/// Steps of a run, and the calls that its client is to answer.
extension RunStore {
    // MARK: The worker's

    /// Holds the run for this attempt until the transaction ends: no other takes it over meanwhile.
    ///
    /// - Throws: ``Superseded`` when another attempt owns the run, or it is finished.
    func lock(_ identity: RunIdentity, epoch: UInt64, in transaction: PostgresTransaction) async throws {
        let rows = try await transaction.query(
            """
            -- lock a run for its attempt
            select 1 from runs where workspace_id = $1 and id = $2 and epoch = $3 and state = 'running' for share
            """,
            identity.workspace, identity.run, Int64(epoch))
        guard !rows.isEmpty else { throw Superseded(run: identity.run, epoch: epoch) }
    }

    /// The same, and says in the row that the run has shown something: it is not begun again, whatever becomes of the log.
    ///
    /// - Parameter begunAt: When the first event was shown; now when nil.
    func lockShown(_ identity: RunIdentity, epoch: UInt64, at begunAt: Date?, in transaction: PostgresTransaction) async throws {
        let rows = try await transaction.query(
            """
            -- lock a run that has shown something
            update runs set first_event_at = coalesce(first_event_at, least($4::timestamptz, mainstay_now()))
            where workspace_id = $1 and id = $2 and epoch = $3 and state = 'running'
            returning 1
            """,
            identity.workspace, identity.run, Int64(epoch), begunAt)
        guard !rows.isEmpty else { throw Superseded(run: identity.run, epoch: epoch) }
    }

    /// Writes down a step, once.
    func submit(_ step: RunStep, of identity: RunIdentity, provider: String, model: String, in transaction: PostgresTransaction) throws {
        transaction.submit(
            """
            -- insert a run's step
            insert into run_steps (workspace_id, run_id, step, state, provider, model, started_at, finished_at, ttft_ms, input_tokens,
              output_tokens, reasoning_output_tokens, finish, finish_raw, missing_done, tries, usage_estimated)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
            on conflict (workspace_id, run_id, step) do nothing
            """,
            identity.workspace, identity.run, step.number, step.state.rawValue, Self.storable(provider), Self.storable(model), step.startedAt,
            step.finishedAt, step.firstOutput?.milliseconds, step.usage.input, step.usage.output, step.usage.reasoningOutput,
            step.finish?.unified.rawValue, step.finish?.raw.map(Self.storable), step.missingDone, try PostgresJSON(encoding: step.tries),
            step.usage.isEstimated)
    }

    /// Says that the run waits for the client's result of a call.
    func submitWait(for call: ToolCall, step: Int, of identity: RunIdentity, until: Date, in transaction: PostgresTransaction) {
        transaction.submit(
            """
            -- wait for the result of a tool call
            insert into run_tool_calls (workspace_id, run_id, step, call, call_id, tool, waits_until) values ($1, $2, $3, $4, $5, $6, $7)
            on conflict (workspace_id, run_id, step, call) do nothing
            """,
            identity.workspace, identity.run, step, call.index, Self.storable(call.id), Self.storable(call.name), until)
    }

    /// What the client posted for a step, by the index of the call.
    func results(of identity: RunIdentity, step: Int) async throws -> [Int: ToolOutcome] {
        let rows = try await pool.query(
            .workspaces([identity.workspace]),
            """
            -- read the posted results of a step
            select call, output, is_error from run_tool_calls
            where workspace_id = $1 and run_id = $2 and step = $3 and posted_at is not null
            """,
            identity.workspace, identity.run, step)
        return try rows.reduce(into: [:]) { results, row in
            let call: Int = try row.decode("call")
            results[call] = ToolOutcome(output: try row.decode("output"), isError: try row.decode("is_error"))
        }
    }

    /// Which of these runs have a result for every call that they wait for. Runs of several workspaces may be asked for at once.
    func answered(_ runs: [RunIdentity]) async throws -> Set<UUID> {
        let rows = try await pool.query(
            .workspaces(Array(Set(runs.map(\.workspace)))),
            """
            -- look for answered runs
            select c.run_id from run_tool_calls c
              join unnest($1::uuid[], $2::uuid[]) as given (workspace_id, run_id) using (workspace_id, run_id)
            group by c.workspace_id, c.run_id having bool_and(c.posted_at is not null)
            """,
            runs.map(\.workspace), runs.map(\.run))
        return Set(try rows.map { try $0.decode("run_id", as: UUID.self) })
    }

    // MARK: The ingress's

    /// What became of results that a client posted.
    struct Posted: Sendable, Equatable {
        /// The same request was carried out before.
        var isReplay = false
        /// Ids for which the run waits in its newest step, and which of them have a result now.
        var calls: [String] = []
        var answered: Set<String> = []
        /// Ids that the run does not wait for and has no result of; when there are any, nothing was written.
        var unknown: [String] = []
        /// The run had ended before all of these results were there; then nothing was written.
        var isOver = false
    }

    /// Writes results of the calls that a run waits for, each once: what is posted for a call again changes nothing, in a later step too.
    ///
    /// - Throws: `JobError(.idempotencyMismatch)` when the key was used for another request.
    func post(
        _ results: [ToolResultBody], to run: UUID, workspace: UUID, by user: UUID?, idempotency: Idempotency? = nil
    ) async throws -> Posted {
        try await pool.transaction(.workspaces([workspace])) { transaction in
            var posted = Posted()
            // Waits for a worker that writes the end of the run, and holds up one that would.
            let state = try await transaction.query(
                """
                -- lock a run for its results
                select state from runs where workspace_id = $1 and id = $2 for share
                """,
                workspace, run
            ).first?.decode("state", as: String.self)
            let rows = try await transaction.query(
                """
                -- read the calls that a run waits for, or has waited for
                select call_id, posted_at is not null as is_posted, step = max(step) over () as is_newest from run_tool_calls
                where workspace_id = $1 and run_id = $2
                order by step, call
                """,
                workspace, run)
            var earlier: Set<String> = []
            for row in rows {
                let id: String = try row.decode("call_id")
                let isPosted: Bool = try row.decode("is_posted")
                if try row.decode("is_newest") {
                    posted.calls.append(id)
                    if isPosted { posted.answered.insert(id) }
                } else if isPosted {
                    earlier.insert(id)
                }
            }
            // An id that is waited for is that call's, whatever had it before.
            earlier.subtract(posted.calls)
            let ids = results.map(\.id)
            if state != RunState.running.rawValue, !posted.answered.union(earlier).isSuperset(of: ids) {
                posted.isOver = state != nil
                if posted.isOver { return posted }
            }
            posted.unknown = ids.filter { !posted.calls.contains($0) && !earlier.contains($0) }
            guard posted.unknown.isEmpty else { return posted }
            if try await IdempotencyStore.claim(idempotency, for: run, workspace: workspace, in: transaction) != nil {
                posted.isReplay = true
                return posted
            }
            transaction.submit(
                """
                -- post results of tool calls
                update run_tool_calls c set output = given.output, is_error = given.is_error, posted_by = $6, posted_at = mainstay_now()
                from unnest($3::text[], $4::text[], $5::boolean[]) as given (call_id, output, is_error)
                where c.workspace_id = $1 and c.run_id = $2 and c.call_id = given.call_id and c.posted_at is null
                  and c.step = (select max(step) from run_tool_calls where workspace_id = $1 and run_id = $2)
                """,
                workspace, run, ids, results.map(\.output), results.map { $0.isError ?? false }, user)
            posted.answered.formUnion(Set(ids).subtracting(earlier))
            return posted
        }
    }
}
