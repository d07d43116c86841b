import Foundation
import Postgres

/// Titles of listings, which may be had by many.
extension AgentStore {
    /// Listings with one title that are looked at, the oldest ones, of those with a mark and of those without.
    static let maximumLikeTitles = 100

    /// Other owners' listings that had a title before an agent has it, the oldest first, without those that are marked as having another's. A
    /// mark counts as long as that one is there and has the title, also while it is hidden, for it may come back; a removed one is gone.
    ///
    /// The agent has it since its listing does, or any listing of its workspace whose mark does not count; else it takes it now. No lock is
    /// held: whoever takes the title at the same moment had it no longer, and a mark is read with what it names, which may go at any time.
    static func likeTitles(
        _ title: String, of agent: UUID, workspace: UUID, in transaction: PostgresTransaction
    ) async throws -> [LikeTitle] {
        try await transaction.query(
            """
            -- listings with a title
            with lapsed as materialized (
              select m.listing_id, m.agent_id, m.workspace_id, m.owner, m.name, m.since
              from (
                select p.listing_id, p.agent_id, p.workspace_id, p.owner, p.name, p.resembles, coalesce(p.titled_at, p.published_at) as since
                from published_agents p
                where folded_title(p.display_name) = folded_title($3) and p.status in ('active', 'deprecated') and not p.is_withdrawn
                  and p.resembles is not null
                order by coalesce(p.titled_at, p.published_at), p.listing_id limit $4
              ) as m
              where not exists (
                select 1 from published_agents o
                where o.listing_id = m.resembles and o.status <> 'removed' and folded_title(o.display_name) = folded_title($3))
            ), own as materialized (
              select least(
                mainstay_now(),
                (select min(l.since) from lapsed l where l.workspace_id = $1),
                (select coalesce(p.titled_at, p.published_at) from published_agents p
                where p.workspace_id = $1 and p.agent_id = $2 and folded_title(p.display_name) = folded_title($3)),
                (select coalesce(p.titled_at, p.published_at) from published_agents p
                where folded_title(p.display_name) = folded_title($3) and p.status in ('active', 'deprecated') and not p.is_withdrawn
                  and p.resembles is null and p.workspace_id = $1
                order by coalesce(p.titled_at, p.published_at), p.listing_id limit 1)) as since
            )
            select l.listing_id, l.agent_id, l.owner, l.name, coalesce(c.forks, 0) as forks, extract(epoch from own.since - l.since)::float8 as lead
            from own cross join lateral (
              (select p.listing_id, p.agent_id, p.owner, p.name, coalesce(p.titled_at, p.published_at) as since from published_agents p
              where folded_title(p.display_name) = folded_title($3) and p.status in ('active', 'deprecated') and not p.is_withdrawn
                and p.resembles is null and p.workspace_id <> $1 and coalesce(p.titled_at, p.published_at) < own.since
              order by coalesce(p.titled_at, p.published_at), p.listing_id limit $4)
              union all
              select m.listing_id, m.agent_id, m.owner, m.name, m.since from lapsed m where m.workspace_id <> $1 and m.since < own.since
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
