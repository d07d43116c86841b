import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import Web
import Workspaces

/// The plugin registry, and a plugin.
extension DirectoryPages {
    /// Agents that a plugin's page names; a link leads to all.
    private static let users = 8

    func plugins(_ request: Request, _ context: AppContext) async throws -> KeptBody {
        let address = PluginsAddress(try Query(request))
        let last = try address.cursor.map { try Cursor.decode($0, as: String.self) }
        let page = try await pool.transaction(.unscoped) { transaction in
            try await readPlugins(address, after: last, in: transaction)
        }
        let isUnlisted = address.words != nil || address.cursor != nil
        let base = site.base(for: request)
        let head = PageHead(
            title: page.title, part: .plugins,
            preview: .init(
                title: page.title, description: "Plugins that agents name: whose they are, what they work with, and whether they are looked after.",
                address: base + address.text),
            canonical: isUnlisted ? nil : base + address.text, isUnlisted: isUnlisted)
        return kept(.registry, head, page.values)
    }

    private func readPlugins(
        _ address: PluginsAddress, after last: String?, in transaction: PostgresTransaction
    ) async throws -> PluginsPage {
        let rows = try await PluginStore.list(
            address.filter, order: address.order ?? .name, after: last, limit: Self.cards + 1, in: transaction)
        let found = Array(rows.prefix(Self.cards))
        return PluginsPage(
            address: address, found: found, releases: try await PluginStore.releases(of: found.map(\.record.name), in: transaction),
            nextCursor: rows.count > Self.cards ? try found.last.map { try Cursor.encode($0.record.name) } : nil,
            counts: try await PluginStore.counts(address.filter, in: transaction), core: core)
    }

    // MARK: A plugin

    func plugin(_ request: Request, _ context: AppContext) async throws -> Response {
        guard let name = PluginName(try context.pathText("name")) else { throw Self.noPlugin }
        let found = try await pool.transaction(.unscoped) { transaction in
            try await readPlugin(name, in: transaction)
        }
        guard let page = found else { throw Self.noPlugin }
        let path = PluginPage.address(of: page.plugin.record.name)
        // Under the ecosystem's other scope it is the same plugin, and one page.
        guard page.plugin.record.name == name.text else { return .redirect(to: path) }
        let address = site.base(for: request) + path
        let head = PageHead(
            title: page.title, part: .plugins, preview: .init(title: page.title, description: page.summary, address: address), canonical: address)
        return kept(.plugin, head, page.values).response(from: request, context: context)
    }

    private func readPlugin(_ name: PluginName, in transaction: PostgresTransaction) async throws -> PluginPage? {
        let found = try await PluginStore.find(name.spellings, in: transaction)
        guard let plugin = found.first(where: { $0.record.name == name.text }) ?? found.first else { return nil }
        let releases = try await PluginStore.releases(of: [plugin.record.name], in: transaction)
        let uses = try await PageStore.uses(of: PluginName(plugin.record.name)?.spellings ?? [], in: transaction)
        return PluginPage(
            plugin: plugin, releases: releases[plugin.record.name] ?? [], uses: uses,
            agents: try await PageStore.agents(using: uses, limit: Self.users, in: transaction), core: core)
    }

    /// A name with its slash as people type it: two segments of the path, which are one.
    func pluginInTwoParts(_ request: Request, _ context: AppContext) throws -> Response {
        let (scope, rest) = (try context.pathText("name"), try context.pathText("rest"))
        guard let name = PluginName("\(scope)/\(rest)") else { throw Self.noPlugin }
        return .redirect(to: PluginPage.address(of: name.text))
    }

    private static let noPlugin = Problem.notFound("The registry has no plugin of this name.")
}
