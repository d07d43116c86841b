import Foundation
import Postgres
import Workspaces

/// A line of the public log of removals: what was taken out of the directory, when, on what ground, and what came of it. It says
/// nothing of who reported, and nothing in anybody's own words.
struct Removal: Sendable, Equatable {
    let id: UUID
    let owner: String
    let name: String
    let decision: ModerationDecision
    let ground: ReportReason
    let decidedAt: Date
    /// Nil while there was no appeal, or nobody has decided about it.
    let appealOutcome: AppealOutcome?
    /// When a later decision put the agent back.
    let liftedAt: Date?
}

/// The SQL of reading that log. It belongs to nobody and is read in any scope.
enum RemovalStore {
    /// Newest first.
    /// - Parameter before: the last one of the page before.
    static func page(before: UUID?, limit: Int, in session: some PostgresSession) async throws -> [Removal] {
        try await session.query(
            """
            -- log of removals
            select id, owner, name, decision, ground, decided_at, appeal_outcome, lifted_at from agent_removals
            where $1::uuid is null or id < $1
            order by id desc limit $2
            """, before, limit
        ).map { row in
            Removal(
                id: try row.decode("id"), owner: try row.decode("owner"), name: try row.decode("name"), decision: try row.stored("decision"),
                ground: try row.stored("ground"), decidedAt: try row.decode("decided_at"),
                appealOutcome: try row.storedIfPresent("appeal_outcome"), liftedAt: try row.decode("lifted_at"))
        }
    }
}
