import Foundation
import Postgres

/// Names that are public, or were.
extension AgentStore {
    /// Another owner's listed agents whose names come near this one, the nearest first: those that look the same before the others, and
    /// of those the most forked.
    static func likeNames(_ name: AgentName, outside workspace: UUID, in transaction: PostgresTransaction) async throws -> [LikeName] {
        // A transposition in five letters leaves a third of the trigrams.
        transaction.submit("-- look far for names\nselect set_config('pg_trgm.word_similarity_threshold', '0.3', true)")
        return try await transaction.query(
            """
            -- names like a new one
            select p.owner, p.name, coalesce(c.forks, 0) as forks, p.folded_name = folded_agent_name($2) as looks_same,
              similarity(p.name, $2)::float8 as similarity
            from published_agents p left join fork_counts c on c.agent_id = p.agent_id
            where p.workspace_id <> $1 and p.status in ('active', 'deprecated')
              and (p.folded_name = folded_agent_name($2) or $2 <% p.search_name)
            order by looks_same desc, case when p.folded_name = folded_agent_name($2) then c.forks end desc nulls last, similarity desc, p.listing_id
            limit 50
            """, workspace, name.text
        ).map { row in
            LikeName(
                owner: try row.decode("owner"), name: try row.decode("name"), forks: try row.decode("forks"), looksSame: try row.decode("looks_same"),
                similarity: try row.decode("similarity"))
        }
    }

    /// Names that were freed and look the same as this one.
    static func reservations(of name: AgentName, workspace: UUID, in session: some PostgresSession) async throws -> [NameReservation] {
        try await session.query(
            """
            -- reservations of a name
            select r.publisher_id = $1 as is_own, r.owner = w.slug and r.name = $2 as is_exact, r.barred, r.agent_id,
              exists (select 1 from published_agents p where p.workspace_id = r.publisher_id and p.agent_id = r.agent_id) as is_listed
            from reserved_names r, workspaces w
            where w.id = $1 and r.folded_name = folded_agent_name($2)
            """, workspace, name.text
        ).map { row in
            NameReservation(
                isOwn: try row.decode("is_own"), isExact: try row.decode("is_exact"), isBarred: try row.decode("barred"),
                agent: try row.decode("agent_id"), isListed: try row.decode("is_listed"))
        }
    }

    /// Gives an agent another name, and its public copy, which leaves a reservation behind.
    ///
    /// - Throws: `PostgresError` with SQLSTATE 23505 when an agent of the workspace has the name.
    static func rename(_ agent: UUID, to name: AgentName, looksLike: String?, workspace: UUID, in transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            "-- rename agent\nupdate agents set name = $3, updated_at = mainstay_now() where workspace_id = $1 and id = $2", workspace, agent,
            name.text)
        try await transaction.execute(
            """
            -- rename listing
            update published_agents set name = $3, looks_like = $4, updated_at = mainstay_now() where workspace_id = $1 and agent_id = $2
            """, workspace, agent, name.text, looksLike)
    }
}
