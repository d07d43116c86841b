import Foundation
import Postgres
import Workspaces

/// The SQL of the public pages beside that of search and versions. It reads the published copies and nothing else, so it needs no scope.
enum PageStore {
    // MARK: An agent

    /// An agent as its page shows it, whatever its status: one statement.
    /// - Returns: nil when nothing is published there.
    static func agent(_ place: ListingPlace, in session: some PostgresSession) async throws -> ShownAgent? {
        try await session.query(
            """
            -- agent on its page
            select p.listing_id, p.owner, p.name, p.agent_id, p.version, p.semantic_version, p.digest, p.shape, p.display_name, p.summary, p.topics,
              p.plugins, p.secret_places, p.forked_from_owner, p.forked_from_name, p.forked_from_version, p.forked_from_agent, p.lineage, p.status,
              p.status_reason, p.status_changed_at, p.published_at, p.updated_at, resembled_agent(p.resembles, p.display_name) as resembles,
              m.name as maintainer_name, m.site as maintainer_site, m.verified_at as maintainer_verified_at,
              coalesce(c.forks, 0) as forks, p.character,
              p.workspace_id, p.looks_like,
              exists (select 1 from published_versions v
                where v.workspace_id = p.workspace_id and v.agent_id = p.agent_id and v.number = p.version and v.publisher = p.owner) as is_owners,
              o.status as original_status, o.semantic_version as original_version,
              (select count(*) from published_versions v
                where v.workspace_id = o.workspace_id and v.agent_id = o.agent_id and v.number > p.forked_from_version)::int8 as behind
            from published_agents p
              left join fork_counts c on c.agent_id = p.agent_id
              left join published_agents o on o.agent_id = p.forked_from_agent and not o.is_withdrawn
              left join owner_verifications m on m.workspace_id = p.workspace_id and m.withdrawn_at is null
            where p.owner = $1 and p.name = $2 and not p.is_withdrawn
            """, place.owner, place.name
        ).first.map(ShownAgent.init)
    }

    // MARK: Lists

    /// What is to be said of listings beside what they say themselves.
    static func marks(of listings: [UUID], in session: some PostgresSession) async throws -> [UUID: ListingMark] {
        guard !listings.isEmpty else { return [:] }
        let rows = try await session.query(
            """
            -- marks of listings
            select p.listing_id, p.looks_like,
              exists (select 1 from published_versions v
                where v.workspace_id = p.workspace_id and v.agent_id = p.agent_id and v.number = p.version and v.publisher = p.owner) as is_owners
            from published_agents p where p.listing_id = any ($1::uuid[])
            """, listings)
        return try rows.reduce(into: [:]) { marks, row in
            marks[try row.decode("listing_id", as: UUID.self)] = try ListingMark(row)
        }
    }

    /// Listings whose names come nearest to what was typed, from farther than a search takes it for a typo: for whoever found nothing.
    static func nearest(to typed: String, in transaction: PostgresTransaction) async throws -> [NearListing] {
        DirectoryStore.planOnce(in: transaction)
        return try await transaction.query(
            """
            -- names nearest to what was typed
            with near as materialized (
              select distinct n.near
              from regexp_split_to_table(lower($1), '[^[:alnum:]]+') with ordinality as typed (word, number)
                cross join lateral near_name_words(typed.word, array[6, 8], 0.19, 4) as n
              where typed.number <= 3 and length(typed.word) between 5 and 64
            ), nearest as materialized (
              select l.listing_id, max(word_similarity($1, l.search_name)) as likeness
              from near cross join lateral (select * from listing_index i where i.search @@ directory_query(near.near) limit 20) as l
              group by l.listing_id order by likeness desc, l.listing_id desc limit 5
            )
            select p.owner, p.name, p.display_name from nearest join published_agents p on p.listing_id = nearest.listing_id
            order by nearest.likeness desc, nearest.listing_id desc
            """, typed
        ).map { row in
            NearListing(
                place: ListingPlace(owner: try row.decode("owner"), name: try row.decode("name")), title: try row.decode("display_name"))
        }
    }
}

/// What is to be said of a listing beside what it says itself.
struct ListingMark: Sendable, Equatable {
    /// Whether the version that is shown was published by the workspace that has the owner's name now.
    let isOwners: Bool
    /// `owner/name` of another owner's agent that the name could be taken for.
    let looksLike: String?

    /// Whether the page says "published by its owner". It does not of a name or title that passes for another owner's: there the other one
    /// is named.
    func isByOwner(_ listing: Listing) -> Bool { isOwners && looksLike == nil && listing.resembles == nil }
}

extension ListingMark {
    init(_ row: PostgresRow) throws {
        self.init(isOwners: try row.decode("is_owners"), looksLike: try row.decode("looks_like"))
    }
}

/// A listing that somebody may have meant.
struct NearListing: Sendable, Equatable {
    let place: ListingPlace
    let title: String
}

/// An agent as its page shows it.
struct ShownAgent: Sendable {
    let listing: Listing
    let character: JSONNode
    /// Whose it is, to find its versions by.
    let workspace: UUID
    let mark: ListingMark
    /// Of a fork whose original is listed still.
    let standing: ForkStanding?
}

extension ShownAgent {
    init(_ row: PostgresRow) throws {
        var standing: ForkStanding?
        if let status = try row.decode("original_status", as: String?.self).flatMap({ ListingStatus(rawValue: $0) }) {
            standing = ForkStanding(behind: try row.decode("behind"), latest: try row.version("original_version"), status: status)
        }
        self.init(
            listing: try Listing(row), character: try row.document("character"), workspace: try row.decode("workspace_id"),
            mark: try ListingMark(row), standing: standing)
    }
}
