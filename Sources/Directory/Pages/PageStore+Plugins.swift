import Foundation
import Postgres
import Workspaces

/// How many listed agents name a plugin under one of its spellings.
struct PluginUse: Sendable, Equatable {
    let spelling: String
    /// Counted to ``most``.
    let agents: Int

    /// Anybody may ask, so nobody counts on without end.
    static let most = 10_000

    var isCut: Bool { agents > Self.most }
}

/// Who uses a plugin.
extension PageStore {
    /// Uses of each of these spellings, in their order, without those that nobody uses.
    static func uses(of spellings: [String], in session: some PostgresSession) async throws -> [PluginUse] {
        try await session.query(
            """
            -- agents by spelling of a plugin
            select given.spelling, (select count(*) from (
              select 1 from listing_index where plugin_names @> array[given.spelling] limit $2) as found) as agents
            from unnest($1::text[]) with ordinality as given (spelling, place) order by given.place
            """, spellings, PluginUse.most + 1
        ).map { PluginUse(spelling: try $0.decode("spelling"), agents: try $0.decode("agents")) }.filter { $0.agents > 0 }
    }

    /// Some listed agents that name a plugin, the most forked first: a search for each spelling, with the bounds that searches have.
    static func agents(using uses: [PluginUse], limit: Int, in transaction: PostgresTransaction) async throws -> [Listing] {
        guard !uses.isEmpty else { return [] }
        DirectoryStore.prepareSearch(in: transaction)
        var found: [Listing] = []
        for use in uses {
            var search = DirectorySearch()
            search.plugin = use.spelling
            search.sort = .forks
            let listings = try await DirectoryStore.search(search, words: nil, after: nil, limit: limit, in: transaction).map(\.listing)
            // An agent may name both.
            let others = listings.filter { listing in !found.contains { $0.id == listing.id } }
            found += others
        }
        // By the id where forks are equal, as searches do: else the same page would be another one each time.
        return Array(found.sorted { ($0.forks, $0.id.uuidString) > ($1.forks, $1.id.uuidString) }.prefix(limit))
    }
}
