import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import Web
import Workspaces

/// An agent, one of its versions, and what differs between two.
extension DirectoryPages {
    func agent(_ request: Request, _ context: AppContext) async throws -> Response {
        try await page(request, context, of: nil)
    }

    func version(_ request: Request, _ context: AppContext) async throws -> Response {
        guard let version = SemanticVersion(try context.pathText("version")) else { throw Self.noVersion }
        return try await page(request, context, of: version)
    }

    private func page(_ request: Request, _ context: AppContext, of version: SemanticVersion?) async throws -> Response {
        let address = try ListingGate.Address(request, context, root: "/agents", owner: "owner")
        let found = try await pool.transaction(.unscoped) { transaction in
            try await find(address.place, in: transaction) { try await read($0, version, in: transaction) }
        }
        switch found {
        case .moved(let place): return address.redirect(to: place)
        case .here(let page): return kept(.agent, head(of: page, request), page.values).response(from: request, context: context)
        }
    }

    /// As ``ListingGate/find(_:in:_:)``, by the one statement that the page is made of.
    private func find<Value: Sendable>(
        _ place: ListingPlace, in transaction: PostgresTransaction, _ read: (ShownAgent) async throws -> Value
    ) async throws -> ListingGate.Found<Value> {
        guard let shown = try await PageStore.agent(place, in: transaction) else {
            guard let moved = try await DirectoryStore.moved(owner: place.owner, name: place.name, in: transaction) else { throw ListingGate.unknown }
            return .moved(moved)
        }
        let listing = shown.listing
        if listing.status == .removed { throw listing.status.problem(reason: listing.statusReason, forbidding: "used") }
        return .here(try await read(shown))
    }

    private func read(_ shown: ShownAgent, _ version: SemanticVersion?, in transaction: PostgresTransaction) async throws -> AgentPage {
        let listing = shown.listing
        var document: PublishedDocument?
        if let version {
            if !listing.status.isOpen { throw listing.status.problem(reason: listing.statusReason, forbidding: "read") }
            document = try await DirectoryStore.version(version, of: listing.agent, workspace: shown.workspace, in: transaction)
            if document == nil { throw Self.noVersion }
        }
        let versions = try await DirectoryStore.versions(
            of: listing.agent, workspace: shown.workspace, before: nil, limit: Self.versions + 1, in: transaction)
        return AgentPage(
            shown: shown, document: document, versions: Array(versions.prefix(Self.versions)), hasMoreVersions: versions.count > Self.versions,
            advice: try await advice(on: AgentPage.plugins(shown, document), in: transaction))
    }

    private static let noVersion = Problem.notFound("The agent has no published version of this number.")

    private func head(of page: AgentPage, _ request: Request) -> PageHead {
        let listing = page.shown.listing
        let base = site.base(for: request)
        // What operators look into is not passed on.
        guard listing.status.isOpen else { return PageHead(title: page.title, isUnlisted: true) }
        let version = page.document?.version.version.description
        var path = PageAddress.path("agents", listing.owner, listing.name)
        if let version { path = PageAddress.path("agents", listing.owner, listing.name, "v", version) }
        let description = listing.summary.isEmpty ? "An agent that anyone may read and fork." : listing.summary
        return PageHead(
            title: page.title, preview: .init(title: page.title, description: description, address: base + path), canonical: base + path,
            linkedData: LinkedData(listing, version: page.version, base: base))
    }

    // MARK: Differences

    func difference(_ request: Request, _ context: AppContext) async throws -> Response {
        let address = try ListingGate.Address(request, context, root: "/agents", owner: "owner")
        let query = try Query(request)
        let found = try await pool.transaction(.unscoped) { transaction in
            try await ListingGate.find(address.place, in: transaction) { standing in
                try ListingGate.requireOpen(standing, for: "read")
                return try await compare(query["from"], query["to"], address.place, standing, in: transaction)
            }
        }
        switch found {
        case .moved(let place): return address.redirect(to: place)
        case .here(let page):
            let head = PageHead(title: page.title, isUnlisted: true)
            return kept(.difference, head, page.values).response(from: request, context: context)
        }
    }

    /// Without versions of the asker's choice it compares the two highest.
    private func compare(
        _ from: String?, _ to: String?, _ place: ListingPlace, _ standing: DirectoryStore.Standing, in transaction: PostgresTransaction
    ) async throws -> DifferencePage {
        let versions = try await DirectoryStore.versions(
            of: standing.agent, workspace: standing.workspace, before: nil, limit: 100, in: transaction)
        let older = try Self.version(from) ?? versions.dropFirst().first?.version
        let newer = try Self.version(to) ?? versions.first?.version
        guard let older, let newer else { return DifferencePage(place: place, versions: versions, compared: nil) }
        let first = try await DirectoryStore.version(older, of: standing.agent, workspace: standing.workspace, in: transaction)
        let second = try await DirectoryStore.version(newer, of: standing.agent, workspace: standing.workspace, in: transaction)
        guard let first, let second else { throw Self.noVersion }
        let difference = CharacterDiff(from: first.character, to: second.character)
        return DifferencePage(
            place: place, versions: versions, compared: .init(from: first.version.version, to: second.version.version, difference: difference))
    }

    private static func version(_ text: String?) throws -> SemanticVersion? {
        guard let text, !text.isEmpty else { return nil }
        guard let version = SemanticVersion(text) else { throw noVersion }
        return version
    }
}
