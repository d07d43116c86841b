import Foundation
package import Postgres

/// Dead letters in PostgreSQL: bury, find, replay, discard.
///
///                 replay              its job dies again
///     open ─────────────▶ replayed ─────────────────────▶ open, with its history continued
///       └── discard ─▶ discarded (for good)
///
/// A letter's row stays, whatever is done about it.
package struct DeadLetterStore: Sendable {
    let pool: PostgresPool
    private let outcomes: OutcomeStore

    package init(pool: PostgresPool) {
        self.pool = pool
        self.outcomes = OutcomeStore(pool: pool)
    }

    /// Writes the dead letter and its outcome in one fenced transaction. A job that was replayed and dies again has one
    /// letter as before, whose history goes on.
    /// - Parameter mayOwnRow: its outcome may be a row of its own, which another worker is about to write.
    /// - Returns: false when the job has an outcome, which stands.
    func bury(
        _ envelope: Envelope, queue: String, code: String, error: String, history: [UInt8], worker: UUID, mayOwnRow: Bool = true
    ) async throws -> Bool {
        try await outcomes.fenced(worker: worker, workspaces: [envelope.workspace]) { transaction in
            let finished = try await transaction.query(
                "select 1 from finished_jobs where workspace_id = $1 and id = $2", envelope.workspace, envelope.id)
            guard finished.isEmpty else { return false }
            let earlier = try await transaction.query(
                "select * from dead_letters where workspace_id = $1 and id = $2 for update", envelope.workspace, envelope.id
            ).first.map(Self.letter)
            if mayOwnRow { outcomes.submitUndone(of: envelope.kind, [JobName(envelope)], in: transaction) }
            transaction.submit(
                """
                insert into dead_letters (workspace_id, id, kind, version, queue, attempts, code, error, history, body, trace, accepted_at, route)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                on conflict (workspace_id, id) do update
                  set attempts = excluded.attempts, code = excluded.code, error = excluded.error, history = excluded.history,
                      died_at = clock_timestamp(), replayed_at = null
                """,
                envelope.workspace, envelope.id, envelope.kind, Int16(clamping: envelope.version), queue, Int16(clamping: envelope.attempt), code,
                error.withoutNUL, PostgresJSON(bytes: earlier?.continued(by: history) ?? history), envelope.body, envelope.trace?.header,
                envelope.acceptedDate, envelope.route.stored)
            outcomes.submitOutcomes([(envelope, .dead, error.withoutNUL, nil)], worker: worker, in: transaction)
            ControlStore.submitForgotten([JobName(envelope)], in: transaction)
            return true
        }
    }

    /// Takes letters off the list for good; their outcomes stay dead, and groups wait for their jobs no longer. At most some
    /// hundreds a call.
    /// - Returns: those that were on the list.
    package func discard(_ keys: [JobName], by actor: String?) async throws -> Set<JobName> {
        guard !keys.isEmpty else { return [] }
        return try await pool.transaction(.workspaces(Array(Set(keys.map(\.workspace))))) { transaction in
            let rows = try await transaction.query(
                """
                -- discard dead letters
                update dead_letters d set discarded_at = clock_timestamp(), discarded_by = $3
                from (
                  select workspace_id, id from dead_letters
                  where (workspace_id, id) in (select * from unnest($1::uuid[], $2::uuid[])) and replayed_at is null and discarded_at is null
                  order by workspace_id, id for update
                ) as open
                where d.workspace_id = open.workspace_id and d.id = open.id
                returning d.workspace_id, d.id
                """, keys.map(\.workspace), keys.map(\.id), actor)
            let discarded = Set(try rows.map { JobName(workspace: try $0.decode("workspace_id"), id: try $0.decode("id")) })
            // Follow-ups are left to the relay.
            JobGroupStore.submitEnded(Array(discarded), in: transaction)
            return discarded
        }
    }

    static func letter(_ row: PostgresRow) throws -> DeadLetter {
        DeadLetter(
            id: try row.decode("id"), workspace: try row.decode("workspace_id"), kind: try row.decode("kind"),
            version: Int(try row.decode("version", as: Int16.self)), queue: try row.decode("queue"),
            attempts: Int(try row.decode("attempts", as: Int16.self)), code: try row.decode("code"), error: try row.decode("error"),
            history: try row.decode("history", as: PostgresJSON.self).bytes, body: try row.decode("body"),
            trace: try row.decode("trace", as: String?.self).flatMap { TraceParent(header: $0) }, acceptedAt: try row.decode("accepted_at"),
            diedAt: try row.decode("died_at"), replayedAt: try row.decode("replayed_at", as: Date?.self),
            discardedAt: try row.decode("discarded_at", as: Date?.self), discardedBy: try row.decode("discarded_by", as: String?.self),
            replays: DeadLetterReplay.list(json: try row.decode("replays", as: PostgresJSON.self).bytes))
    }
}

extension DeadLetter {
    /// The stored history of this letter's job when it died again.
    /// - Parameter later: the failures since, in their stored form.
    func continued(by later: [UInt8]) -> [UInt8] {
        DeadLetterHistory(json: history).continued(past: death, by: DeadLetterHistory(json: later), generation: replays.count).json
    }
}

extension String {
    /// PostgreSQL's text holds every character but this one; an error's words may carry it.
    var withoutNUL: String { contains("\0") ? replacing("\0", with: "\u{FFFD}") : self }
}
