import Foundation
package import Postgres
import Workspaces

/// The SQL of the directory. It reads the published copies and nothing else, so it needs no scope.
package enum DirectoryStore {
    /// Listings that hold all of the words, newest first.
    /// - Parameter before: the last one of the page before.
    static func search(
        _ words: SearchWords, owner: String?, before: UUID?, limit: Int, in session: some PostgresSession
    ) async throws -> [Listing] {
        try await session.query(
            """
            -- search directory
            select listing_id, owner, name, agent_id, version, digest, shape, display_name, summary, topics, plugins, secret_places,
              forked_from_owner, forked_from_name, forked_from_version, forked_from_agent, published_at, updated_at
            from published_agents
            where ($1::text is null or owner = $1)
              and ($2::uuid is null or listing_id < $2)
              and lower(owner || ' ' || name || ' ' || display_name || ' ' || summary || ' ' || array_to_string(topics, ' ')) like all ($3::text[])
            order by listing_id desc limit $4
            """, owner, before, words.patterns, limit
        ).map(Listing.init)
    }

    /// Whether there is such a listing.
    static func exists(owner: String, name: String, in session: some PostgresSession) async throws -> Bool {
        try await !session.query("-- is it published\nselect 1 from published_agents where owner = $1 and name = $2", owner, name).isEmpty
    }

    /// One published agent with its character.
    package static func find(owner: String, name: String, in session: some PostgresSession) async throws -> PublishedCharacter? {
        try await session.query(
            """
            -- find published agent
            select listing_id, owner, name, agent_id, version, digest, shape, display_name, summary, topics, plugins, secret_places,
              forked_from_owner, forked_from_name, forked_from_version, forked_from_agent, published_at, updated_at, character
            from published_agents where owner = $1 and name = $2
            """, owner, name
        ).first.map { PublishedCharacter(listing: try Listing($0), character: try $0.document("character")) }
    }
}

extension Listing {
    init(_ row: PostgresRow) throws {
        self.init(
            id: try row.decode("listing_id"), owner: try row.decode("owner"), name: try row.decode("name"), agent: try row.decode("agent_id"),
            version: try row.decode("version"), digest: CharacterDigest(bytes: try row.decode("digest")), shape: try row.stored("shape"),
            displayName: try row.decode("display_name"), summary: try row.decode("summary"), topics: try row.decode("topics"),
            plugins: PluginReference.list(try row.document("plugins")), secretPlaces: try row.decode("secret_places"),
            forkedFrom: try ForkSource(row), publishedAt: try row.decode("published_at"), updatedAt: try row.decode("updated_at"))
    }
}
