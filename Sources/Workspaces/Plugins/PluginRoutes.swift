import Foundation
import Hummingbird
package import Postgres
package import Web

/// The plugin registry over HTTP: anyone may read it, and it is written by imports only.
package struct PluginRoutes: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    /// `/v1/plugins` and `/v1/plugins/{name}`, mounted and described.
    package var routes: APIRoutes {
        var routes = APIRoutes()
        routes.onOpen(Self.list, use: list)
        routes.onOpen(Self.show, use: show)
        return routes
    }

    private func list(_ request: Request, _ context: AppContext) async throws -> Page<PluginRecordAnswer> {
        let page = try PageRequest<String>(request)
        let query = try Query(request)
        let filter = PluginFilter(words: query["q"] ?? "", line: try query.word("supports"), signal: try query.word("maintenance"))
        let order = try query.word("sort", as: PluginOrder.self) ?? .newest
        let plugins = try await pool.transaction(.unscoped) { transaction in
            try await PluginStore.list(filter, order: order, after: page.after, limit: page.limit + 1, in: transaction)
        }
        return try Page(plugins.map(PluginRecordAnswer.init), for: page, key: \.name)
    }

    private func show(_ request: Request, _ context: AppContext) async throws -> PluginDetailAnswer {
        guard let name = PluginName(try context.pathText("name")) else { throw Self.unknown }
        let answer = try await pool.transaction(.unscoped) { transaction -> PluginDetailAnswer? in
            let found = try await PluginStore.find(name.spellings, in: transaction)
            // The name as it was asked for comes before the one under the other scope.
            guard let plugin = found.first(where: { $0.record.name == name.text }) ?? found.first else { return nil }
            let releases = try await PluginStore.releases(of: [plugin.record.name], in: transaction)
            let agents = try await PluginStore.agents(naming: name, in: transaction)
            return PluginDetailAnswer(plugin, releases: releases[plugin.record.name] ?? [], agents: agents)
        }
        guard let answer else { throw Self.unknown }
        return answer
    }

    private static let unknown = Problem.notFound(
        "The registry has no plugin of this name. Send it as one segment of the path: `@scope/name` as `%40scope%2Fname`.")
}
