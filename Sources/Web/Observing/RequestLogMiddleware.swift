import Foundation
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
        Self.log(
            .init(
                method: request.method, path: request.uri.path, status: response.status, duration: ContinuousClock.now - start,
                workspace: context.facts.workspace), at: level, to: context.logger)
        return response
    }

    /// What a line says.
    struct Line {
        let method: HTTPRequest.Method
        let path: String
        let status: HTTPResponse.Status
        let duration: Duration
        let workspace: UUID?
    }

    static func log(_ line: Line, at level: Logger.Level, to logger: Logger) {
        var metadata: Logger.Metadata = [
            "method": .string(line.method.rawValue),
            "path": .string(line.path),
            "status": .stringConvertible(line.status.code),
            "seconds": .stringConvertible(Double(line.duration / .microseconds(1)).rounded() / 1_000_000),
        ]
        if let workspace = line.workspace { metadata["workspace_id"] = .string("\(workspace)".lowercased()) }
        logger.log(level: level, "Answered", metadata: metadata)
    }
}
