import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import Web
import Workspaces

/// The list of agents, and an owner's.
extension DirectoryPages {
    func agents(_ request: Request, _ context: AppContext) async throws -> KeptBody {
        let address = AgentsAddress(try Query(request))
        let search = address.search
        let cursor = try search.place(try address.cursor.map { try Cursor.decode($0, as: SearchCursor.self) })
        let page = try await pool.transaction(.unscoped) { transaction in
            try await read(address, search, after: cursor, in: transaction)
        }
        // What is found by words is not worth keeping in search engines, and an endless number of pages.
        let isUnlisted = address.words != nil || address.cursor != nil
        let base = site.base(for: request)
        let head = PageHead(
            title: page.title,
            preview: .init(title: page.title, description: "Published agents that anyone may read and fork.", address: base + address.text),
            canonical: isUnlisted ? nil : base + address.text, isUnlisted: isUnlisted)
        return kept(.agents, head, page.values)
    }

    private func read(
        _ address: AgentsAddress, _ search: DirectorySearch, after cursor: SearchCursor?, in transaction: PostgresTransaction
    ) async throws -> AgentsPage {
        DirectoryStore.prepareSearch(in: transaction)
        let sought = try await DirectoryStore.sought(search, in: transaction)
        let rows = try await DirectoryStore.search(search, words: sought, after: cursor, limit: Self.cards + 1, in: transaction)
        let found = Array(rows.prefix(Self.cards))
        let counts = try await facets.facets(of: address) { try await DirectoryStore.facets(search, words: sought, in: transaction) }
        var suggestions: [NearListing] = []
        if found.isEmpty, let words = search.words { suggestions = try await PageStore.nearest(to: words.text, in: transaction) }
        let named = Array(Set(found.flatMap(\.listing.plugins)))
        return AgentsPage(
            address: address, sort: search.sort, found: found,
            nextCursor: rows.count > Self.cards ? try found.last.map { try Cursor.encode($0.cursor) } : nil, facets: counts,
            marks: try await PageStore.marks(of: found.map(\.listing.id), in: transaction),
            advice: try await advice(on: named, in: transaction), suggestions: suggestions)
    }

    /// An owner has no page beside the list of its agents.
    func owner(_ request: Request, _ context: AppContext) async throws -> Response {
        .redirect(to: AgentsAddress.owner(try context.pathText("owner")).text)
    }

    /// What to say of plugins: two statements, however many they are.
    func advice(on plugins: [PluginReference], in transaction: PostgresTransaction) async throws -> [PluginReference: PluginAdvice] {
        let advice = try await PluginStore.advice(for: plugins, core: core, in: transaction)
        return Dictionary(advice.map { ($0.reference, $0) }, uniquingKeysWith: { first, _ in first })
    }
}
