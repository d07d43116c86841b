import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Jobs
import Logging
import Metrics
import NIOCore
import Synchronization
import Web

@testable import Workspaces

/// A clock on which whoever sleeps wakes at once, at the time that it wanted.
final class LeapingClock: Clock, Sendable {
    typealias Instant = StillClock.Instant

    private let state = Mutex((now: Instant(), slept: [Duration]()))

    var now: Instant { state.withLock { $0.now } }
    var minimumResolution: Duration { .nanoseconds(1) }
    /// How long each sleep was.
    var slept: [Duration] { state.withLock { $0.slept } }

    func advance(by duration: Duration) { state.withLock { $0.now = $0.now.advanced(by: duration) } }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        state.withLock { state in
            state.slept.append(state.now.duration(to: deadline))
            state.now = deadline
        }
    }
}

/// Keeps what counters were told.
final class CountingMetrics: MetricsFactory {
    private final class Handler: CounterHandler, Sendable {
        let count = Atomic<Int64>(0)
        func increment(by amount: Int64) { count.wrappingAdd(amount, ordering: .relaxed) }
        func reset() { count.store(0, ordering: .relaxed) }
    }

    private let counters = Mutex<[String: Handler]>([:])

    /// By label and dimensions, as `name{signal=id-walking}`.
    var counts: [String: Int64] { counters.withLock { $0.mapValues { $0.count.load(ordering: .relaxed) } } }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let handler = Handler()
        counters.withLock { $0["\(label){\(dimensions.map { "\($0.0)=\($0.1)" }.joined(separator: ","))}"] = handler }
        return handler
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler { NOOPMetricsHandler.instance }
    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler { NOOPMetricsHandler.instance }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { NOOPMetricsHandler.instance }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}

/// A server whose routes answer as the test wants, with the watch where it stands in the real one.
///
/// Tokens: `acme` and `rival` of two workspaces, `operator`; `expired`; `forged`. The source of a request is its `User-Agent`.
struct WatchFixture: Sendable {
    let clock = LeapingClock()
    let metrics = CountingMetrics()
    let queue = WatchQueue()
    let watch: AccessWatch<LeapingClock>

    init(_ change: (inout WatchRules) -> Void = { _ in }) {
        var rules = WatchRules()
        for signal in [\WatchRules.idWalking, \.foreignWorkspaces, \.badSignatures, \.refusedTokens, \.keyReuse, \.forkBurst] {
            rules[keyPath: signal] = WatchRule(threshold: 3, window: .seconds(10), response: .alert, period: .seconds(60))
        }
        change(&rules)
        watch = AccessWatch(
            rules: rules, clock: clock, metrics: metrics, logger: Logger(label: "test.watch"), capacity: 16, queue: queue)
    }

    /// What was noticed since somebody last asked.
    func events() -> [WatchEvent] { queue.take().events }

    var application: some ApplicationProtocol {
        let router = Router(context: AppContext.self)
        router.add(middleware: ProblemMiddleware(table: ProblemMapping.table))
        router.add(middleware: SourceWatchMiddleware(watch: watch) { request, _ in request.headers[.userAgent] })
        router.post("/hooks/{source}") { _, _ -> HTTPResponse.Status in throw Problem.badSignature("It is wrong.") }
        let identified = router.group().add(middleware: AuthenticationMiddleware(authenticator: WatchedTokens()))
            .add(middleware: WatchMiddleware(watch: watch)).group(context: IdentifiedContext.self)
        identified.get("/things/{id}") { _, context -> String in
            guard try context.pathText("id").hasPrefix("good") else { throw Problem.notFound("There is none.") }
            return "good"
        }
        identified.get("/quiet/{id}") { _, _ in HTTPResponse.Status.notFound }
        identified.get("/scoped") { _, _ -> String in throw Problem.missingScope("things:read") }
        identified.post("/keys") { _, _ -> String in throw JobError(.idempotencyMismatch, subject: "k", message: "used") }
        identified.post("/agents/{agent}/{name}/forks") { request, context -> Response in
            guard try context.pathText("name") == "public" else { throw Problem.notFound("There is none.") }
            var headers: HTTPFields = [:]
            headers[.idempotencyReplayed] = request.headers[.idempotencyReplayed]
            return Response(status: .accepted, headers: headers)
        }
        return Application(responder: router.buildResponder())
    }

    /// One request's status, and its body where that is a problem.
    struct Answer: Sendable {
        let status: Int
        let type: String?
        let retryAfter: String?
    }

    struct Asker: Sendable {
        let client: any TestClientProtocol

        func callAsFunction(
            _ method: HTTPRequest.Method, _ path: String, token: String? = "acme", source: String? = nil, headers: HTTPFields = [:]
        ) async throws -> Answer {
            var headers = headers
            if let token { headers[.authorization] = "Bearer \(token)" }
            headers[.userAgent] = source
            return try await client.execute(uri: path, method: method, headers: headers) { response in
                let body = try? JSONDecoder().decode(JSONValue.self, from: Data(response.body.readableBytesView))
                return Answer(status: response.status.code, type: body?["type"]?.string, retryAfter: response.headers[.retryAfter])
            }
        }
    }

    func asking(_ body: @escaping @Sendable (Asker) async throws -> Void) async throws {
        try await application.test(.router) { client in try await body(Asker(client: client)) }
    }
}

private struct WatchedTokens: Authenticator {
    private static let identities: [String: Identity] = Dictionary(
        uniqueKeysWithValues: ["acme", "rival", "operator"].map { name in
            let scopes: Set<String> = name == "operator" ? ["operator"] : ["things:read"]
            return (name, Identity(workspace: UUID(), workspaceSlug: name, tokenID: UUID(), user: nil, scopes: scopes))
        })

    func identity(bearer: String) async throws -> Identity? {
        if bearer == "expired" { throw Problem.unauthorized(.expired) }
        if bearer == "forged" { throw WorkspaceError(.forgedToken, "it is forged") }
        return Self.identities[bearer]
    }
}
