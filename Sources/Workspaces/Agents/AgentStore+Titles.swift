import Foundation
import Postgres

/// Titles of listings, which may be had by many.
extension AgentStore {
    /// Listings with one title that are looked at, the oldest ones.
    static let maximumLikeTitles = 100

    /// Other owners' listings that had a title before an agent has it, the oldest first, without those that are marked as having another's.
    ///
    /// The agent has it since its listing does, or any listing of its workspace that is not marked; else it takes it now. No lock is held:
    /// whoever takes the title at the same moment had it no longer, and a mark is read with what it names, which may go at any time.
    static func likeTitles(
        _ title: String, of agent: UUID, workspace: UUID, in transaction: PostgresTransaction
    ) async throws -> [LikeTitle] {
        try await transaction.query(
            """
            -- listings with a title
            with own as materialized (
              select least(
                mainstay_now(),
                (select coalesce(p.titled_at, p.published_at) from published_agents p
                where p.workspace_id = $1 and p.agent_id = $2 and folded_title(p.display_name) = folded_title($3)),
                (select coalesce(p.titled_at, p.published_at) from published_agents p
                where folded_title(p.display_name) = folded_title($3) and p.status in ('active', 'deprecated') and not p.is_withdrawn
                  and p.resembles is null and p.workspace_id = $1
                order by coalesce(p.titled_at, p.published_at), p.listing_id limit 1)) as since
            )
            select l.listing_id, l.agent_id, l.owner, l.name, coalesce(c.forks, 0) as forks, extract(epoch from own.since - l.since)::float8 as lead
            from own cross join lateral (
              select p.listing_id, p.agent_id, p.owner, p.name, coalesce(p.titled_at, p.published_at) as since from published_agents p
              where folded_title(p.display_name) = folded_title($3) and p.status in ('active', 'deprecated') and not p.is_withdrawn
                and p.resembles is null and p.workspace_id <> $1 and coalesce(p.titled_at, p.published_at) < own.since
              order by coalesce(p.titled_at, p.published_at), p.listing_id limit $4
            ) as l left join fork_counts c on c.agent_id = l.agent_id
            order by l.since, l.listing_id
            """, workspace, agent, title, maximumLikeTitles
        ).map { row in
            LikeTitle(
                listing: try row.decode("listing_id"), agent: try row.decode("agent_id"), owner: try row.decode("owner"),
                name: try row.decode("name"), forks: try row.decode("forks"), lead: try row.decode("lead"))
        }
    }
}
