import Foundation
import Postgres

/// The SQL of a workspace's own pages. Every call runs in a transaction that its caller scoped to the workspace.
enum OwnAgentStore {
    /// Agents of a workspace, newest first, each with its listing and its original: one statement, however many they are.
    /// - Parameters:
    ///   - agent: only this one.
    ///   - before: the last one of the page before.
    static func page(_ workspace: UUID, agent: UUID? = nil, before: UUID?, limit: Int, in session: some PostgresSession) async throws -> [OwnAgent] {
        try await session.query(
            """
            -- agents with their listings and originals
            select a.id, a.name, a.display_name, a.visibility, a.version, a.forked_from_owner, a.forked_from_name, a.forked_from_version,
              a.forked_from_agent, a.lineage, a.created_at, a.updated_at,
              l.semantic_version as listed_version, l.version as listed_number, l.status as listed_status, l.status_reason as listed_reason,
              o.owner as original_owner, o.name as original_name, o.semantic_version as original_version, o.status as original_status,
              (select v.version from published_versions v
                where v.workspace_id = o.workspace_id and v.agent_id = o.agent_id and v.number = a.forked_from_version
                order by v.precedence desc limit 1) as copied_version,
              (select count(*) from published_versions v
                where v.workspace_id = o.workspace_id and v.agent_id = o.agent_id and v.number > a.forked_from_version)::int8 as behind
            from agents a
              left join published_agents l on l.workspace_id = a.workspace_id and l.agent_id = a.id
              left join published_agents o on o.agent_id = a.forked_from_agent and not o.is_withdrawn
            where a.workspace_id = $1 and ($2::uuid is null or a.id = $2) and ($3::uuid is null or a.id < $3)
            order by a.id desc limit $4
            """, workspace, agent, before, limit
        ).map(OwnAgent.init)
    }
}

extension OwnAgent {
    init(_ row: PostgresRow) throws {
        agent = try Agent(row)
        listed = try Listed(row)
        original = try Original(row)
    }
}

extension OwnAgent.Listed {
    /// Nil where the columns are null.
    init?(_ row: PostgresRow) throws {
        guard let number = try row.decode("listed_number", as: Int?.self) else { return nil }
        self.init(
            version: try row.version("listed_version"), number: number, status: try row.stored("listed_status"),
            reason: try row.decode("listed_reason"))
    }
}

extension OwnAgent.Original {
    /// Nil where the columns are null.
    init?(_ row: PostgresRow) throws {
        guard let owner = try row.decode("original_owner", as: String?.self) else { return nil }
        self.init(
            owner: owner, name: try row.decode("original_name"), status: try row.stored("original_status"),
            latest: try row.version("original_version"), copied: try row.version("copied_version"), behind: try row.decode("behind"))
    }
}
