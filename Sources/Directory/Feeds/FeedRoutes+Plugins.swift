import HTTPTypes
import Hummingbird
import Postgres
import Web
import Workspaces

/// The pages of all plugins. A list of its own: imports change it, publishing does not, and one list has room for every plugin.
extension FeedRoutes {
    func pluginSitemap(_ request: Request, _ context: AppContext) async throws -> KeptBody {
        let places = try await pool.transaction(.unscoped) { try await PluginStore.places(limit: Sitemap.maximumEntries, in: $0) }
        let entries = places.map { Sitemap.Entry(path: PluginPage.address(of: $0.name), updatedAt: $0.changedAt) }
        return KeptBody(bytes: Sitemap.list(entries, base: site.base(for: request)), contentType: Sitemap.contentType, maxAge: .seconds(3600))
    }

    static let pluginSitemap = APIOperation(
        .get, "/sitemap-plugins.xml", summary: "The pages of all plugins, for search engines", tag: "Plugins",
        answers: [
            .init(.ok, "A list of at most \(Sitemap.maximumEntries) pages.", schema: .string(), contentType: "application/xml")
        ])
}
