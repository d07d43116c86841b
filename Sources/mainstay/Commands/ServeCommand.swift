import ArgumentParser
import Directory
import Foundation
import Hummingbird
import Jobs
import Logging
import Metrics
import Operations
import Postgres
import Redis
import ServiceLifecycle
import UnixSignals
import Web
import Workspaces

/// `mainstay serve`: the ingress.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the ingress: HTTP in, jobs out.",
        discussion: """
            It refuses to start as a role that is superuser, owns tables or bypasses row-level security, and on a database with
            migrations still to run. SIGTERM: it takes no new connections, answers what it has, and exits 0.

            EXAMPLES
              mainstay serve --port 9000
              MAINSTAY_LOG_FORMAT=json mainstay serve --config mainstay.yaml
            """)

    @OptionGroup var settings: SettingsOptions
    @OptionGroup var mark: StackMark
    @Option(help: "Port to listen on, over MAINSTAY_HTTP_PORT.") var port: Int?

    func run() async throws {
        let settings = try await settings.load()
        try ProcessLogging.bootstrap(settings)
        DescriptorLimit.raise()
        let registry = PrometheusRegistry()
        MetricsSystem.bootstrap(registry)
        let logger = Logger(label: "mainstay.serve")

        let configuration = try settings.jobs()
        let pool = PostgresPool(
            configuration: try settings.postgres(for: "serve"), size: try settings.number("database.pool.size", in: 1...200), logger: logger)
        let redis = RedisClient(configuration: try settings.redis(for: "serve"), logger: logger)
        try await StartCheck(pool: pool, redis: redis, logger: logger).run()
        // An installation that was off for long has no day for its first job.
        await DayTable.makeAllDays(in: pool, logger: logger)
        let runLog = RedisClient(configuration: try settings.runLog(for: "serve"), logger: logger)
        let producer = JobProducer(
            pool: pool, redis: redis, configuration: configuration, queues: Features.queues, uncancellable: Features.uncancellable, logger: logger)
        let workspaces = Workspaces(
            pool: pool, multiUser: try settings.flag("multi.user"),
            grace: DeletionGrace(days: try settings.number("deletion.grace.days", in: DeletionGrace.bounds)), logger: logger)
        let features = try Features(
            pool: pool, runLog: runLog, producer: producer, inference: try settings.inference(), setup: try settings.inferenceSetup(),
            core: try settings.coreVersion(),
            site: settings.text("http.public.url"), logger: logger)
        let proxies = try settings.number("http.trusted.proxies", in: 0...16)
        let oversight = AccessOversight(pool: pool, keys: try settings.auditKeys(), logger: logger)

        let secret = try settings.operationsKey()
        let operations = Features.operations(pool: pool, redis: redis, producer: producer, workspaces: workspaces, secret: secret)
        let health = Health(checks: [Readiness.postgres(pool), Readiness.redis(redis, isNeeded: false)] + features.healthChecks)
        let pages = try Features.pages(
            pool: pool, producer: producer, workspaces: workspaces, core: try settings.coreVersion(), site: settings.text("http.public.url"),
            secret: secret, trustedProxies: proxies)
        let host = settings.text("http.host") ?? "127.0.0.1"
        let port = try port ?? settings.number("http.port", in: 1...65535)
        let party = try settings.oidcRelyingParty()
        // Nothing below may throw before the services run: a client that is dropped without having been shut down stops the process.
        let oidc = try settings.oidc().map { OIDC($0, party: party, secret: secret, pool: pool, logger: logger) }
        let authenticator: any Authenticator = if let oidc { oidc.beside(workspaces.authenticator) } else { workspaces.authenticator }
        let pagesWithSignIn = pages.signingIn(with: oidc?.signIn)
        var options = WebResponder.Options(problems: ProblemMapping.table, accessLog: .debug)
        let source: @Sendable (Request, AppContext) -> String? = { ClientNetwork.name(of: $0, peer: $1.peer, proxies: proxies) }
        options.beforeAuthentication = [oversight.beforeAuthentication(source: source)]
        if let oidc { options.beforeAuthentication.append(oidc.beforeAuthentication) }
        options.afterAuthentication = [oversight.afterAuthentication]
        options.aroundPages = [oversight.aroundPages(source: source)]
        let identityWatch = workspaces.identityWatch(beside: oidc, logger: logger)
        options.identityWatch = identityWatch
        let reports = features.reports.routes(authenticator: authenticator, trustedProxies: proxies, peer: { $0.peer })
        let responder = WebResponder(
            authenticator: authenticator,
            features: workspaces.routes(producer: producer) + features.routes + reports + [operations.routes, health.routes()],
            pages: [MetricsPage(registry: registry, pool: pool, producer: producer).routes, operations.pages, pagesWithSignIn.routes],
            options: options)
        let application = Application(
            responder: responder,
            // Longer than a body of lines may be silent. An answer whose request was read is left alone.
            server: FastPathServer.builder(
                responder.fastPath(isOpen: { !oversight.watch.isRestricting }, logger: logger),
                configuration: .init(additionalChannelHandlers: [ClientPresence()], idleTimeout: .seconds(90))),
            configuration: .init(address: .hostname(host, port: port), serverName: nil),
            onServerRunning: { _ in logger.notice("listening", metadata: ["address": "\(host):\(port)"]) }, logger: logger)

        // Stopped in reverse: the server first, the stores last.
        var services: [any Service] = [pool] + oversight.services
        if let oidc { services.append(oidc.client) }
        services += [redis, runLog, workspaces.authenticator, identityWatch, producer] + features.ingressServices + [application]
        var running = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        // When one of them fails the others are cancelled; one that does not hear it must not keep the process.
        running.maximumCancellationDuration = .seconds(10)
        let group = ServiceGroup(configuration: running)
        try await group.run()
        ProcessEnd.leave()
    }
}
