import Foundation
import Postgres
import Workspaces

/// Searching. However many agents there are, a page costs about the same:
///
/// - a page begins at a key of its order (``SearchCursor``), and an index leads to it; nothing is counted off;
/// - to be ranked, at most 1,000 listings are taken: of more that fit the words, the 500 newest and the 500 most forked. Which are
///   those, indexes say;
/// - names are compared letter by letter only where the words find less than a page's worth (20).
extension DirectoryStore {
    /// Lets the planner see the values of every question, for which ways are good hangs on them, and keeps it from what pays for
    /// reports only: whole tables, hash tables of them, compiling, helpers. It rides with the first question.
    static func prepareSearch(in transaction: PostgresTransaction) {
        transaction.submit(
            """
            -- how to search
            select set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true), set_config('enable_seqscan', 'off', true),
              set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
              set_config('max_parallel_workers_per_gather', '0', true), set_config('pg_trgm.word_similarity_threshold', '0.3', true)
            """)
    }

    /// Listings whose names are like what was typed, where the words themselves are hardly found: so a typo finds the agent.
    static func alike(_ search: DirectorySearch, in session: some PostgresSession) async throws -> [UUID] {
        guard let words = search.words, let likeness = words.likeness else { return [] }
        return try await session.query(
            """
            -- names like a typo
            select listing_id from (
              select p.listing_id, word_similarity($7, p.search_name) as likeness
              from published_agents p
              where $7 <% p.search_name
                and (select count(*) from (
                  select 1 from published_agents w where w.search @@ directory_query($1) and w.status in ('active', 'deprecated') limit 20) as found) < 20
                and p.status in ('active', 'deprecated')
                and ($2::text is null or p.tags @> array[$2]) and ($3::text is null or p.plugin_names @> array[$3])
                and ($4::text is null or p.owner = $4) and ($5::text is null or p.status = $5)
                and ($6::timestamptz is null or p.updated_at >= $6)
              limit 1000
            ) as like_it
            order by likeness desc, listing_id desc limit 200
            """, words.text, search.tag, search.plugin, search.owner, search.status?.rawValue, search.updatedSince, likeness
        ).map { try $0.decode("listing_id") }
    }

    /// One page and a row more.
    /// - Parameter alike: what ``alike(_:in:)`` found.
    static func search(
        _ search: DirectorySearch, alike: [UUID], after cursor: SearchCursor?, limit: Int, in session: some PostgresSession
    ) async throws -> [FoundListing] {
        switch search.sort {
        case .relevance: try await mostRelevant(search, alike: alike, after: cursor, limit: limit, in: session)
        case .newest: try await newest(search, alike: alike, after: cursor, limit: limit, in: session)
        case .forks: try await mostForked(search, alike: alike, after: cursor, limit: limit, in: session)
        }
    }

    private static func newest(
        _ search: DirectorySearch, alike: [UUID], after cursor: SearchCursor?, limit: Int, in session: some PostgresSession
    ) async throws -> [FoundListing] {
        try await session.query(
            """
            -- search directory, newest first
            select p.listing_id, p.owner, p.name, p.agent_id, p.version, p.semantic_version, p.digest, p.shape, p.display_name, p.summary, p.topics,
              p.plugins, p.secret_places, p.forked_from_owner, p.forked_from_name, p.forked_from_version, p.forked_from_agent, p.lineage, p.status,
              p.status_reason, p.status_changed_at, p.published_at, p.updated_at, c.forks, 0::int8 as place
            from published_agents p join fork_counts c on c.listing_id = p.listing_id
            where ($1::text is null or p.search @@ directory_query($1) or p.listing_id = any ($2::uuid[])) and p.status in ('active', 'deprecated')
              and ($3::text is null or p.tags @> array[$3]) and ($4::text is null or p.plugin_names @> array[$4])
              and ($5::text is null or p.owner = $5) and ($6::text is null or p.status = $6)
              and ($7::timestamptz is null or p.updated_at >= $7)
              and ($8::uuid is null or p.listing_id < $8)
            order by p.listing_id desc limit $9
            """, search.words?.text, alike, search.tag, search.plugin, search.owner, search.status?.rawValue, search.updatedSince, cursor?.id, limit
        ).map { try FoundListing($0, sort: .newest) }
    }

    private static func mostForked(
        _ search: DirectorySearch, alike: [UUID], after cursor: SearchCursor?, limit: Int, in session: some PostgresSession
    ) async throws -> [FoundListing] {
        try await session.query(
            """
            -- search directory, most forked first
            select p.listing_id, p.owner, p.name, p.agent_id, p.version, p.semantic_version, p.digest, p.shape, p.display_name, p.summary, p.topics,
              p.plugins, p.secret_places, p.forked_from_owner, p.forked_from_name, p.forked_from_version, p.forked_from_agent, p.lineage, p.status,
              p.status_reason, p.status_changed_at, p.published_at, p.updated_at, c.forks, c.forks as place
            from fork_counts c join published_agents p on p.listing_id = c.listing_id
            where ($1::text is null or p.search @@ directory_query($1) or p.listing_id = any ($2::uuid[])) and p.status in ('active', 'deprecated')
              and ($3::text is null or p.tags @> array[$3]) and ($4::text is null or p.plugin_names @> array[$4])
              and ($5::text is null or p.owner = $5) and ($6::text is null or p.status = $6)
              and ($7::timestamptz is null or p.updated_at >= $7)
              and ($8::int8 is null or (c.forks, c.listing_id) < ($8, $9::uuid))
            order by c.forks desc, c.listing_id desc limit $10
            """, search.words?.text, alike, search.tag, search.plugin, search.owner, search.status?.rawValue, search.updatedSince, cursor?.value,
            cursor?.id, limit
        ).map { try FoundListing($0, sort: .forks) }
    }

    /// What the relevance of a listing is made of, before it is halved for a deprecated one:
    ///
    /// | weight | what |
    /// |---|---|
    /// | 1 | where the words stand and how often, from 0 to 1: owner, name and title count 1, topics 0.4, summary 0.2, plugins 0.1 |
    /// | 1 | the name or the title is exactly what was typed |
    /// | 0.5 | how like the name is, from 0 to 1, where names are compared letter by letter |
    /// | 0.1 | the natural logarithm of 1 + forks: 10 forks are 0.24, 1,000 are 0.69 |
    /// | 0.05 | years from 2020 to its last change. Not the time until now: so the order of two listings does not change while pages are read |
    private static func mostRelevant(
        _ search: DirectorySearch, alike: [UUID], after cursor: SearchCursor?, limit: Int, in session: some PostgresSession
    ) async throws -> [FoundListing] {
        try await session.query(
            """
            -- search directory by relevance
            with newest as materialized (
              select p.listing_id from published_agents p
              where (p.search @@ directory_query($1) or p.listing_id = any ($2::uuid[])) and p.status in ('active', 'deprecated')
                and ($3::text is null or p.tags @> array[$3]) and ($4::text is null or p.plugin_names @> array[$4])
                and ($5::text is null or p.owner = $5) and ($6::text is null or p.status = $6)
                and ($7::timestamptz is null or p.updated_at >= $7)
              order by p.listing_id desc limit 500
            ), most_forked as materialized (
              select p.listing_id from fork_counts c join published_agents p on p.listing_id = c.listing_id
              where (select count(*) from newest) = 500
                and (p.search @@ directory_query($1) or p.listing_id = any ($2::uuid[])) and p.status in ('active', 'deprecated')
                and ($3::text is null or p.tags @> array[$3]) and ($4::text is null or p.plugin_names @> array[$4])
                and ($5::text is null or p.owner = $5) and ($6::text is null or p.status = $6)
                and ($7::timestamptz is null or p.updated_at >= $7)
              order by c.forks desc, c.listing_id desc limit 500
            ), ranked as materialized (
              select p.listing_id, c.forks, (1000000 * case p.status when 'deprecated' then 0.5 else 1 end * (
                  ts_rank('{0.1, 0.2, 0.4, 1.0}', p.search, directory_query($1), 32)
                  + case when lower($1) in (p.name, lower(p.display_name)) then 1 else 0 end
                  + case when cardinality($2::uuid[]) > 0 then 0.5 * word_similarity($1, p.search_name) else 0 end
                  + 0.1 * ln(1 + c.forks)
                  + 0.05 * extract(epoch from p.updated_at - timestamptz '2020-01-01 00:00:00Z') / 31557600
                ))::int8 as place
              from (select listing_id from newest union select listing_id from most_forked) as found
                join published_agents p on p.listing_id = found.listing_id
                join fork_counts c on c.listing_id = found.listing_id
            ), page as (
              select listing_id, forks, place from ranked
              where $8::int8 is null or (place, listing_id) < ($8, $9::uuid)
              order by place desc, listing_id desc limit $10
            )
            select p.listing_id, p.owner, p.name, p.agent_id, p.version, p.semantic_version, p.digest, p.shape, p.display_name, p.summary, p.topics,
              p.plugins, p.secret_places, p.forked_from_owner, p.forked_from_name, p.forked_from_version, p.forked_from_agent, p.lineage, p.status,
              p.status_reason, p.status_changed_at, p.published_at, p.updated_at, page.forks, page.place
            from page join published_agents p on p.listing_id = page.listing_id
            order by page.place desc, page.listing_id desc
            """, search.words?.text, alike, search.tag, search.plugin, search.owner, search.status?.rawValue, search.updatedSince, cursor?.value,
            cursor?.id, limit
        ).map { try FoundListing($0, sort: .relevance) }
    }

    /// Counts of tags, plugins, owners and statuses over the newest results.
    static func facets(_ search: DirectorySearch, alike: [UUID], in session: some PostgresSession) async throws -> SearchFacets {
        let rows = try await session.query(
            """
            -- facets of a search
            with matches as materialized (
              select p.owner, p.status, p.tags, p.plugin_names from published_agents p
              where ($1::text is null or p.search @@ directory_query($1) or p.listing_id = any ($2::uuid[])) and p.status in ('active', 'deprecated')
                and ($3::text is null or p.tags @> array[$3]) and ($4::text is null or p.plugin_names @> array[$4])
                and ($5::text is null or p.owner = $5) and ($6::text is null or p.status = $6)
                and ($7::timestamptz is null or p.updated_at >= $7)
              order by p.listing_id desc limit $8
            ), counted as (
              select 'tag' as facet, value, count(*) as count from (select unnest(tags) as value from matches) as each_tag group by value
              union all
              select 'plugin', value, count(*) from (select unnest(plugin_names) as value from matches) as each_plugin group by value
              union all
              select 'owner', owner, count(*) from matches group by owner
              union all
              select 'status', status, count(*) from matches group by status
            ), placed as (
              select facet, value, count, row_number() over (partition by facet order by count desc, value) as place from counted
            )
            select facet, value, count from placed where place <= $9
            union all
            select 'matches', '', (select count(*) from matches)
            order by facet, count desc, value
            """, search.words?.text, alike, search.tag, search.plugin, search.owner, search.status?.rawValue, search.updatedSince,
            SearchFacets.maximumMatches, SearchFacets.maximumValues)
        var facets = SearchFacets()
        for row in rows {
            let count = SearchFacets.Count(value: try row.decode("value"), count: try row.decode("count"))
            switch try row.decode("facet", as: String.self) {
            case "tag": facets.tags.append(count)
            case "plugin": facets.plugins.append(count)
            case "owner": facets.owners.append(count)
            case "status": facets.statuses.append(count)
            default: facets.matches = count.count
            }
        }
        return facets
    }
}

extension FoundListing {
    init(_ row: PostgresRow, sort: DirectorySort) throws {
        let listing = try Listing(row)
        self.init(listing: listing, cursor: SearchCursor(sort: sort, value: try row.decode("place"), id: listing.id))
    }
}
