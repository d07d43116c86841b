import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Postgres
import Web
import Workspaces

/// The directory for programs that look in now and then: feed readers, search engines, other agents.
struct FeedRoutes: Sendable {
    let pool: PostgresPool
    let site: PublicSite
    /// Pages in one list of the sitemap.
    var listLength = Sitemap.maximumEntries
    var shelf = SitemapShelf()

    /// Mounts and describes `/directory.atom`, `/sitemap.xml`, `/sitemap-plugins.xml` and `/agents/{owner}/{name}/.well-known/agent-card.json`.
    func mount(in routes: inout APIRoutes) {
        routes.onOpen(Self.feed, use: feed)
        routes.onOpen(Self.sitemap, use: sitemap)
        routes.onOpen(Self.pluginSitemap, use: pluginSitemap)
        routes.onOpen(Self.card, use: card)
    }

    private func feed(_ request: Request, _ context: AppContext) async throws -> KeptBody {
        let entries = try await pool.transaction(.unscoped) { try await DirectoryStore.latest(AtomFeed.maximumEntries, in: $0) }
        return KeptBody(
            bytes: AtomFeed(entries: entries, base: site.base(for: request)).bytes(), contentType: AtomFeed.contentType, maxAge: .seconds(60))
    }

    private func sitemap(_ request: Request, _ context: AppContext) async throws -> KeptBody {
        let after = try Query(request).uuid("after")
        let base = site.base(for: request)
        let question = SitemapShelf.Question(base: base, after: after?.lowercased)
        let bytes = try await pool.transaction(.unscoped) { transaction in
            // Before all else: what is written meanwhile has another one.
            let revision = try await DirectoryStore.revision(in: transaction)
            if let kept = shelf.find(question, revision: revision) { return kept }
            let made = try await sitemap(after: after, base: base, in: transaction)
            shelf.keep(made, for: question, revision: revision)
            return made
        }
        return KeptBody(bytes: bytes, contentType: Sitemap.contentType, maxAge: .seconds(3600))
    }

    /// - Throws: 404 for a list that begins behind nothing that is listed.
    private func sitemap(after: UUID?, base: String, in transaction: PostgresTransaction) async throws -> [UInt8] {
        if let after, after != Sitemap.start {
            guard try await DirectoryStore.isListed(after, in: transaction) else {
                throw Problem.notFound("No list of the sitemap begins here. `/sitemap.xml` has those that there are.")
            }
        }
        if after == nil {
            let ends = try await DirectoryStore.listEnds(every: listLength, in: transaction)
            if !ends.isEmpty { return Sitemap.index(ends: ends, base: base) }
        }
        let entries = try await DirectoryStore.list(after: after ?? Sitemap.start, limit: listLength, in: transaction)
        return Sitemap.list(entries, base: base)
    }

    private func card(_ request: Request, _ context: AppContext) async throws -> Response {
        let address = try ListingGate.Address(request, context, root: "/agents", owner: "owner")
        let place = address.place
        let found = try await pool.transaction(.unscoped) { transaction in
            try await ListingGate.find(place, in: transaction) { standing in
                try ListingGate.requireOpen(standing, for: "used")
                guard let published = try await DirectoryStore.find(owner: place.owner, name: place.name, in: transaction) else {
                    throw ListingGate.unknown
                }
                return published.listing
            }
        }
        switch found {
        case .moved(let place): return address.redirect(to: place)
        case .here(let listing):
            return try KeptBody(AgentCard(listing, base: site.base(for: request)), maxAge: .seconds(60)).response(from: request, context: context)
        }
    }

    // MARK: Descriptions

    static let feed = APIOperation(
        .get, "/directory.atom", summary: "What was published last, as Atom",
        description: """
            New agents and new versions. What else becomes of an agent, another name, another status or its return with its workspace, is in \
            `updated_since` of `/v1/directory` alone.
            """,
        tag: "Directory",
        answers: [
            .init(
                .ok, "The \(AtomFeed.maximumEntries) agents whose versions came last, the latest first.", schema: .string(),
                contentType: "application/atom+xml")
        ])

    static let sitemap = APIOperation(
        .get, "/sitemap.xml", summary: "The pages of all agents, for search engines", tag: "Directory",
        parameters: [.init("after", in: .query, "One list of the index that is answered without it.", schema: .uuid)],
        answers: [
            .init(
                .ok, "A list of pages; of more than \(Sitemap.maximumEntries) an index of lists.", schema: .string(), contentType: "application/xml")
        ], problems: [.notFound])

    static let card = APIOperation(
        .get, "/agents/{owner}/{name}/.well-known/agent-card.json", summary: "An agent's A2A card", tag: "Directory",
        parameters: [
            .init("owner", in: .path, "The slug of the workspace that published the agent."), .init("name", in: .path, "The agent's name."),
        ],
        answers: [
            .init(
                .ok, "The card.",
                schema: .named(
                    "AgentCard",
                    .object([
                        "name": .string(), "description": .string(), "version": .string(), "supportedInterfaces": .array(of: .map(of: .any)),
                        "capabilities": .map(of: .boolean), "securitySchemes": .map(of: .any), "securityRequirements": .array(of: .map(of: .any)),
                        "defaultInputModes": .array(of: .string()), "defaultOutputModes": .array(of: .string()),
                        "skills": .array(of: .map(of: .any)), "provider": .map(of: .string()), "documentationUrl": .string(format: "uri"),
                    ]))), .moved,
        ], problems: [.conflict, .gone])
}
