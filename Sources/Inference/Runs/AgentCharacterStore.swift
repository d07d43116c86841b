package import Foundation
package import Postgres
import Workspaces

/// Finds agents in the database: the workspace's own, and those that anyone published.
///
/// A reference is `owner/name`, a name of an agent of the workspace, or its id. An agent of the workspace comes before a published copy
/// of the same name: it is the newer one.
package struct AgentCharacterStore: AgentLookup {
    private let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    package func agent(_ reference: String, workspace: UUID) async throws -> AgentCharacter? {
        let parts = reference.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, let name = parts.last, !name.isEmpty, !reference.utf8.contains(0) else { return nil }
        let owner = parts.count == 2 ? parts[0] : nil
        let rows = try await pool.query(
            .workspaces([workspace]),
            """
            -- find the agent of a run
            select a.id, w.slug as owner, a.name, v.character, 0 as place
            from agents a
              join workspaces w on w.id = a.workspace_id
              join agent_versions v on v.workspace_id = a.workspace_id and v.agent_id = a.id and v.number = a.version
            where a.workspace_id = $1 and (a.id = $2 or (a.name = $4 and ($3::text is null or w.slug = $3)))
            union all
            select agent_id, owner, name, character, 1 from published_agents
            where owner = $3 and name = $4 and status in ('active', 'deprecated') and not is_withdrawn
            order by place limit 1
            """,
            workspace, owner == nil ? UUID(uuidString: name) : nil, owner, name)
        guard let row = rows.first else { return nil }
        let file = try CharacterFile(try row.decode("character", as: PostgresJSON.self).bytes)
        return AgentCharacter(
            id: try row.decode("id"), label: "\(try row.decode("owner", as: String.self))/\(try row.decode("name", as: String.self))",
            name: file.name, system: file.system, bio: file.bio, lore: file.lore, topics: file.topics, adjectives: file.adjectives,
            style: (file.style["all"] ?? []) + (file.style["chat"] ?? []))
    }

    package func agents(workspace: UUID) async throws -> [String] {
        let rows = try await pool.query(
            .workspaces([workspace]),
            """
            -- list the agents of a workspace for runs
            select w.slug || '/' || a.name as label
            from agents a join workspaces w on w.id = a.workspace_id
            where a.workspace_id = $1
            order by a.name limit 1000
            """,
            workspace)
        return try rows.map { try $0.decode("label", as: String.self) }
    }
}
