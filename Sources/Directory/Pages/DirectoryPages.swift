import Foundation
import HTTPTypes
package import Hummingbird
package import Jobs
package import Postgres
package import Web
package import Workspaces

/// The pages for people: the public directory, and what a workspace sees of itself once somebody has signed in for it. All are made here,
/// whole without JavaScript.
///
/// A public page is the same for everybody, so that anybody may keep it: it knows of no session, and has an `ETag`. What is for one
/// visitor is on pages of its own, which nobody keeps.
package struct DirectoryPages: Sendable {
    let pool: PostgresPool
    let core: SemanticVersion?
    let site: PublicSite
    let templates: PageTemplates
    let problems: ProblemTable
    let reports: ReportDesk
    let reportForms: StrangerForms
    let facets: FacetShelf
    private(set) var workspace: WorkspacePages
    let moderation: ModerationPages
    private let trustedProxies: Int
    private let peer: @Sendable (AppContext) -> String?

    /// Agents of a list.
    static let cards = 24
    /// Versions that a page lists.
    static let versions = 20

    /// - Parameters:
    ///   - core: the version of the platform's core, for advice on plugins; nil where nobody has said.
    ///   - site: the beginning of absolute addresses; nil for the host that each request names.
    ///   - problems: what the pages make of what is thrown.
    ///   - secret: signs sessions and forms; the same at every ingress behind one address. Nil for one that ends with this process.
    ///   - trustedProxies: servers of our own between a client and this one, as reports count them.
    ///   - peer: the address that has opened the connection of a request.
    /// - Throws: when a template cannot be read.
    package init(
        pool: PostgresPool, producer: JobProducer, workspaces: Workspaces, core: SemanticVersion? = nil, site: String? = nil, problems: ProblemTable,
        secret: String?, trustedProxies: Int = 0, peer: @escaping @Sendable (AppContext) -> String?
    ) throws {
        try self.init(
            pool: pool, producer: producer, workspaces: workspaces, core: core, site: site, problems: problems, secret: secret,
            trustedProxies: trustedProxies, facets: FacetShelf(), peer: peer)
    }

    /// - Parameter now: for sessions.
    init(
        pool: PostgresPool, producer: JobProducer, workspaces: Workspaces, core: SemanticVersion?, site: String?, problems: ProblemTable,
        secret: String?, trustedProxies: Int, facets: FacetShelf, now: @escaping @Sendable () -> Date = { Date() },
        peer: @escaping @Sendable (AppContext) -> String?
    ) throws {
        self.pool = pool
        self.core = core
        self.site = PublicSite(site)
        self.problems = problems
        self.trustedProxies = trustedProxies
        self.facets = facets
        self.peer = peer
        templates = try PageTemplates()
        reports = ReportDesk(pool: pool)
        reportForms = StrangerForms(cookie: "mainstay_report", path: "/agents", seal: SessionSeal(secret: secret, purpose: "reports"))
        workspace = WorkspacePages(
            pool: pool, producer: producer, workspaces: workspaces, core: core, site: self.site, templates: templates, secret: secret,
            now: now)
        moderation = ModerationPages(pool: pool, workspaces: workspaces, templates: templates, secret: secret, now: now)
    }

    /// The same pages, to which people are let in with their accounts at the issuer as well.
    /// - Parameter accounts: nil for these pages as they are.
    package func signingIn(with accounts: OIDCSignIn?) -> DirectoryPages {
        guard let accounts else { return self }
        var pages = self
        pages.workspace.admit(accounts)
        return pages
    }

    /// `/`, `/agents…`, `/plugins…`, `/reports/…`, `/removals`, `/workspace…`, `/sign-in…`, `/sign-out`, `/invitation…`, `/moderation…`,
    /// `/assets/…`.
    package var routes: RouteCollection<AppContext> {
        let routes = RouteCollection(context: AppContext.self)
        let templates = templates
        routes.add(
            middleware: PageProblemMiddleware(table: problems) { problem, context in
                ProblemPage(problem: problem, request: context.id).response(templates)
            })
        routes.get("/") { _, _ in Response.redirect(to: "/agents") }
        routes.get("/robots.txt", use: robots)
        routes.get("/agents", use: agents)
        routes.get("/agents/{owner}", use: owner)
        routes.get("/agents/{owner}/{name}", use: agent)
        routes.get("/agents/{owner}/{name}/v/{version}", use: version)
        routes.get("/agents/{owner}/{name}/diff", use: difference)
        routes.get("/agents/{owner}/{name}/report", use: reportForm)
        routes.post("/agents/{owner}/{name}/report", use: report)
        routes.get("/plugins", use: plugins)
        routes.get("/plugins/{name}", use: plugin)
        routes.get("/plugins/{name}/{rest}", use: pluginInTwoParts)
        for asset in [PageAsset.style, PageAsset.script] { routes.get(RouterPath(asset.path), use: asset.body) }
        routes.get("/reports/{id}", use: reportState)
        routes.get("/removals", use: removals)
        workspace.mount(in: routes)
        moderation.mount(in: routes)
        return routes
    }

    /// Paths that no description covers.
    package static let paths: Set<String> = [
        "/", "/agents", "/agents/{owner}", "/agents/{owner}/{name}", "/agents/{owner}/{name}/v/{version}", "/agents/{owner}/{name}/diff",
        "/agents/{owner}/{name}/report", "/agents/{owner}/{name}/fork", PageAsset.style.path, PageAsset.script.path, "/sign-in", "/sign-out",
        "/sign-in/oidc", OIDCRelyingParty.path, OIDCSignIn.choicePath,
        "/workspace", "/workspace/agents/{id}", "/workspace/agents/{id}/publish", "/workspace/agents/{id}/unpublish", "/workspace/forks/{job}",
        "/workspace/agents/{id}/rename", "/workspace/agents/{id}/status",
        "/workspace/agents/{id}/decisions", "/workspace/agents/{id}/appeals", "/workspace/notices/{id}/read", "/reports/{id}", "/removals",
        "/workspace/tokens/{id}/revoke", "/workspace/members/{id}/remove", "/workspace/delete", "/workspace/invitations",
        "/workspace/invitations/{id}/revoke", "/invitation", "/invitation/accept", "/moderation/sign-in", "/moderation/sign-out",
        "/moderation", "/moderation/{case}", "/moderation/{case}/decision", "/moderation/owners", "/moderation/owners/verify",
        "/moderation/owners/withdraw", "/robots.txt",
        "/plugins", "/plugins/{name}", "/plugins/{name}/{rest}",
    ]

    /// What search engines leave alone, and where they find the pages of all agents and plugins.
    private func robots(_ request: Request, _ context: AppContext) -> KeptBody {
        let text = """
            User-agent: *
            Disallow: /v1/
            Disallow: /workspace
            Disallow: /moderation
            Disallow: /sign-in
            Disallow: /invitation
            Sitemap: \(site.base(for: request))/sitemap.xml
            Sitemap: \(site.base(for: request))/sitemap-plugins.xml

            """
        return KeptBody(bytes: Array(text.utf8), contentType: "text/plain; charset=utf-8", maxAge: .seconds(3600))
    }

    /// A page that anybody may keep, and asks about each time.
    func kept(_ page: PageTemplates.Page, _ head: PageHead, _ values: PageValues) -> KeptBody {
        KeptBody(bytes: Array(templates.document(page, head, values).utf8), contentType: PageHeaders.contentType, headers: PageHeaders.common)
    }

    /// Where a request comes from, as far as reports are bounded by it.
    func network(of request: Request, _ context: AppContext) -> ClientNetwork? {
        ClientNetwork.of(forwarded: request.headers[values: .forwardedFor], peer: peer(context), proxies: trustedProxies)
    }
}
