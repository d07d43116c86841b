import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Answers requests of fast routes on the event loops of their connections: what all connections of a server share.
///
/// Everything that the middlewares do for a request is done here too, in the same words: its trace and id, its identity and scope, its
/// metrics, its line in the log, and the problem that an error becomes. Whatever else a request may ask for by a header is left to
/// the ordinary way.
package final class FastPath: Sendable {
    /// A request whose head fits a route.
    struct Candidate {
        let route: FastRoute
        let token: Substring
        let trace: RequestTrace?
        /// Bytes of the body, as announced.
        let length: Int
        let since: ContinuousClock.Instant
    }

    /// What became of a request.
    struct Outcome: Sendable {
        let result: Result<AcceptedBody, any Error>
        let route: FastRoute
        let identity: Identity
        let trace: RequestTrace
        let since: ContinuousClock.Instant
    }

    private let routes: [String: FastRoute]
    private let authenticator: any Authenticator
    private let isOpen: @Sendable () -> Bool
    private let problems: ProblemTable
    private let metrics: RequestMetricsCache
    private let accessLog: Logger.Level
    private let logger: Logger
    private let date = DateHeader()

    /// - Parameter isOpen: false while every request has to be looked at by what stands behind authentication.
    init(
        routes: [FastRoute], authenticator: any Authenticator, isOpen: @escaping @Sendable () -> Bool, problems: ProblemTable,
        metrics: RequestMetricsCache, accessLog: Logger.Level, logger: Logger
    ) {
        self.routes = Dictionary(uniqueKeysWithValues: routes.map { ($0.path, $0) })
        self.authenticator = authenticator
        self.isOpen = isOpen
        self.problems = problems
        self.metrics = metrics
        self.accessLog = accessLog
        self.logger = logger
    }

    /// Nil for a request that asks for anything but the usual.
    func candidate(_ head: HTTPRequest) -> Candidate? {
        guard head.method == .post, let path = head.path, let route = routes[path], isOpen() else { return nil }
        var token: Substring?
        var trace: RequestTrace?
        var isTraced = false
        var length: Int?
        var isJSON = false
        for field in head.headerFields {
            switch field.name.canonicalName {
            case "authorization":
                guard token == nil, field.value.hasPrefix("Bearer ") else { return nil }
                token = field.value.dropFirst(7)
            case "content-length": length = Int(field.value)
            case "content-type":
                guard !isJSON, field.value == "application/json" else { return nil }
                isJSON = true
            case "traceparent":
                guard !isTraced else { return nil }
                isTraced = true
                // One that is not valid is none.
                trace = RequestTrace(header: field.value)
            case "connection":
                guard field.value.lowercased() == "keep-alive" else { return nil }
            case "accept", "accept-encoding", "accept-language", "user-agent", "host", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host",
                "forwarded", "via", "cache-control", "pragma", "origin", "tracestate", "baggage":
                continue
            default: return nil
            }
        }
        guard isJSON, let token, let length, length <= route.limit else { return nil }
        return Candidate(route: route, token: token, trace: trace, length: length, since: .now)
    }

    /// Begins the request; `then` is called once, from anywhere. False when it is left to the server behind.
    func begin(_ candidate: Candidate, _ body: ByteBuffer, then: @escaping @Sendable (Outcome) -> Void) -> Bool {
        let route = candidate.route
        guard body.readableBytes == candidate.length, let identity = authenticator.known(bearer: String(candidate.token)),
            identity.scopes.contains(route.scope)
        else { return false }
        let trace = candidate.trace?.child() ?? .root()
        let request = FastRequest(identity: identity, trace: trace, body: Array(body.readableBytesView))
        let since = candidate.since
        return route.begin(request) { result in
            then(Outcome(result: result, route: route, identity: identity, trace: trace, since: since))
        }
    }

    /// The answer, which is counted and noted: on the event loop, for whoever tells an outcome has others to tell.
    func answer(_ outcome: Outcome) -> FastAnswer {
        let (route, identity, trace) = (outcome.route, outcome.identity, outcome.trace)
        let id = "\(RequestID())"
        var answer: FastAnswer
        switch outcome.result {
        case .success(let accepted):
            let (headers, body) = accepted.document()
            answer = FastAnswer(status: .accepted, headers: headers, body: body)
        case .failure(let error):
            var problem = problems.problem(for: error) ?? .internalError
            problem.occurrence = .init(path: route.path, requestID: id)
            problem.log(error, to: RequestLogger.make(logger, request: id, trace: trace, workspace: nil))
            let body = ByteBuffer(bytes: problem.json.bytes())
            answer = FastAnswer(status: problem.status, headers: problem.fields(contentType: Problem.contentType), body: body)
            answer.headers[.contentLength] = "\(body.readableBytes)"
        }
        answer.headers[.requestID] = id
        answer.headers[.date] = date.text()
        let duration = ContinuousClock.now - outcome.since
        metrics.record(method: "POST", route: route.path, status: answer.status.code, duration: duration)
        if accessLog >= logger.logLevel {
            RequestLogMiddleware.log(
                .init(method: .post, path: route.path, status: answer.status, duration: duration, workspace: identity.workspace), at: accessLog,
                to: RequestLogger.make(logger, request: id, trace: trace, workspace: nil))
        }
        return answer
    }
}
