package import Foundation
package import Postgres

/// A job that will not be tried again by itself, with everything that is needed to understand or replay it.
package struct DeadLetter: Sendable {
    package let id: UUID
    package let workspace: UUID
    package let kind: String
    package let version: Int
    package let queue: String
    package let attempts: Int
    /// Stable, for grouping.
    package let code: String
    package let error: String
    /// UTF-8 JSON: the failures before the last one, oldest first.
    package let history: [UInt8]
    package let body: [UInt8]
    /// Of the request that it came from; a replay goes on under it.
    package let trace: TraceParent?
    package let acceptedAt: Date
    package let diedAt: Date
    package let replayedAt: Date?
    package let discardedAt: Date?
}

/// Dead letters in PostgreSQL: bury, list, show, replay, discard.
package struct DeadLetterStore: Sendable {
    let pool: PostgresPool
    private let outcomes: OutcomeStore

    package init(pool: PostgresPool) {
        self.pool = pool
        self.outcomes = OutcomeStore(pool: pool)
    }

    /// Writes the dead letter and its outcome in one fenced transaction.
    /// - Returns: false when the job has an outcome, which stands.
    func bury(_ envelope: Envelope, queue: String, code: String, error: String, history: [UInt8], worker: UUID) async throws -> Bool {
        try await outcomes.fenced(worker: worker, workspaces: [envelope.workspace]) { transaction in
            let finished = try await transaction.query(
                "select 1 from finished_jobs where workspace_id = $1 and id = $2", envelope.workspace, envelope.id)
            guard finished.isEmpty else { return false }
            transaction.submit(
                """
                insert into dead_letters (workspace_id, id, kind, version, queue, attempts, code, error, history, body, trace, accepted_at)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
                on conflict (workspace_id, id) do update
                  set attempts = excluded.attempts, code = excluded.code, error = excluded.error, history = excluded.history,
                      died_at = clock_timestamp(), replayed_at = null, discarded_at = null
                """,
                envelope.workspace, envelope.id, envelope.kind, Int16(clamping: envelope.version), queue, Int16(clamping: envelope.attempt), code,
                error.withoutNUL, PostgresJSON(bytes: history), envelope.body, envelope.trace?.header, envelope.acceptedDate)
            outcomes.submitOutcomes([(envelope, .dead, error.withoutNUL, nil)], worker: worker, in: transaction)
            return true
        }
    }

    /// The newest first. An operator's view: over all workspaces unless one is named.
    package func list(workspace: UUID? = nil, kind: String? = nil, limit: Int = 50) async throws -> [DeadLetter] {
        let rows = try await pool.query(
            .role(.upkeep),
            """
            select * from dead_letters
            where ($1::uuid is null or workspace_id = $1) and ($2::text is null or kind = $2) and discarded_at is null and replayed_at is null
            order by died_at desc limit $3
            """, workspace, kind, Int64(limit))
        return try rows.map(Self.letter)
    }

    package func find(_ id: UUID) async throws -> DeadLetter? {
        try await pool.query(.role(.upkeep), "select * from dead_letters where id = $1 limit 1", id).first.map(Self.letter)
    }

    /// Puts the dead letter back among the accepted jobs. The commit makes it owed again, and the relay appends it even
    /// if this process ends here. Replaying twice is one replay.
    /// - Returns: the envelope to append, and the group to confirm after that; nil when it is not waiting for a replay.
    func replay(_ letter: DeadLetter, partition: Int) async throws -> (envelope: Envelope, group: UUID)? {
        let group = UUID.version7()
        let envelope = Envelope(
            id: letter.id, workspace: letter.workspace, kind: letter.kind, version: letter.version,
            acceptedAt: Int64(letter.acceptedAt.timeIntervalSince1970 * 1000), marks: .seen, trace: letter.trace, body: letter.body)
        return try await pool.transaction(.workspaces([letter.workspace])) { transaction in
            let marked = try await transaction.execute(
                """
                update dead_letters set replayed_at = clock_timestamp()
                where workspace_id = $1 and id = $2 and replayed_at is null and discarded_at is null
                """, letter.workspace, letter.id)
            guard marked == 1 else { return nil }
            transaction.submit("delete from outcomes where workspace_id = $1 and id = $2 and state = 'dead'", letter.workspace, letter.id)
            transaction.submit("insert into append_groups (id) values ($1)", group)
            transaction.submit(
                """
                insert into acceptances (workspace_id, id, kind, version, queue, partition, append_group, trace, body, accepted_at)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                on conflict (workspace_id, id) do update set append_group = excluded.append_group
                """,
                letter.workspace, letter.id, letter.kind, Int16(clamping: letter.version), letter.queue, Int16(clamping: partition), group,
                letter.trace?.header, letter.body, letter.acceptedAt)
            return (envelope, group)
        }
    }

    /// Takes it off the list for good; its outcome stays dead. False when it was not on the list.
    package func discard(_ letter: DeadLetter) async throws -> Bool {
        try await pool.execute(
            .workspaces([letter.workspace]),
            "update dead_letters set discarded_at = clock_timestamp() where workspace_id = $1 and id = $2 and discarded_at is null and replayed_at is null",
            letter.workspace, letter.id) == 1
    }

    private static func letter(_ row: PostgresRow) throws -> DeadLetter {
        DeadLetter(
            id: try row.decode("id"), workspace: try row.decode("workspace_id"), kind: try row.decode("kind"),
            version: Int(try row.decode("version", as: Int16.self)), queue: try row.decode("queue"),
            attempts: Int(try row.decode("attempts", as: Int16.self)), code: try row.decode("code"), error: try row.decode("error"),
            history: try row.decode("history", as: PostgresJSON.self).bytes, body: try row.decode("body"),
            trace: try row.decode("trace", as: String?.self).flatMap { TraceParent(header: $0) }, acceptedAt: try row.decode("accepted_at"),
            diedAt: try row.decode("died_at"), replayedAt: try row.decode("replayed_at", as: Date?.self),
            discardedAt: try row.decode("discarded_at", as: Date?.self))
    }
}

extension String {
    /// PostgreSQL's text holds every character but this one; an error's words may carry it.
    var withoutNUL: String { contains("\0") ? replacing("\0", with: "\u{FFFD}") : self }
}
