import Foundation
import Jobs
import Postgres

/// The SQL of agents and their versions. Every call runs in a transaction that its caller scoped to the workspace.
package enum AgentStore {
    /// What became of a character file.
    struct Written: Sendable, Equatable {
        let agent: UUID
        let versionID: UUID
        let change: AgentChange
    }

    // MARK: Writing

    /// Adds the file as a new agent, or as the next version of the one that has this name.
    static func write(
        _ file: CharacterFile, as name: AgentName, changelog: String, workspace: UUID, versionID: UUID, in transaction: PostgresTransaction
    ) async throws -> Written {
        let agent = UUID.version7()
        let digest = CharacterDigest(file.document)
        let created = try await transaction.query(
            """
            -- create agent
            insert into agents (workspace_id, id, name, display_name) values ($1, $2, $3, $4)
            on conflict (workspace_id, name) do nothing
            returning id
            """, workspace, agent, name.text, file.name)
        if !created.isEmpty {
            submitVersion(file, digest: digest, id: versionID, number: 1, of: agent, changelog: changelog, workspace: workspace, in: transaction)
            return Written(agent: agent, versionID: versionID, change: .created)
        }
        return try await writeNext(
            file, digest: digest, as: name, changelog: changelog, workspace: workspace, versionID: versionID, in: transaction)
    }

    private static func writeNext(
        _ file: CharacterFile, digest: CharacterDigest, as name: AgentName, changelog: String, workspace: UUID, versionID: UUID,
        in transaction: PostgresTransaction
    ) async throws -> Written {
        // Two statements: a join would be checked again with the locked agent and the version that was newest before.
        let agents = try await transaction.query(
            "-- lock agent\nselect id, version from agents where workspace_id = $1 and name = $2 for update", workspace, name.text)
        guard let row = agents.first else {
            // Deleted between the two statements: whoever sends the file again makes it anew.
            throw PostgresError(.server, "the agent \(name) was deleted meanwhile", sqlState: "40001")
        }
        let agent = try row.decode("id", as: UUID.self)
        let number = try row.decode("version", as: Int.self)
        let versions = try await transaction.query(
            "-- newest version of agent\nselect id, digest from agent_versions where workspace_id = $1 and agent_id = $2 and number = $3",
            workspace, agent, number)
        if let newest = versions.first, try newest.decode("digest", as: [UInt8].self) == digest.bytes {
            return Written(agent: agent, versionID: try newest.decode("id"), change: .unchanged)
        }
        submitVersion(file, digest: digest, id: versionID, number: number + 1, of: agent, changelog: changelog, workspace: workspace, in: transaction)
        transaction.submit(
            """
            -- update agent
            update agents set version = $3, display_name = $4, updated_at = mainstay_now() where workspace_id = $1 and id = $2
            """, workspace, agent, number + 1, file.name)
        return Written(agent: agent, versionID: versionID, change: .updated)
    }

    /// Queues a version and the plugins that it names.
    static func submitVersion(
        _ file: CharacterFile, digest: CharacterDigest, id: UUID, number: Int, of agent: UUID, changelog: String, secretPlaces: [String]? = nil,
        workspace: UUID, in transaction: PostgresTransaction
    ) {
        transaction.submit(
            """
            -- add agent version
            insert into agent_versions (workspace_id, id, agent_id, number, shape, digest, character, secret_places, changelog)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """,
            workspace, id, agent, number, file.shape.rawValue, digest.bytes, PostgresJSON(bytes: file.document.canonicalBytes),
            secretPlaces ?? file.strippedSecrets.map(\.description), changelog)
        guard !file.plugins.isEmpty else { return }
        transaction.submit(
            """
            -- add plugins of agent version
            insert into plugins (workspace_id, id, version_id, position, name, range)
            select $1, id, $2, position, name, range
            from unnest($3::uuid[], $4::int8[], $5::text[], $6::text[]) as given (id, position, name, range)
            """,
            workspace, id, file.plugins.map { _ in UUID.version7() }, Array(1...file.plugins.count), file.plugins.map(\.name),
            file.plugins.map(\.range))
    }

    // MARK: Reading

    /// An agent of this workspace with its newest version.
    static func detail(of agent: UUID, workspace: UUID, in session: some PostgresSession) async throws -> AgentDetail? {
        try await session.query(
            """
            -- show agent
            select a.id, a.name, a.display_name, a.visibility, a.version, a.forked_from_owner, a.forked_from_name, a.forked_from_version,
              a.forked_from_agent, a.lineage, a.created_at, a.updated_at,
              v.number, v.shape, v.digest, v.character, v.secret_places, v.changelog, v.created_at as version_created_at
            from agents a join agent_versions v on v.workspace_id = a.workspace_id and v.agent_id = a.id and v.number = a.version
            where a.workspace_id = $1 and a.id = $2
            """, workspace, agent
        ).first.map(AgentDetail.init)
    }

    /// An agent of this workspace without its version, which may be long.
    static func agent(_ agent: UUID, workspace: UUID, in session: some PostgresSession) async throws -> Agent? {
        try await session.query(
            """
            -- agent alone
            select id, name, display_name, visibility, version, forked_from_owner, forked_from_name, forked_from_version, forked_from_agent,
              lineage, created_at, updated_at
            from agents
            where workspace_id = $1 and id = $2
            """, workspace, agent
        ).first.map(Agent.init)
    }

    /// Which agent a version belongs to.
    static func agent(ofVersion version: UUID, workspace: UUID, in session: some PostgresSession) async throws -> UUID? {
        try await session.query(
            "-- agent of version\nselect agent_id from agent_versions where workspace_id = $1 and id = $2", workspace, version
        ).first?.decode("agent_id")
    }

    /// Agents of this workspace, newest first.
    /// - Parameters:
    ///   - name: only the one of this name.
    ///   - before: the last one of the page before.
    static func list(_ workspace: UUID, name: String?, before: UUID?, limit: Int, in session: some PostgresSession) async throws -> [Agent] {
        try await session.query(
            """
            -- list agents
            select id, name, display_name, visibility, version, forked_from_owner, forked_from_name, forked_from_version, forked_from_agent,
              lineage, created_at, updated_at
            from agents
            where workspace_id = $1 and ($2::text is null or name = $2) and ($3::uuid is null or id < $3)
            order by id desc limit $4
            """, workspace, name, before, limit
        ).map(Agent.init)
    }
}
