import Foundation
import Postgres
import Workspaces

extension DirectoryStore {
    /// What the relevance of a listing is made of, before it is halved for a deprecated one:
    ///
    /// | weight | what |
    /// |---|---|
    /// | 1 | where the words stand and how often, from 0 to 1: owner, name and title count 1, topics 0.4, summary 0.2, plugins 0.1 |
    /// | 1 | the name, but for hyphens and letters that look alike, or the title is what was typed |
    /// | 0.5 | how like the name is, from 0 to 1, where words were taken for typos |
    /// | 0.1 | the natural logarithm of 1 + forks: 10 forks are 0.24, 1,000 are 0.69 |
    /// | 0.05 | years from 2020 to its last change. Not the time until now: so the order of two listings does not change while pages are read |
    ///
    /// Everything that fits is ranked, up to ``SearchBounds/ranked``, but for what is frequent among very many listings. Of that, and of
    /// more, these are: as many of them as that, or those of the newest listings where what is asked for is frequent; those of the newest
    /// and of the most forked listings; and those that are called so.
    static func mostRelevant(
        _ search: DirectorySearch, _ words: SoughtWords, after cursor: SearchCursor?, limit: Int, bounds: SearchBounds,
        in transaction: PostgresTransaction
    ) async throws -> [FoundListing] {
        // With filters, which index is best hangs on their values.
        if search.hasFilters { planEachTime(in: transaction) } else { planOnce(in: transaction) }
        return try await transaction.query(
            """
            -- search directory by relevance
            with asked as materialized (
              select $1::text::tsquery as query, regexp_replace($1::text, '<(-|[0-9]+)>', '&', 'g')::tsquery as loosely, directory_query($2) as typed,
                folded_agent_name(regexp_replace(lower($2), '[[:space:]]', '', 'g')) as folded,
                case when $3::text is null and $1::text not like '%<%' then $15::int8 else $16::int8 end as most,
                (select reltuples < $18::int8 from pg_class where oid = 'listing_index'::regclass) as is_small
            ), newest as materialized (
              select l.listing_id, l.status, l.updated_at, l.folded_name, l.title, l.search_name, l.search,
                l.search @@ (select query from asked) as is_match
              from (select * from listing_index order by listing_id desc limit $12) as l
              where l.search @@ (select loosely from asked)
                and listing_fits(l.tags, l.plugin_names, l.owner, l.status, l.updated_at, $4, $5, $6, $7, $8)
                and ($19::boolean is null or l.is_verified = $19)
            ), way as materialized (
              select (select count(*) from newest) >= $13 and (select count(*) from newest where is_match) >= $14 as is_frequent
            ), by_index as materialized (
              select l.listing_id, l.status, l.updated_at, l.folded_name, l.title, l.search_name, l.search from listing_index l
              where (not (select is_frequent from way) or (select is_small from asked))
                and l.search @@ $1::text::tsquery
                and listing_fits(l.tags, l.plugin_names, l.owner, l.status, l.updated_at, $4, $5, $6, $7, $8)
                and ($19::boolean is null or l.is_verified = $19)
              limit (select most from asked)
            ), too_many as materialized (
              select (select count(*) from by_index) = (select most from asked)
                or (select count(*) from newest) >= $13 and not (select is_small from asked) as are_there
            ), most_forked as materialized (
              select l.listing_id, l.status, l.updated_at, l.folded_name, l.title, l.search_name, l.search
              from (select listing_id from fork_counts where listing_id is not null order by forks desc, listing_id desc limit $17) as c
                cross join lateral (select * from listing_index i where i.listing_id = c.listing_id offset 0) as l
              where (select are_there from too_many) and l.search @@ (select query from asked)
                and listing_fits(l.tags, l.plugin_names, l.owner, l.status, l.updated_at, $4, $5, $6, $7, $8)
                and ($19::boolean is null or l.is_verified = $19)
            ), called_so as materialized (
              select l.listing_id, l.status, l.updated_at, l.folded_name, l.title, l.search_name, l.search from listing_index l
              where (select are_there from too_many) and (l.folded_name = (select folded from asked) or l.title = lower($2))
                and l.search @@ (select query from asked)
                and listing_fits(l.tags, l.plugin_names, l.owner, l.status, l.updated_at, $4, $5, $6, $7, $8)
                and ($19::boolean is null or l.is_verified = $19)
              limit 100
            ), found as (
              select l.*, (select c.forks from fork_counts c where c.listing_id = l.listing_id) as forks from (
                select * from by_index where not (select is_frequent from way) or (select count(*) from by_index) < (select most from asked)
                union all
                select * from (
                  select listing_id, status, updated_at, folded_name, title, search_name, search from newest
                  where is_match and (select are_there from too_many) limit (select most from asked)) as of_newest
                union all
                select * from most_forked
                union all
                select * from called_so
              ) as l offset 0
            ), ranked as materialized (
              select distinct on (f.listing_id) f.listing_id, f.forks, (1000000 * case f.status when 'deprecated' then 0.5 else 1 end * (
                  ts_rank('{0.1, 0.2, 0.4, 1.0}', f.search, (select typed from asked), 32)
                  + case when f.folded_name = (select folded from asked) or f.title = lower($2) then 1 else 0 end
                  + case when $3::text is not null then 0.5 * word_similarity($3, f.search_name) else 0 end
                  + 0.1 * ln(1 + f.forks)
                  + 0.05 * extract(epoch from f.updated_at - timestamptz '2020-01-01 00:00:00Z') / 31557600
                ))::int8 as place
              from found f order by f.listing_id
            ), page as (
              select listing_id, forks, place from ranked
              where $9::int8 is null or (place, listing_id) < ($9, $10::uuid)
              order by place desc, listing_id desc limit $11
            )
            select p.listing_id, p.owner, p.name, p.agent_id, p.version, p.semantic_version, p.digest, p.shape, p.display_name, p.summary, p.topics,
              p.plugins, p.secret_places, p.forked_from_owner, p.forked_from_name, p.forked_from_version, p.forked_from_agent, p.lineage, p.status,
              p.status_reason, p.status_changed_at, p.published_at, p.updated_at, resembled_agent(p.resembles, p.display_name) as resembles,
              m.name as maintainer_name, m.site as maintainer_site, m.verified_at as maintainer_verified_at,
              page.forks, page.place
            from page join published_agents p on p.listing_id = page.listing_id
              left join owner_verifications m on m.workspace_id = p.workspace_id and m.withdrawn_at is null
            order by page.place desc, page.listing_id desc
            """, words.query, words.typed, words.likeness, search.tag, search.plugin, search.owner, search.status?.rawValue, search.updatedSince,
            cursor?.value, cursor?.id, limit, bounds.sample, bounds.frequent, bounds.scarce, bounds.ranked, bounds.rankedDearly, bounds.mostForked,
            bounds.small, search.isVerified
        ).map { try FoundListing($0, sort: .relevance) }
    }
}
