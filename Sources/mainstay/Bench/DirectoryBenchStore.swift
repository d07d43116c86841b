import Foundation
import Postgres
import Workspaces

/// The SQL that fills the directory of a bench: rows as publishing leaves them, many in a statement.
///
/// The agents' own histories (`agent_versions`) are left out: of all that is asked here, nothing reads them.
enum DirectoryBenchStore {
    /// In the scope of these workspaces.
    static func addOwners(_ owners: [DirectoryBenchAgent.Owner], in session: some PostgresSession) async throws {
        try await session.execute(
            """
            -- workspaces of a bench
            insert into workspaces (id, slug, name) select id, slug, slug from unnest($1::uuid[], $2::text[]) as given (id, slug)
            """, owners.map(\.workspace), owners.map(\.slug))
    }

    /// In the scope of the agents' workspaces.
    /// - Parameter sources: what each was forked of, nil for what is no fork; one for each agent.
    static func submitAgents(_ agents: [DirectoryBenchAgent], sources: [DirectoryBenchAgent?], in transaction: PostgresTransaction) {
        transaction.submit(
            """
            -- agents of a bench
            insert into agents (workspace_id, id, name, display_name, visibility, version, forked_from_owner, forked_from_name, forked_from_version,
              forked_from_agent, lineage, created_at, updated_at)
            select workspace, id, name, title, 'public', version, source_owner, source_name, case when source is not null then 1 end, source,
              case when source is null then '[]'::jsonb else jsonb_build_array(
                jsonb_build_object('owner', source_owner, 'name', source_name, 'version', 1, 'agent', source)) end,
              published, updated
            from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::int4[], $6::text[], $7::text[], $8::uuid[], $9::timestamptz[],
              $10::timestamptz[]) as given (workspace, id, name, title, version, source_owner, source_name, source, published, updated)
            """,
            agents.map(\.owner.workspace), agents.map(\.id), agents.map(\.name), agents.map(\.title), agents.map { Int32($0.versions) },
            sources.map { $0?.owner.slug }, sources.map { $0?.name }, sources.map { $0?.id }, agents.map(\.publishedAt), agents.map(\.updatedAt))
    }

    /// After ``submitAgents(_:sources:in:)``, of the same agents.
    static func submitListings(_ agents: [DirectoryBenchAgent], in transaction: PostgresTransaction) throws {
        let documents = try agents.map { try $0.document(version: $0.versions) }
        transaction.submit(
            """
            -- listings of a bench
            insert into published_agents (owner, name, listing_id, workspace_id, agent_id, version, semantic_version, digest, shape, display_name,
              summary, topics, plugins, character, forked_from_owner, forked_from_name, forked_from_version, forked_from_agent, lineage, status,
              status_reason, status_changed_at, published_at, updated_at, released_at)
            select g.owner, a.name, g.listing, a.workspace_id, a.id, a.version, g.semantic, sha256(convert_to(g.character::text, 'UTF8')), 'v1',
              a.display_name, g.summary, string_to_array(g.topics, ','),
              (select coalesce(jsonb_agg(jsonb_build_object('name', plugin)), '[]') from unnest(string_to_array(g.plugins, ',')) as plugin),
              g.character, a.forked_from_owner, a.forked_from_name, a.forked_from_version, a.forked_from_agent, a.lineage, g.status,
              case when g.status <> 'active' then 'A reason of some words.' end, case when g.status <> 'active' then a.updated_at end,
              a.created_at, a.updated_at, a.updated_at
            from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::jsonb[], $10::text[])
                as g (workspace, agent, owner, listing, semantic, summary, topics, plugins, character, status)
              join agents a on a.workspace_id = g.workspace and a.id = g.agent
            """,
            agents.map(\.owner.workspace), agents.map(\.id), agents.map(\.owner.slug), agents.map(\.listing),
            agents.map { DirectoryBenchAgent.semanticVersion($0.versions).description }, agents.map(\.summary),
            agents.map { $0.topics.joined(separator: ",") }, agents.map { $0.plugins.joined(separator: ",") }, documents,
            agents.map(\.status.rawValue))
    }

    /// A version of an agent as it was published.
    struct Version: Sendable {
        let id: UUID
        let agent: DirectoryBenchAgent
        let number: Int
        let publishedAt: Date
    }

    /// After ``submitAgents(_:sources:in:)``, of the same agents.
    static func submitVersions(_ versions: [Version], in transaction: PostgresTransaction) throws {
        let words = versions.map { DirectoryBenchAgent.semanticVersion($0.number) }
        transaction.submit(
            """
            -- published versions of a bench
            insert into published_versions (workspace_id, id, agent_id, version, precedence, prerelease, number, publisher, digest, shape, character,
              changelog, published_at)
            select workspace, id, agent, version, precedence, false, number, publisher, sha256(convert_to(character::text, 'UTF8')), 'v1', character,
              'Some words about what is new.', published
            from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::int4[], $7::text[], $8::jsonb[], $9::timestamptz[])
              as given (workspace, id, agent, version, precedence, number, publisher, character, published)
            """,
            versions.map(\.agent.owner.workspace), versions.map(\.id), versions.map(\.agent.id), words.map(\.description), words.map(\.precedence),
            versions.map { Int32($0.number) }, versions.map(\.agent.owner.slug), try versions.map { try $0.agent.document(version: $0.number) },
            versions.map(\.publishedAt))
    }

    /// Counts forks that there are no rows for. As the owner of the tables: the server writes none of these counts.
    static func addForks(_ agents: [DirectoryBenchAgent], in session: some PostgresSession) async throws {
        try await session.execute(
            """
            -- forks of a bench's agents
            update fork_counts c set forks = c.forks + given.forks
            from unnest($1::uuid[], $2::int8[]) as given (agent, forks) where c.agent_id = given.agent
            """, agents.map(\.id), agents.map(\.forks))
    }

    /// Statistics, and no row that is new to the visibility map: as a directory is that has been there for an hour. As the
    /// owner of the tables.
    static func settle(_ pool: PostgresPool) async throws {
        try await pool.runOutsideTransaction(
            """
            -- settle the directory of a bench
            vacuum (analyze) workspaces, agents, published_agents, published_versions, fork_counts, listing_index, name_words
            """, timeout: .seconds(900))
    }
}
