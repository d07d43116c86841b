import Foundation
import Postgres
import Workspaces

/// The SQL of what an agent's owner reads of decisions, and says against them: rows of the owner's workspace.
enum ModerationStore {
    /// A decision that an owner may appeal against, or not any more.
    struct Restriction: Sendable {
        let statement: UUID
        let owner: String
        let name: String
        /// Whether it can be appealed against today.
        let isInTime: Bool
        /// Whether somebody has appealed against it.
        let isAppealed: Bool
        /// Whether such an appeal waits for its decision.
        let isPending: Bool
    }

    /// The name of the index that keeps one open appeal to an agent, and of the key that keeps one to a statement.
    static let appealConstraints: Set<String> = ["agent_appeals_one_open", "agent_appeals_once"]

    /// Whether the workspace has this agent, or was told of a decision about it while it had.
    static func isKnown(_ agent: UUID, workspace: UUID, in session: some PostgresSession) async throws -> Bool {
        try await !session.query(
            """
            -- is it an agent of this workspace
            select 1 where exists (select 1 from agents where workspace_id = $1 and id = $2)
              or exists (select 1 from agent_statements where workspace_id = $1 and agent_id = $2)
            """, workspace, agent
        ).isEmpty
    }

    /// What was decided about an agent, newest first, with what its owner said against it.
    /// - Parameter before: the last one of the page before.
    static func statements(
        of agent: UUID, workspace: UUID, before: UUID?, limit: Int, in session: some PostgresSession
    ) async throws -> [ModerationStatement] {
        try await session.query(
            """
            -- statements about an agent
            select s.id, s.case_id, s.agent_id, s.owner, s.name, s.decision, s.ground, s.facts, s.rule, s.automated, s.redress, s.appeal_until,
              s.created_at, s.lifted_at, a.id as appeal_id, a.statement_id, a.text as appeal_text, a.created_at as appealed_at, a.outcome,
              a.decided_at as appeal_decided_at
            from agent_statements s left join agent_appeals a on a.workspace_id = s.workspace_id and a.statement_id = s.id
            where s.workspace_id = $1 and s.agent_id = $2 and ($3::uuid is null or s.id < $3)
            order by s.id desc limit $4
            """, workspace, agent, before, limit
        ).map(ModerationStatement.init)
    }

    /// The newest decision that takes something from the owner of an agent and was not lifted.
    static func restriction(of agent: UUID, workspace: UUID, in session: some PostgresSession) async throws -> Restriction? {
        try await session.query(
            """
            -- restriction that holds
            select s.id, s.owner, s.name, s.appeal_until > mainstay_now() as in_time, a.id is not null as appealed,
              exists (select 1 from agent_appeals p where p.workspace_id = s.workspace_id and p.agent_id = s.agent_id and p.outcome is null) as pending
            from agent_statements s left join agent_appeals a on a.workspace_id = s.workspace_id and a.statement_id = s.id
            where s.workspace_id = $1 and s.agent_id = $2 and s.appeal_until is not null and s.lifted_at is null
            order by s.id desc limit 1
            """, workspace, agent
        ).first.map { row in
            Restriction(
                statement: try row.decode("id"), owner: try row.decode("owner"), name: try row.decode("name"), isInTime: try row.decode("in_time"),
                isAppealed: try row.decode("appealed"), isPending: try row.decode("pending"))
        }
    }

    /// Writes an appeal, and opens its case.
    static func write(
        appeal id: UUID, inCase caseID: UUID, against restriction: Restriction, agent: UUID, text: String, workspace: UUID,
        in transaction: PostgresTransaction
    ) {
        transaction.submit(
            """
            -- open the case of an appeal
            insert into agent_cases (id, kind, owner, name, agent_id, owner_workspace_id, statement_id) values ($1, 'appeal', $2, $3, $4, $5, $6)
            """, caseID, restriction.owner, restriction.name, agent, workspace, restriction.statement)
        transaction.submit(
            """
            -- write an appeal
            insert into agent_appeals (workspace_id, id, statement_id, case_id, agent_id, text) values ($1, $2, $3, $4, $5, $6)
            """, workspace, id, restriction.statement, caseID, agent, text)
    }

    static func appeal(_ id: UUID, workspace: UUID, in session: some PostgresSession) async throws -> ModerationAppeal? {
        try await session.query(
            """
            -- appeal by id
            select id as appeal_id, statement_id, text as appeal_text, created_at as appealed_at, outcome, decided_at as appeal_decided_at
            from agent_appeals where workspace_id = $1 and id = $2
            """, workspace, id
        ).first.flatMap { try ModerationAppeal($0) }
    }
}

extension ModerationStatement {
    fileprivate init(_ row: PostgresRow) throws {
        self.init(
            id: try row.decode("id"), caseID: try row.decode("case_id"), agent: try row.decode("agent_id"), owner: try row.decode("owner"),
            name: try row.decode("name"), order: try ModerationOrder(row), redress: try row.decode("redress"),
            appealUntil: try row.decode("appeal_until"), createdAt: try row.decode("created_at"), liftedAt: try row.decode("lifted_at"),
            appeal: try ModerationAppeal(row))
    }
}

extension ModerationAppeal {
    /// Nil where the row has none.
    fileprivate init?(_ row: PostgresRow) throws {
        guard let id = try row.decode("appeal_id", as: UUID?.self) else { return nil }
        self.init(
            id: id, statement: try row.decode("statement_id"), text: try row.decode("appeal_text"), createdAt: try row.decode("appealed_at"),
            outcome: try row.storedIfPresent("outcome"), decidedAt: try row.decode("appeal_decided_at"))
    }
}
