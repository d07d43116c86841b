import BuildMemory
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Jobs
import LocalStack
import Logging
import Metrics
import Postgres
import Redis
import ServiceLifecycle
import Support
import Web
import Workspaces

/// The ingress as `mainstay serve` runs it, and beside it a Hummingbird server with one empty route: the same process, event
/// loops and settings, at two ports.
struct BenchIngress: Sendable {
    /// What is measured, by the name that reports show.
    enum Route: String, CaseIterable, Sendable {
        /// `GET /`, no body, no token, no middleware: what a route costs in any case.
        case empty
        /// `POST /`, the body of `stream` read and answered at the same bare server: what any post costs.
        case post
        /// `POST /v1/bench/tickets`: the document of `ledger`, accepted by the stream. Only here, never in `serve`.
        case stream
        /// `POST /v1/tickets`: `ticket.create`.
        case ledger
        /// `POST /v1/build-profiles`: `build-profile.store`, accepted by the stream, with all that a profile is checked for.
        case profile
    }

    let ports: (ingress: Int, empty: Int)
    let token: String

    /// Runs both servers for the length of `body`.
    static func with<R: Sendable>(_ servers: BenchServers, _ body: @escaping @Sendable (BenchIngress) async throws -> R) async throws -> R {
        // As `serve` has it: what counts requests is part of their price.
        MetricsSystem.bootstrap(PrometheusRegistry())
        let free = try FreePort.next(2)
        let token = try await FirstToken.ensure(nil, databaseURL: servers.endpoints.serverURL)
        let ingress = BenchIngress(ports: (free[0], free[1]), token: token)
        var configuration = JobsConfiguration()
        // Nobody works the jobs off, and a refusal is no figure.
        configuration.backlogBound = 1_000_000_000
        let pool = try servers.pool(6)
        let redis = try servers.redis()
        let producer = JobProducer(
            pool: pool, redis: redis, configuration: configuration,
            queues: [BenchTicket.kind.queue] + Features.queues, logger: servers.logger)
        let workspaces = Workspaces(pool: pool, multiUser: false, logger: servers.logger)
        let responder = WebResponder(
            authenticator: workspaces.authenticator,
            features: workspaces.routes(producer: producer) + [
                Support(pool: pool, producer: producer).routes, BuildMemory(pool: pool, producer: producer).routes, hidden(producer),
            ],
            options: .init(problems: ProblemMapping.table, accessLog: .debug))
        let services: [any Service] = [
            pool, redis, workspaces.authenticator, producer,
            server(
                responder, FastPathServer.builder(responder.fastPath(isOpen: { true }, logger: servers.logger), configuration: .init()),
                at: ingress.ports.ingress, servers.logger),
            server(emptyResponder(), at: ingress.ports.empty, servers.logger),
        ]
        return try await servers.run(services) {
            try await ingress.waitUntilReady()
            return try await body(ingress)
        }
    }

    private static func server<Responder: HTTPResponder>(
        _ responder: Responder, _ server: HTTPServerBuilder = .http1(), at port: Int, _ logger: Logger
    ) -> Application<Responder> where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
        Application(
            responder: responder, server: server, configuration: .init(address: .hostname("127.0.0.1", port: port), serverName: nil), logger: logger)
    }

    private static func emptyResponder() -> RouterResponder<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self)
        router.get("/") { _, _ in HTTPResponse.Status.ok }
        router.post("/") { request, context in
            _ = try await request.body.collect(upTo: context.maxUploadSize)
            return AcceptedBody(id: .version7(), kind: BenchTicket.kind.name)
        }
        return router.buildResponder()
    }

    /// A ticket of the benchmark, accepted by the stream as a feature would do it: authenticated, read, checked, enqueued.
    private static func hidden(_ producer: JobProducer) -> APIRoutes {
        var routes = APIRoutes()
        let operation = APIOperation(
            .post, "/v1/bench/tickets", summary: "A ticket by the stream", tag: "Benchmark", scope: Scope.ticketsWrite.rawValue,
            parameters: [.idempotencyKey], request: .init(.any), answers: [.accepted])
        routes.on(operation) { request, context in
            let (ticket, body) = try await request.readJSON(
                BenchTicket.self, in: context, quickly: { FlatJSON.read($0, BenchTicket.read) })
            let workspace = context.identity.workspace
            let key = try IdempotencyKey.read(from: request, workspace: workspace, body: body)
            let acceptance = try await producer.accept(
                ticket, workspace: workspace, idempotency: key.map { Idempotency(key: $0.key, digest: $0.digest) },
                trace: TraceParent(header: context.trace.header))
            return AcceptedBody(
                id: acceptance.id, kind: BenchTicket.kind.name, state: acceptance.state.rawValue, replayed: acceptance.replayed)
        }
        routes.onFastPath(operation) { request, answer in
            guard let ticket = request.readJSON({ FlatJSON.read($0, BenchTicket.read) }) else { return false }
            return producer.begin(ticket, workspace: request.identity.workspace, trace: TraceParent(header: request.trace.header)) { accepted in
                answer(accepted.map { AcceptedBody(id: $0.id, kind: BenchTicket.kind.name, state: $0.state.rawValue) })
            }
        }
        return routes
    }

    private func waitUntilReady() async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        for url in ["http://127.0.0.1:\(ports.ingress)/openapi.json", "http://127.0.0.1:\(ports.empty)/"] {
            let client = APIClient(url: url, token: nil)
            while (try? await client.raw(.get, "", timeout: .seconds(2))) == nil {
                guard ContinuousClock.now < deadline else { throw BenchFault.servicesEnded }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    // MARK: Requests

    /// The request that a route is measured with.
    func target(_ route: Route) -> LoadGenerator.Target {
        let base = "http://127.0.0.1:\(ports.ingress)"
        switch route {
        case .empty: return LoadGenerator.Target(url: "http://127.0.0.1:\(ports.empty)/")
        case .post, .stream:
            let body = String(decoding: BenchTicket.body(id: "http-00000000", number: 0), as: UTF8.self)
            return post(route == .post ? "http://127.0.0.1:\(ports.empty)/" : "\(base)/v1/bench/tickets", body)
        case .ledger:
            return post(
                "\(base)/v1/tickets",
                """
                {"subject":"Cannot export invoices to CSV","body":"Since the update on Monday the export button on the invoices page spins \
                forever and then shows error 504. Two colleagues see the same.","priority":"normal"}
                """)
        case .profile:
            return post(
                "\(base)/v1/build-profiles",
                """
                {"command":"swift build -c release","started_at":"2024-11-22T12:00:00Z","duration_ms":93000,"exit_code":0,"peak_rss":2147483648,\
                "step":"build","commit":"0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c"}
                """)
        }
    }

    private func post(_ url: String, _ body: String) -> LoadGenerator.Target {
        LoadGenerator.Target(
            url: url, method: "POST", headers: [("Authorization", "Bearer \(token)"), ("Content-Type", "application/json")], body: body)
    }
}
