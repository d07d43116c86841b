import Foundation
import Postgres
import Workspaces

/// Searching. However many agents there are, a page costs about the same:
///
/// - what a search looks at are the narrow rows of `listing_index`; the listings themselves are read for the page alone;
/// - a page begins at a key of its order (``SearchCursor``), and an index leads to it; nothing is counted off;
/// - what is frequent is found along the order of the list, within the next few hundred rows; what is not there is rare, and the index of
///   its words, tags or plugins has all of it. No way goes through all listings, whatever the planner takes for likely;
/// - of what fits the words, some hundred are ranked (``SearchBounds``).
extension DirectoryStore {
    /// Keeps the planner from what pays for reports only: whole tables, hash tables of them, compiling, helpers. It rides with the first
    /// question.
    static func prepareSearch(in transaction: PostgresTransaction) {
        transaction.submit(
            """
            -- how to search
            select set_config('jit', 'off', true), set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
              set_config('enable_mergejoin', 'off', true), set_config('max_parallel_workers_per_gather', '0', true)
            """)
    }

    /// For questions whose ways are good for any value: to plan them costs as much as to ask them.
    static func planOnce(in transaction: PostgresTransaction) {
        transaction.submit("-- plan once\nselect set_config('plan_cache_mode', 'force_generic_plan', true)")
    }

    /// For questions whose ways hang on the values.
    static func planEachTime(in transaction: PostgresTransaction) {
        transaction.submit("-- plan each time\nselect set_config('plan_cache_mode', 'force_custom_plan', true)")
    }

    /// One page and a row more.
    /// - Parameter words: of the search, as ``sought(_:bounds:in:)`` has them.
    static func search(
        _ search: DirectorySearch, words: SoughtWords?, after cursor: SearchCursor?, limit: Int, bounds: SearchBounds = .standard,
        in transaction: PostgresTransaction
    ) async throws -> [FoundListing] {
        switch (search.sort, words) {
        case (.relevance, let words?): try await mostRelevant(search, words, after: cursor, limit: limit, bounds: bounds, in: transaction)
        case (.forks, _): try await mostForked(search, words, after: cursor, limit: limit, bounds: bounds, in: transaction)
        // Relevance without words is refused before.
        case (.newest, _), (.relevance, nil): try await newest(search, words, after: cursor, limit: limit, bounds: bounds, in: transaction)
        }
    }

    private static func newest(
        _ search: DirectorySearch, _ words: SoughtWords?, after cursor: SearchCursor?, limit: Int, bounds: SearchBounds,
        in transaction: PostgresTransaction
    ) async throws -> [FoundListing] {
        planEachTime(in: transaction)
        return try await transaction.query(
            """
            -- search directory, newest first
            with ahead as materialized (
              select l.listing_id from (
                select * from listing_index where $7::uuid is null or listing_id < $7 order by listing_id desc limit $9) as l
              where ($1::text is null or l.search @@ $1::text::tsquery)
                and listing_fits(l.tags, l.plugin_names, l.owner, l.status, l.updated_at, $2, $3, $4, $5, $6)
                and ($10::boolean is null or l.is_verified = $10)
              limit $8
            ), rare as materialized (
              select l.listing_id from listing_index l
              where (select count(*) from ahead) < $8 and ($1::text is null or l.search @@ $1::text::tsquery)
                and listing_fits(l.tags, l.plugin_names, l.owner, l.status, l.updated_at, $2, $3, $4, $5, $6)
                and ($10::boolean is null or l.is_verified = $10) and ($7::uuid is null or l.listing_id < $7)
            ), page as (
              select listing_id from ahead where (select count(*) from ahead) = $8
              union all
              (select listing_id from rare order by listing_id desc limit $8)
            )
            select p.listing_id, p.owner, p.name, p.agent_id, p.version, p.semantic_version, p.digest, p.shape, p.display_name, p.summary, p.topics,
              p.plugins, p.secret_places, p.forked_from_owner, p.forked_from_name, p.forked_from_version, p.forked_from_agent, p.lineage, p.status,
              p.status_reason, p.status_changed_at, p.published_at, p.updated_at, resembled_agent(p.resembles, p.display_name) as resembles,
              m.name as maintainer_name, m.site as maintainer_site, m.verified_at as maintainer_verified_at,
              c.forks, 0::int8 as place
            from page join published_agents p on p.listing_id = page.listing_id join fork_counts c on c.listing_id = page.listing_id
              left join owner_verifications m on m.workspace_id = p.workspace_id and m.withdrawn_at is null
            order by page.listing_id desc
            """, words?.query, search.tag, search.plugin, search.owner, search.status?.rawValue, search.updatedSince, cursor?.id, limit,
            bounds.newestAhead, search.isVerified
        ).map { try FoundListing($0, sort: .newest) }
    }

    private static func mostForked(
        _ search: DirectorySearch, _ words: SoughtWords?, after cursor: SearchCursor?, limit: Int, bounds: SearchBounds,
        in transaction: PostgresTransaction
    ) async throws -> [FoundListing] {
        planEachTime(in: transaction)
        return try await transaction.query(
            """
            -- search directory, most forked first
            with ahead as materialized (
              select l.listing_id, c.forks from (
                select listing_id, forks from fork_counts
                where listing_id is not null and ($7::int8 is null or (forks, listing_id) < ($7, $8::uuid))
                order by forks desc, listing_id desc limit $10
              ) as c cross join lateral (select * from listing_index i where i.listing_id = c.listing_id offset 0) as l
              where ($1::text is null or l.search @@ $1::text::tsquery)
                and listing_fits(l.tags, l.plugin_names, l.owner, l.status, l.updated_at, $2, $3, $4, $5, $6)
                and ($11::boolean is null or l.is_verified = $11)
              limit $9
            ), rare as materialized (
              select l.listing_id from listing_index l
              where (select count(*) from ahead) < $9 and ($1::text is null or l.search @@ $1::text::tsquery)
                and listing_fits(l.tags, l.plugin_names, l.owner, l.status, l.updated_at, $2, $3, $4, $5, $6)
                and ($11::boolean is null or l.is_verified = $11)
            ), page as (
              select listing_id, forks from ahead where (select count(*) from ahead) = $9
              union all
              (select listing_id, forks from (
                select listing_id, (select c.forks from fork_counts c where c.listing_id = rare.listing_id) as forks from rare offset 0) as counted
              where $7::int8 is null or (forks, listing_id) < ($7, $8::uuid)
              order by forks desc, listing_id desc limit $9)
            )
            select p.listing_id, p.owner, p.name, p.agent_id, p.version, p.semantic_version, p.digest, p.shape, p.display_name, p.summary, p.topics,
              p.plugins, p.secret_places, p.forked_from_owner, p.forked_from_name, p.forked_from_version, p.forked_from_agent, p.lineage, p.status,
              p.status_reason, p.status_changed_at, p.published_at, p.updated_at, resembled_agent(p.resembles, p.display_name) as resembles,
              m.name as maintainer_name, m.site as maintainer_site, m.verified_at as maintainer_verified_at,
              page.forks, page.forks as place
            from page join published_agents p on p.listing_id = page.listing_id
              left join owner_verifications m on m.workspace_id = p.workspace_id and m.withdrawn_at is null
            order by page.forks desc, page.listing_id desc
            """, words?.query, search.tag, search.plugin, search.owner, search.status?.rawValue, search.updatedSince, cursor?.value, cursor?.id,
            limit, bounds.mostForkedAhead, search.isVerified
        ).map { try FoundListing($0, sort: .forks) }
    }
}

extension FoundListing {
    init(_ row: PostgresRow, sort: DirectorySort) throws {
        let listing = try Listing(row)
        self.init(listing: listing, cursor: SearchCursor(sort: sort, value: try row.decode("place"), id: listing.id))
    }
}
