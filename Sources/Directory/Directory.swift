package import Jobs
package import Postgres
package import Web
package import Workspaces

/// The directory: published agents that anyone may read, and forks of them.
///
/// What `mainstay` composes: routes for the ingress, one handler for workers. (The module has the same name; where both are
/// in sight the type is `Directory.Directory`.)
package struct Directory: Sendable {
    private let pool: PostgresPool
    private let producer: JobProducer
    private let site: PublicSite
    private let core: SemanticVersion?
    private let advisor: PluginAdvisor

    /// - Parameters:
    ///   - producer: accepts forks; its `run()` is the caller's.
    ///   - site: the beginning of absolute addresses in feeds and cards, such as `https://agents.example`; nil for the host that
    ///     each request names.
    ///   - core: the version of the platform's core, by which plugins are judged; nil where nobody has said.
    package init(pool: PostgresPool, producer: JobProducer, site: String? = nil, core: SemanticVersion? = nil) {
        self.pool = pool
        self.producer = producer
        self.site = PublicSite(site)
        self.core = core
        advisor = PluginAdvisor(pool: pool, core: core)
    }

    /// `/v1/directory…`, `/v1/agents/{owner}/{name}…`, `/v1/operations/directory/…`, `/v1/operations/verified-owners…`, feeds and cards, with their
    /// descriptions.
    package var routes: APIRoutes {
        var routes = APIRoutes()
        DirectoryRoutes(pool: pool, producer: producer, advisor: advisor).mount(in: &routes)
        VersionRoutes(pool: pool).mount(in: &routes)
        PublishedCharacterRoutes(pool: pool).mount(in: &routes)
        WithdrawalRoutes(pool: pool).mount(in: &routes)
        VerificationRoutes(desk: VerificationDesk(pool: pool)).mount(in: &routes)
        FeedRoutes(pool: pool, site: site).mount(in: &routes)
        return routes
    }

    /// Serves `agent.fork`.
    package func register(in registry: inout HandlerRegistry) {
        registry.register(effect: ForkAgentHandler(core: core))
    }
}
