package import Hummingbird
package import Logging
package import Metrics
import NIOCore

/// The whole HTTP side put together: the middlewares in their one order, the features' routes, the published description.
package struct WebResponder: HTTPResponder {
    package typealias Context = AppContext

    /// What the server is made of besides the features' routes.
    package struct Options: Sendable {
        /// Rows for what other modules throw.
        package var problems: ProblemTable
        package var info: OpenAPI.Info
        /// The level of the line that each request leaves.
        package var accessLog: Logger.Level
        /// The process's own when nil.
        package var metrics: (any MetricsFactory)?
        /// Ends what is open for identities that are good no longer. Somebody runs it; without it what is open stays open.
        package var identityWatch: IdentityWatch?
        /// Stand inside of what makes problems, around everything else.
        package var beforeAuthentication: [any MiddlewareProtocol<Request, Response, AppContext>] = []
        /// Stand right behind authentication.
        package var afterAuthentication: [any MiddlewareProtocol<Request, Response, AppContext>] = []
        /// Stand around pages: inside of the first ones, outside of what pages make of problems.
        package var aroundPages: [any MiddlewareProtocol<Request, Response, AppContext>] = []

        package init(
            problems: ProblemTable = ProblemTable(),
            info: OpenAPI.Info = .init(title: "Mainstay", version: "1", description: "The reliable back of an open agent platform."),
            accessLog: Logger.Level = .info, metrics: (any MetricsFactory)? = nil
        ) {
            self.problems = problems
            self.info = info
            self.accessLog = accessLog
            self.metrics = metrics
        }
    }

    /// What is mounted, to compare with the description.
    package let routes: RouteTable
    /// What is described.
    package let operations: [APIOperation]
    private let inner: RouterResponder<AppContext>
    private let authenticator: any Authenticator
    private let fastRoutes: [FastRoute]
    private let requestMetrics: RequestMetricsCache
    private let accessLog: Logger.Level
    private let problems: ProblemTable
    private let identityWatch: IdentityWatch?

    /// - Parameters:
    ///   - features: each feature's routes; `/openapi.json` describes them all.
    ///   - pages: routes that no description covers: metrics, pages for people.
    package init(authenticator: any Authenticator, features: [APIRoutes], pages: [RouteCollection<AppContext>] = [], options: Options = Options()) {
        requestMetrics = RequestMetricsCache(factory: options.metrics ?? MetricsSystem.factory)
        self.authenticator = authenticator
        accessLog = options.accessLog
        fastRoutes = features.flatMap(\.fastRoutes)
        let formats = features.flatMap(\.problemFormats)
        for route in fastRoutes {
            precondition(!formats.contains { $0.covers(route.path) }, "\(route.path): a fast route's problems have the usual form")
        }
        let router = Self.router(options, metrics: requestMetrics, formats: formats)
        let description = Self.description(of: features, info: options.info)
        let authenticated = router.group().add(middleware: AuthenticationMiddleware(authenticator: authenticator))
        for middleware in options.afterAuthentication { authenticated.add(middleware: middleware) }
        let identified = authenticated.group(context: IdentifiedContext.self)
        for feature in features + [description] {
            router.addRoutes(feature.open)
            identified.addRoutes(feature.identified)
        }
        let paged = router.group()
        for middleware in options.aroundPages { paged.add(middleware: middleware) }
        for page in pages { paged.addRoutes(page) }
        inner = router.buildResponder()
        problems = options.problems
        identityWatch = options.identityWatch
        routes = RouteTable(router)
        operations = (features + [description]).flatMap(\.operations)
    }

    /// The one order of the middlewares, outermost first:
    ///
    /// 1. trace: everything below logs under the request's ids, and every answer names the request;
    /// 2. metrics and log: they see the answer that the client sees, problems included;
    /// 3. problem: the last place where something thrown may pass; above it there are only answers;
    /// 4. what watches where requests come from; around pages, what they tell of their visitors as well;
    /// 5. authentication, on the routes that need it: its refusals are problems like any other;
    /// 6. what watches whose they are;
    /// 7. scope and body limit, by ``APIRoutes``: they need the identity and the route. Rate and idempotency come with the
    ///    handler's call into the engine, which knows a workspace's limits and holds the keys.
    private static func router(_ options: Options, metrics: RequestMetricsCache, formats: [ProblemFormat]) -> Router<AppContext> {
        let router = Router(context: AppContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: TraceMiddleware())
        router.add(middleware: RequestMetricsMiddleware(cache: metrics))
        router.add(middleware: RequestLogMiddleware(level: options.accessLog))
        router.add(middleware: ProblemMiddleware(table: options.problems, formats: formats))
        for middleware in options.beforeAuthentication { router.add(middleware: middleware) }
        return router
    }

    private static func description(of features: [APIRoutes], info: OpenAPI.Info) -> APIRoutes {
        var routes = APIRoutes()
        // Made after the first declaration so that the description describes itself.
        let operation = APIOperation(
            .get, "/openapi.json", summary: "This description", tag: "Description", answers: [.init(.ok, "OpenAPI 3.1", schema: .any)])
        var own = APIRoutes()
        own.onOpen(operation) { _, _ in Response(status: .ok) }
        let bytes = ByteBuffer(bytes: OpenAPI.document(info: info, routes: features + [own]).bytes())
        routes.onOpen(operation) { _, _ in
            Response(status: .ok, headers: [.contentType: "application/json", .cacheControl: "max-age=300"], body: .init(byteBuffer: bytes))
        }
        return routes
    }

    /// What answers some of the operations without a task; for the server's connections (``FastPathServer``).
    /// - Parameter isOpen: false while every request has to be looked at by what stands behind authentication.
    package func fastPath(isOpen: @escaping @Sendable () -> Bool, logger: Logger) -> FastPath {
        FastPath(
            routes: fastRoutes, authenticator: authenticator, isOpen: isOpen, problems: problems, metrics: requestMetrics, accessLog: accessLog,
            logger: logger)
    }

    package func respond(to request: Request, context: AppContext) async throws -> Response {
        var context = context
        context.routes = routes
        context.problems = problems
        context.identityWatch = identityWatch
        return try await inner.respond(to: request, context: context)
    }
}
