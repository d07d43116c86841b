import Foundation
import Jobs
import Postgres

/// Runs whose job is dead.
extension RunStore {
    /// Runs that have begun, have no end, and whose job is dead, over all workspaces.
    func lost(limit: Int) async throws -> [LostRun] {
        try await pool.query(
            .role(.upkeep),
            """
            -- find runs whose job is dead
            select r.workspace_id, r.id, r.epoch, r.provider, r.model, r.accepted_at, r.unsettled, d.attempts, d.died_at, d.trace
            from dead_letters d join runs r on r.workspace_id = d.workspace_id and r.id = d.id
            where d.kind = $1 and d.replayed_at is null and r.state = 'running'
            order by d.died_at desc limit $2
            """,
            RunRequest.kind.name, limit
        ).map(Self.lostRun)
    }

    /// The same of one run, which need not have begun; nil where its job is not dead, where it has an end, and for another workspace's.
    func lost(_ run: UUID, workspace: UUID) async throws -> LostRun? {
        try await pool.query(
            .workspaces([workspace]),
            """
            -- see whether a run's job is dead
            select d.workspace_id, d.id, r.epoch, r.provider, r.model, coalesce(r.accepted_at, d.accepted_at) as accepted_at, r.unsettled,
              d.attempts, d.died_at, d.trace
            from dead_letters d left join runs r on r.workspace_id = d.workspace_id and r.id = d.id
            where d.workspace_id = $1 and d.id = $2 and d.kind = $3 and d.replayed_at is null and (r.id is null or r.state = 'running')
            """,
            workspace, run, RunRequest.kind.name
        ).first.map(Self.lostRun)
    }

    /// The events of a run that is over, and whether it may be one that is not and whose job is dead.
    func ending(of run: UUID, workspace: UUID) async throws -> (archive: [RunLogEntry]?, isLost: Bool) {
        let rows = try await pool.query(
            .workspaces([workspace]),
            """
            -- read a run's end, or see whether it is owed one
            select r.events, exists (
              select from dead_letters d where d.workspace_id = $1 and d.id = $2 and d.kind = $3 and d.replayed_at is null) as is_dead
            from (select) one left join runs r on r.workspace_id = $1 and r.id = $2
            """,
            workspace, run, RunRequest.kind.name)
        guard let row = rows.first else { return (nil, false) }
        let archive = try Self.archive(try row.decode("events", as: [UInt8]?.self), of: run)
        return (archive, archive == nil ? try row.decode("is_dead") : false)
    }

    /// What such a run was asked, as its dead letter has it; nil where this release cannot read it.
    func request(of lost: LostRun) async throws -> RunRequest? {
        let rows = try await pool.query(
            .workspaces([lost.identity.workspace]),
            """
            -- read what a run was asked whose job is dead
            select version, body from dead_letters where workspace_id = $1 and id = $2
            """,
            lost.identity.workspace, lost.identity.run)
        guard let row = rows.first else { return nil }
        let version = Int(try row.decode("version", as: Int16.self))
        let body = try row.decode("body", as: [UInt8].self)
        return try? RunRequest.decode(body, version: version)
    }

    /// Writes the end of such a run.
    ///
    /// - Parameters:
    ///   - beginning: What is written of a run that no attempt has claimed; with `request`, where it can be read.
    ///   - count: Goes out with the end, and not without it.
    /// - Returns: false, and nothing is written, when its dead letter was replayed meanwhile or another attempt owns it.
    func bury(
        _ lost: LostRun, as beginning: Beginning, asking request: RunRequest?, outcome: RunOutcome,
        counting count: @Sendable (PostgresTransaction) -> Void = { _ in }
    ) async throws -> Bool {
        do {
            return try await pool.transaction(.workspaces([lost.identity.workspace])) { transaction in
                // Locked, so that a replay that comes now finds the run ended.
                let letters = try await transaction.query(
                    """
                    -- lock a run's dead letter
                    select id from dead_letters where workspace_id = $1 and id = $2 and replayed_at is null for share
                    """,
                    lost.identity.workspace, lost.identity.run)
                guard !letters.isEmpty else { return false }
                if lost.epoch == 0 {
                    try submitUnclaimed(beginning, attempts: lost.attempts, in: transaction)
                    if let request { try submitTurn(request, of: lost.identity, in: transaction) }
                }
                try await finish(
                    lost.identity, epoch: max(1, lost.epoch), provider: beginning.provider, model: beginning.model, outcome: outcome,
                    in: transaction)
                submitRelease(of: lost.identity, in: transaction)
                count(transaction)
                return true
            }
        } catch is Superseded {
            return false
        }
    }

    /// The row of a run that no attempt has claimed; the transaction throws ``Superseded`` where one has.
    private func submitUnclaimed(_ beginning: Beginning, attempts: Int, in transaction: PostgresTransaction) throws {
        let (run, workspace) = (beginning.identity.run, beginning.identity.workspace)
        transaction.submit(
            """
            -- insert a run that never began
            insert into runs (workspace_id, id, provider, model, agent_id, agent, metadata, trace, accepted_at, attempts)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (workspace_id, id) do nothing
            """,
            workspace, run, Self.storable(beginning.provider), Self.storable(beginning.model), beginning.agentID,
            beginning.agent.map(Self.storable), try PostgresJSON(encoding: beginning.metadata), beginning.trace,
            beginning.identity.acceptedDate, attempts
        ) { result in
            guard result.affected == 1 else { throw Superseded(run: run, epoch: 0) }
        }
    }

    private static func lostRun(_ row: PostgresRow) throws -> LostRun {
        let acceptedAt = try row.decode("accepted_at", as: Date.self).timeIntervalSince1970 * 1_000
        let epoch = try row.decode("epoch", as: Int64?.self)
        return LostRun(
            identity: RunIdentity(
                run: try row.decode("id"), workspace: try row.decode("workspace_id"), acceptedAt: Int64(acceptedAt.rounded())),
            epoch: UInt64(epoch ?? 0),
            asked: epoch == nil ? nil : RunPlan.Candidate(provider: try row.decode("provider"), model: try row.decode("model")),
            attempts: Int(try row.decode("attempts", as: Int16.self)), diedAt: try row.decode("died_at"),
            unsettled: try row.decode("unsettled", as: [Int64]?.self)?.map { UInt64($0) } ?? [], trace: try row.decode("trace"))
    }
}
