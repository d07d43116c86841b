import Foundation
import Postgres
import TestSupport
import Web

@testable import Directory

extension DirectoryFixture {
    /// Lists so many without agents behind them, for hundreds take too long to publish. They are older than what a test publishes, and the
    /// later the higher their number.
    /// - Parameters: expressions of SQL, in which `n` counts from 1.
    func list(
        _ count: Int, name: String = "'agent-' || n", title: String = "'Agent ' || n", summary: String = "'x'", topics: String = "'{}'::text[]"
    ) async throws {
        _ = try await database.psql(
            """
            alter table published_agents drop constraint if exists published_agents_workspace_id_agent_id_fkey;
            insert into published_agents (owner, name, listing_id, workspace_id, agent_id, version, digest, shape, display_name, summary, topics,
              character)
            select 'acme', \(name), uuid_v7_floor(timestamptz '2020-01-01' + n * interval '1 minute'), '\(acme)', gen_random_uuid(), 1,
              sha256('x'), 'v1', \(title), \(summary), \(topics), '{}'
            from generate_series(1, \(count)) n;
            """)
    }

    /// A page of a search as the API asks for it.
    func find(
        _ query: String, after cursor: SearchCursor? = nil, limit: Int = 200, bounds: SearchBounds = .standard
    ) async throws -> [FoundListing] {
        let search = try DirectorySearch(Query(query))
        return try await pool.transaction(.unscoped) { transaction in
            DirectoryStore.prepareSearch(in: transaction)
            let words = try await DirectoryStore.sought(search, bounds: bounds, in: transaction)
            return try await DirectoryStore.search(search, words: words, after: cursor, limit: limit, bounds: bounds, in: transaction)
        }
    }

    /// The names of all pages, as they come.
    func findAll(_ query: String, limit: Int = 200, bounds: SearchBounds = .standard) async throws -> [String] {
        var names: [String] = []
        var cursor: SearchCursor?
        repeat {
            let page = try await find(query, after: cursor, limit: limit, bounds: bounds)
            names += page.map(\.listing.name)
            cursor = page.last?.cursor
        } while cursor != nil && names.count < 5000
        return names
    }

    func facets(_ query: String, bounds: SearchBounds = .standard) async throws -> SearchFacets {
        let search = try DirectorySearch(Query(query))
        return try await pool.transaction(.unscoped) { transaction in
            DirectoryStore.prepareSearch(in: transaction)
            let words = try await DirectoryStore.sought(search, bounds: bounds, in: transaction)
            return try await DirectoryStore.facets(search, words: words, bounds: bounds, in: transaction)
        }
    }
}
