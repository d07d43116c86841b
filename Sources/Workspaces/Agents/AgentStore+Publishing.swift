import Foundation
import Jobs
import Postgres

/// Publishing: the copy that the directory and forks read.
extension AgentStore {
    /// Writes or renews the public copy of an agent's newest version, and marks the agent as public.
    ///
    /// The owner's slug is taken from the workspace's own row, and the policy on the table checks it.
    static func submitPublication(_ detail: AgentDetail, file: CharacterFile, workspace: UUID, in transaction: PostgresTransaction) {
        let (agent, version) = (detail.agent, detail.version)
        transaction.submit(
            """
            -- publish agent
            insert into published_agents (owner, name, listing_id, workspace_id, agent_id, version, digest, shape, display_name, summary, topics,
              plugins, secret_places, character, forked_from_owner, forked_from_name, forked_from_version, forked_from_agent)
            select w.slug, $3, $4, w.id, $2, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17 from workspaces w where w.id = $1
            on conflict (owner, name) do update set
              agent_id = excluded.agent_id, version = excluded.version, digest = excluded.digest, shape = excluded.shape,
              display_name = excluded.display_name, summary = excluded.summary, topics = excluded.topics, plugins = excluded.plugins,
              secret_places = excluded.secret_places, character = excluded.character,
              updated_at = case when published_agents.digest = excluded.digest then published_agents.updated_at else excluded.updated_at end
            """,
            workspace, agent.id, agent.name, UUID.version7(), version.number, version.digest.bytes, version.shape.rawValue, file.name, file.summary,
            file.topics, PostgresJSON(bytes: PluginReference.document(file.plugins).canonicalBytes), version.secretPlaces,
            PostgresJSON(bytes: file.document.canonicalBytes), agent.forkedFrom?.owner, agent.forkedFrom?.name, agent.forkedFrom?.version,
            agent.forkedFrom?.agent)
        transaction.submit(
            "-- mark agent as public\nupdate agents set visibility = 'public' where workspace_id = $1 and id = $2", workspace, agent.id)
    }

    /// Keeps the agent as it is until this transaction ends, so that what is published is what was scanned.
    static func lock(_ agent: UUID, workspace: UUID, in transaction: PostgresTransaction) {
        transaction.submit("-- lock agent\nselect 1 from agents where workspace_id = $1 and id = $2 for update", workspace, agent)
    }
}

extension PluginReference {
    /// `[{"name": …, "range": …}]`, the form of the published column.
    package static func document(_ plugins: [PluginReference]) -> JSONNode {
        .array(
            plugins.map { plugin in
                var members = [JSONMember(name: "name", value: .string(plugin.name))]
                if let range = plugin.range { members.append(JSONMember(name: "range", value: .string(range))) }
                return .object(members)
            })
    }

    /// Reads that form; what is not of it is left out.
    package static func list(_ document: JSONNode) -> [PluginReference] {
        guard case .array(let elements) = document else { return [] }
        return elements.compactMap { element in
            element["name"]?.text.map { PluginReference(name: $0, range: element["range"]?.text) }
        }
    }
}
