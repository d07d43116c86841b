import Foundation
import Postgres

/// Names that are public, or were.
extension AgentStore {
    /// Another owner's listed agents whose names come near this one, the nearest first: those that look the same before the others, and
    /// of those the most forked.
    static func likeNames(_ name: AgentName, outside workspace: UUID, in transaction: PostgresTransaction) async throws -> [LikeName] {
        // Planned for this name: whether its letters or its length are rarer hangs on it.
        transaction.submit(
            """
            -- look far for names
            select set_config('pg_trgm.similarity_threshold', $1, true), set_config('plan_cache_mode', 'force_custom_plan', true)
            """, "\(NameCheck.leastSimilarity(to: name.text))")
        return try await transaction.query(
            """
            -- names like a new one
            with alike as materialized (
              select listing_id, true as looks_same from listing_index where folded_name = folded_agent_name($2)
              union all
              (select listing_id, false from listing_index
              where folded_name % folded_agent_name($2) and folded_name <> folded_agent_name($2)
                and length(folded_name) between length(folded_agent_name($2)) / 2 - 1 and length(folded_agent_name($2)) * 2 + 2
              order by similarity(folded_name, folded_agent_name($2)) desc, listing_id limit 500)
            )
            select p.owner, p.name, coalesce(c.forks, 0) as forks, alike.looks_same, similarity(p.name, $2)::float8 as similarity
            from alike join published_agents p on p.listing_id = alike.listing_id left join fork_counts c on c.agent_id = p.agent_id
            where p.workspace_id <> $1
            order by alike.looks_same desc, case when alike.looks_same then c.forks end desc nulls last, similarity desc, p.listing_id
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
