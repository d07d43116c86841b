import Foundation
import Postgres
import Web

/// What feeds are made of: open listings, in the order of an index.
extension DirectoryStore {
    /// Listings whose versions came last, the latest first. Another name, another status, and a return with its workspace are no news.
    static func latest(_ limit: Int, in session: some PostgresSession) async throws -> [AtomFeed.Entry] {
        try await session.query(
            """
            -- latest versions of the directory
            select listing_id, owner, name, display_name, summary, topics, published_at, released_at from published_agents
            where status in ('active', 'deprecated') and not is_withdrawn
            order by released_at desc, listing_id desc limit $1
            """, limit
        ).map { row in
            AtomFeed.Entry(
                id: try row.decode("listing_id"), owner: try row.decode("owner"), name: try row.decode("name"), title: try row.decode("display_name"),
                summary: try row.decode("summary"), topics: try row.decode("topics"), publishedAt: try row.decode("published_at"),
                releasedAt: try row.decode("released_at"))
        }
    }

    /// Where lists of so many listings end, whatever their status; the last list has no end of its own. Empty while one list holds
    /// all. It goes through the index of the counts alone.
    static func listEnds(every count: Int, in session: some PostgresSession) async throws -> [UUID] {
        try await session.query(
            """
            -- ends of the lists of the sitemap
            select listing_id from (
              select listing_id, row_number() over by_time as number, lead(listing_id) over by_time as following
              from fork_counts where listing_id is not null
              window by_time as (order by listing_id)
            ) as numbered
            where number % $1 = 0 and following is not null order by listing_id
            """, count
        ).map { try $0.decode("listing_id") }
    }

    /// A number that is another one after each change of a listing.
    static func revision(in session: some PostgresSession) async throws -> Int {
        guard let row = try await session.query("-- revision of the directory\nselect last_value from directory_revision").first else {
            throw PostgresError(.server, "the directory has no revision")
        }
        return try row.decode("last_value")
    }

    /// Whether a listing is listed, whatever its status.
    static func isListed(_ listing: UUID, in session: some PostgresSession) async throws -> Bool {
        try await !session.query("-- is it listed\nselect 1 from fork_counts where listing_id = $1", listing).isEmpty
    }

    /// The listings after one, in the order of their ids.
    static func list(after listing: UUID, limit: Int, in session: some PostgresSession) async throws -> [Sitemap.Entry] {
        try await session.query(
            """
            -- list of the sitemap
            select owner, name, updated_at from published_agents
            where listing_id > $1 and status in ('active', 'deprecated') and not is_withdrawn
            order by listing_id limit $2
            """, listing, limit
        ).map { row in
            let (owner, name) = (try row.decode("owner", as: String.self), try row.decode("name", as: String.self))
            return Sitemap.Entry(path: PageAddress.path("agents", owner, name), updatedAt: try row.decode("updated_at"))
        }
    }
}
