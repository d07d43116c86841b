import Foundation
import Postgres

extension DirectoryStore {
    /// Counts of tags, plugins, owners, statuses and verified owners over results: over all of them, or some where there are many (``SearchFacets/isCut``).
    static func facets(
        _ search: DirectorySearch, words: SoughtWords?, bounds: SearchBounds = .standard, in transaction: PostgresTransaction
    ) async throws -> SearchFacets {
        if words == nil || search.hasFilters { planEachTime(in: transaction) } else { planOnce(in: transaction) }
        let rows = try await transaction.query(
            """
            -- facets of a search
            with asked as materialized (
              select $1::text::tsquery as query, regexp_replace($1::text, '<(-|[0-9]+)>', '&', 'g')::tsquery as loosely
            ), newest as materialized (
              select l.owner, l.status, l.tags, l.plugin_names, l.is_verified, $1::text is null or l.search @@ (select query from asked) as is_match
              from (select * from listing_index order by listing_id desc limit $7) as l
              where ($1::text is null or l.search @@ (select loosely from asked))
                and listing_fits(l.tags, l.plugin_names, l.owner, l.status, l.updated_at, $2, $3, $4, $5, $6)
                and ($12::boolean is null or l.is_verified = $12)
            ), way as materialized (
              select (select count(*) from newest) < $8 or (select count(*) from newest where is_match) < $9 as is_by_index
            ), matches as materialized (
              select * from (
                select l.owner, l.status, l.tags, l.plugin_names, l.is_verified from listing_index l
                where (select is_by_index from way) and l.search @@ $1::text::tsquery
                  and listing_fits(l.tags, l.plugin_names, l.owner, l.status, l.updated_at, $2, $3, $4, $5, $6)
                  and ($12::boolean is null or l.is_verified = $12)
                limit $10) as by_words
              union all
              select * from (
                select l.owner, l.status, l.tags, l.plugin_names, l.is_verified from listing_index l
                where (select is_by_index from way) and $1::text is null
                  and listing_fits(l.tags, l.plugin_names, l.owner, l.status, l.updated_at, $2, $3, $4, $5, $6)
                  and ($12::boolean is null or l.is_verified = $12)
                limit $10) as by_filters
              union all
              select * from (
                select owner, status, tags, plugin_names, is_verified from newest where not (select is_by_index from way) and is_match limit $10) as of_newest
            ), counted as (
              select 'tag' as facet, value, count(*) as count from (select unnest(tags) as value from matches) as each_tag group by value
              union all
              select 'plugin', value, count(*) from (select unnest(plugin_names) as value from matches) as each_plugin group by value
              union all
              select 'owner', owner, count(*) from matches group by owner
              union all
              select 'status', status, count(*) from matches group by status
              union all
              select 'verified', 'true', count(*) from matches where is_verified having count(*) > 0
            )
            select facet, value, count from (
              select facet, value, count, row_number() over (partition by facet order by count desc, value collate "C") as place from counted
            ) as placed where place <= $11
            union all
            select 'matches', '', (select count(*) from matches)
            union all
            select 'unseen', '', case
              when (select count(*) from matches) = $10 then 1
              when (select is_by_index from way) then 0
              else (select count(*) from (select 1 from listing_index limit 1 offset $7) as beyond)
            end
            order by facet, count desc, value
            """, words?.query, search.tag, search.plugin, search.owner, search.status?.rawValue, search.updatedSince, bounds.sample,
            bounds.frequent, bounds.scarce, bounds.counted, SearchFacets.maximumValues, search.isVerified)
        var facets = SearchFacets()
        for row in rows {
            let count = SearchFacets.Count(value: try row.decode("value"), count: try row.decode("count"))
            switch try row.decode("facet", as: String.self) {
            case "tag": facets.tags.append(count)
            case "plugin": facets.plugins.append(count)
            case "owner": facets.owners.append(count)
            case "status": facets.statuses.append(count)
            case "verified": facets.verified = count.count
            case "unseen": facets.isCut = count.count > 0
            default: facets.matches = count.count
            }
        }
        return facets
    }
}
