import HTTPTypes
package import Hummingbird
package import Logging

/// One line per request, after its answer is known (for a stream: after its head).
///
/// Probes and scrapes come every few seconds for ever and are logged at `trace`. The query is not logged: a caller may
/// have put a secret into it.
package struct RequestLogMiddleware: RouterMiddleware {
    package typealias Context = AppContext

    private let level: Logger.Level
    private let quiet: Set<String>

    package init(level: Logger.Level = .info, quiet: Set<String> = ["/livez", "/readyz", "/metrics"]) {
        self.level = level
        self.quiet = quiet
    }

    package func handle(_ request: Request, context: AppContext, next: (Request, AppContext) async throws -> Response) async throws -> Response {
        let start = ContinuousClock.now
        let response = try await next(request, context)
        let level = quiet.contains(request.uri.path) ? .trace : level
        guard level >= context.plainLogger.logLevel else { return response }
        var metadata: Logger.Metadata = [
            "method": .string(request.method.rawValue),
            "path": .string(request.uri.path),
            "status": .stringConvertible(response.status.code),
            "seconds": .stringConvertible(Double((ContinuousClock.now - start) / .microseconds(1)).rounded() / 1_000_000),
        ]
        if let workspace = context.facts.workspace { metadata["workspace_id"] = .string("\(workspace)".lowercased()) }
        context.logger.log(level: level, "Answered", metadata: metadata)
        return response
    }
}
