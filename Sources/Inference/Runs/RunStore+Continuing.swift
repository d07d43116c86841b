import Foundation
import Jobs
import Postgres

/// What is kept of a run beside its log, so that another worker can go on with it.
extension RunStore {
    /// What another worker is told of a run.
    struct Kept: Sendable, Equatable {
        /// The newest step that is written down; 0 for none.
        var steps: Int
        /// Results as the model is to be told them, by step and call: the client's, and the server's that are longer than an event holds.
        var results: [Int: [Int: ToolOutcome]] = [:]
    }

    /// Notes that clients may have seen something of a step: from here on the run is not begun again, nor the step asked again, whatever
    /// becomes of the log. The transaction throws ``Superseded`` when a later attempt owns the run, or it is finished.
    ///
    /// - Parameter begunAt: When the first event was shown; now when nil.
    func submitShown(step: Int, of identity: RunIdentity, epoch: UInt64, at begunAt: Date? = nil, in transaction: PostgresTransaction) {
        transaction.submit(
            """
            -- mark a run's shown step
            update runs set first_event_at = coalesce(first_event_at, least($5::timestamptz, mainstay_now())),
              shown_step = greatest(shown_step, $4)
            where workspace_id = $1 and id = $2 and epoch = $3 and state = 'running'
            """,
            identity.workspace, identity.run, Int64(epoch), step, begunAt
        ) { result in
            guard result.affected == 1 else { throw Superseded(run: identity.run, epoch: epoch) }
        }
    }

    /// Keeps what a call of a server's tool came to, once.
    func submit(_ outcome: ToolOutcome, of call: ToolCall, step: Int, of identity: RunIdentity, in transaction: PostgresTransaction) {
        transaction.submit(
            """
            -- keep the output of a tool call
            insert into run_tool_outputs (workspace_id, run_id, step, call, output, is_error) values ($1, $2, $3, $4, $5, $6)
            on conflict (workspace_id, run_id, step, call) do nothing
            """,
            identity.workspace, identity.run, step, call.index, Self.storable(outcome.output), outcome.isError)
    }

    /// Lets go of what only a run that goes on needs; goes out with the transaction that finishes it.
    func submitRelease(of identity: RunIdentity, in transaction: PostgresTransaction) {
        transaction.submit(
            """
            -- let go of a finished run's outputs
            delete from run_tool_outputs where workspace_id = $1 and run_id = $2
            """,
            identity.workspace, identity.run)
    }

    /// Until when a step waits for its client; nil for one that does not.
    func waitEnd(of identity: RunIdentity, step: Int) async throws -> Date? {
        try await pool.query(
            .workspaces([identity.workspace]),
            """
            -- read until when a step waits
            select max(waits_until) as waits_until from run_tool_calls where workspace_id = $1 and run_id = $2 and step = $3
            """,
            identity.workspace, identity.run, step
        ).first?.decode("waits_until", as: Date?.self)
    }

    func kept(of identity: RunIdentity) async throws -> Kept {
        let steps = try await pool.query(
            .workspaces([identity.workspace]),
            """
            -- read a run's newest step
            select coalesce(max(step), 0) as step from run_steps where workspace_id = $1 and run_id = $2
            """,
            identity.workspace, identity.run
        ).first?.decode("step", as: Int.self)
        var kept = Kept(steps: steps ?? 0)
        let rows = try await pool.query(
            .workspaces([identity.workspace]),
            """
            -- read the kept results of a run
            select step, call, output, is_error from run_tool_calls where workspace_id = $1 and run_id = $2 and posted_at is not null
            union all
            select step, call, output, is_error from run_tool_outputs where workspace_id = $1 and run_id = $2
            """,
            identity.workspace, identity.run)
        for row in rows {
            let (step, call) = (try row.decode("step", as: Int.self), try row.decode("call", as: Int.self))
            kept.results[step, default: [:]][call] = ToolOutcome(output: try row.decode("output"), isError: try row.decode("is_error"))
        }
        return kept
    }
}
