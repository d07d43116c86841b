import Foundation
import Jobs
import Postgres

/// Publishing: the copy that the directory and forks read, and a version that stays.
extension AgentStore {
    /// An agent's public copy, as far as its next publication hangs on it.
    struct Listed: Sendable, Equatable {
        let owner: String
        let name: String
        /// Nil where the release before this one published it.
        let version: SemanticVersion?
        let number: Int
        let status: ListingStatus
        let reason: String?
        /// Another owner's agent that the name could be taken for, as it was when the name was first published.
        let looksLike: String?
        /// Another owner's agent whose title it has, as long as that one has it.
        let resembles: ResembledAgent?
    }

    /// A version that was published.
    struct Published: Sendable, Equatable {
        let version: SemanticVersion
        let number: Int
        let digest: CharacterDigest
        let publishedAt: Date
    }

    // MARK: Reading

    /// What is listed of an agent, nil for nothing.
    static func listed(_ agent: UUID, workspace: UUID, in session: some PostgresSession) async throws -> Listed? {
        try await session.query(
            """
            -- listing of agent
            select owner, name, semantic_version, version, status, status_reason, looks_like,
              resembled_agent(resembles, display_name) as resembles
            from published_agents
            where workspace_id = $1 and agent_id = $2
            """, workspace, agent
        ).first.map { row in
            Listed(
                owner: try row.decode("owner"), name: try row.decode("name"), version: try row.version("semantic_version"),
                number: try row.decode("version"), status: try row.stored("status"), reason: try row.decode("status_reason"),
                looksLike: try row.decode("looks_like"), resembles: try ResembledAgent(row))
        }
    }

    /// A version of an agent, nil when it was never published.
    static func published(
        _ version: SemanticVersion, of agent: UUID, workspace: UUID, in session: some PostgresSession
    ) async throws -> Published? {
        try await session.query(
            """
            -- published version of agent
            select version, number, digest, published_at from published_versions
            where workspace_id = $1 and agent_id = $2 and precedence = $3
            """, workspace, agent, version.precedence
        ).first.map(Published.init)
    }

    /// The highest release of an agent, or its highest prerelease where there is no release; nil before its first publication.
    static func highestPublished(of agent: UUID, workspace: UUID, in session: some PostgresSession) async throws -> Published? {
        try await session.query(
            """
            -- highest published version of agent
            select version, number, digest, published_at from published_versions
            where workspace_id = $1 and agent_id = $2
            order by prerelease, precedence desc limit 1
            """, workspace, agent
        ).first.map(Published.init)
    }

    // MARK: Writing

    /// Keeps the agent as it is until this transaction ends, so that what is published is what was scanned.
    static func lock(_ agent: UUID, workspace: UUID, in transaction: PostgresTransaction) {
        transaction.submit("-- lock agent\nselect 1 from agents where workspace_id = $1 and id = $2 for update", workspace, agent)
    }

    /// Writes down what a version is, for good.
    static func publish(
        _ version: SemanticVersion, _ draft: AgentDraft, workspace: UUID, in transaction: PostgresTransaction
    ) async throws -> Published {
        let detail = draft.detail
        let rows = try await transaction.query(
            """
            -- add published version
            insert into published_versions (workspace_id, id, agent_id, version, precedence, prerelease, number, publisher, digest, shape,
              secret_places, character, changelog)
            select w.id, $2, $3, $4, $5, $6, $7, w.slug, $8, $9, $10, $11, $12 from workspaces w where w.id = $1
            returning version, number, digest, published_at
            """,
            workspace, UUID.version7(), detail.agent.id, version.description, version.precedence, version.isPrerelease, detail.version.number,
            detail.version.digest.bytes, detail.version.shape.rawValue, detail.version.secretPlaces, draft.documents.version, draft.changelog)
        guard let row = rows.first else { throw PostgresError(.server, "the workspace was deleted meanwhile", sqlState: "40001") }
        return try Published(row)
    }

    /// Writes or renews the public copy of an agent's newest version, and marks the agent as public.
    ///
    /// The owner's slug is taken from the workspace's own row, and the policy on the table checks it.
    /// - Parameters:
    ///   - looksLike: kept from the first publication on.
    ///   - resembles: the listing whose title this one has; of each publication anew.
    static func submitListing(
        of agent: Agent, _ draft: AgentDraft, as version: SemanticVersion, looksLike: String?, resembles: UUID?, workspace: UUID,
        in transaction: PostgresTransaction
    ) {
        let (file, draftVersion) = (draft.file, draft.detail.version)
        transaction.submit(
            """
            -- publish agent
            insert into published_agents (owner, name, listing_id, workspace_id, agent_id, version, semantic_version, digest, shape, display_name,
              summary, topics, plugins, secret_places, character, forked_from_owner, forked_from_name, forked_from_version, forked_from_agent,
              lineage, looks_like, resembles)
            select w.slug, $3, $4, w.id, $2, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21
            from workspaces w where w.id = $1
            on conflict (workspace_id, agent_id) do update set
              version = excluded.version, semantic_version = excluded.semantic_version, digest = excluded.digest, shape = excluded.shape,
              display_name = excluded.display_name, summary = excluded.summary, topics = excluded.topics, plugins = excluded.plugins,
              secret_places = excluded.secret_places, character = excluded.character, lineage = excluded.lineage, resembles = excluded.resembles,
              updated_at = excluded.updated_at
            """,
            workspace, agent.id, agent.name, UUID.version7(), draftVersion.number, version.description, draftVersion.digest.bytes,
            draftVersion.shape.rawValue, file.name, file.summary, file.topics,
            PostgresJSON(bytes: PluginReference.document(file.plugins).canonicalBytes), draftVersion.secretPlaces, draft.documents.file,
            agent.forkedFrom?.owner, agent.forkedFrom?.name, agent.forkedFrom?.version, agent.forkedFrom?.agent,
            PostgresJSON(bytes: AgentLineage.document(agent.lineage).canonicalBytes), looksLike, resembles)
        submitVisibility(.public, of: agent.id, workspace: workspace, in: transaction)
    }

    /// Takes the public copy away. Its versions stay and are shown no more; its name is kept, see `reserved_names`.
    static func submitUnlisting(of agent: UUID, workspace: UUID, in transaction: PostgresTransaction) {
        transaction.submit("-- unpublish agent\ndelete from published_agents where workspace_id = $1 and agent_id = $2", workspace, agent)
        submitVisibility(.private, of: agent, workspace: workspace, in: transaction)
    }

    private static func submitVisibility(
        _ visibility: AgentVisibility, of agent: UUID, workspace: UUID, in transaction: PostgresTransaction
    ) {
        transaction.submit(
            "-- visibility of agent\nupdate agents set visibility = $3 where workspace_id = $1 and id = $2 and visibility <> $3", workspace, agent,
            visibility.rawValue)
    }
}

extension AgentStore.Published {
    init(_ row: PostgresRow) throws {
        let text = try row.decode("version", as: String.self)
        guard let version = SemanticVersion(text) else {
            throw PostgresError(.decoding, "the column holds \(text), which is no semantic version", column: "version")
        }
        self.init(
            version: version, number: try row.decode("number"), digest: CharacterDigest(bytes: try row.decode("digest")),
            publishedAt: try row.decode("published_at"))
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
