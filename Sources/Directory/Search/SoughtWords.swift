import Postgres

/// What is looked for in the place of what somebody typed.
struct SoughtWords: Sendable, Equatable {
    let typed: String
    /// A question to the words of listings (`tsquery`): what was typed, and beside it what that may have been meant to be.
    let query: String
    /// What names are compared with letter by letter; nil where nothing was taken for a typo.
    let likeness: String?
}

extension DirectoryStore {
    /// Words that are hardly found are looked for in other forms as well, so that a typo finds the agent: a word stands for the words of
    /// names that are likest to it, and one that stands nowhere is passed over. Of the first four words, for each takes some milliseconds.
    /// - Returns: nil for a search without words.
    static func sought(
        _ search: DirectorySearch, bounds: SearchBounds = .standard, in transaction: PostgresTransaction
    ) async throws -> SoughtWords? {
        guard let words = search.words else { return nil }
        planOnce(in: transaction)
        let rows = try await transaction.query(
            """
            -- what to look for
            with asked as materialized (
              select directory_query($1) as query
            ), newest as materialized (
              select search from listing_index order by listing_id desc limit $3
            ), frequent as materialized (
              select 1 from newest where search @@ (select query from asked) limit $4
            ), rare as materialized (
              select 1 from listing_index where (select count(*) from frequent) < $4 and search @@ (select query from asked)
            ), hardly as materialized (
              select (select count(*) from frequent) < $4 and (select count(*) from (select from rare limit $4) as few) < $4 as found
            ), typed as materialized (
              select part.number, part.word, directory_query(part.word) as query
              from regexp_split_to_table(lower($2), '[^[:alnum:]]+') with ordinality as part (word, number)
              where $2::text is not null and (select found from hardly) and part.word <> ''
            ), counted as materialized (
              select typed.*, (select count(*) from (select 1 from newest where newest.search @@ typed.query limit 3) as few) as times from typed
            ), near as (
              select c.number, string_agg('(' || directory_query(n.near)::text || ')', ' | ') as queries
              from counted c cross join lateral near_name_words(c.word, array[3, 4], 0.3, 5) as n
              where c.number <= 4 and c.times < 3 and length(c.word) between 3 and 64
              group by c.number
            ), choices as (
              select c.number, near.queries is not null as is_corrected,
                concat_ws(' | ',
                  case when c.times > 0 or exists (select 1 from listing_index where search @@ c.query) then nullif(c.query::text, '') end,
                  near.queries) as queries
              from counted c left join near on near.number = c.number
            ), wider as (
              select string_agg('(' || queries || ')', ' & ' order by number) filter (where queries <> '') as query,
                coalesce(bool_or(is_corrected or queries = ''), false) as is_other
              from choices
            )
            select asked.query::text as query, case when wider.is_other then '(' || asked.query::text || ') | ' || wider.query end as wider
            from asked cross join wider
            """, words.text, words.likeness, bounds.sample, bounds.page)
        // One row, whatever is found.
        guard let row = rows.first else { return nil }
        if let wider = try row.decode("wider", as: String?.self) {
            return SoughtWords(typed: words.text, query: wider, likeness: words.likeness)
        }
        return SoughtWords(typed: words.text, query: try row.decode("query"), likeness: nil)
    }
}
