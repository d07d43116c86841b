import HTTPTypes
package import Hummingbird

/// Turns what is thrown below it into a problem document. Nothing of an unforeseen error reaches the client but the
/// request's id; all of it reaches the log.
package struct ProblemMiddleware: RouterMiddleware {
    package typealias Context = AppContext

    private let table: ProblemTable
    private let formats: [ProblemFormat]

    /// - Parameter formats: Paths whose problems have another shape; the first that covers a path counts.
    package init(table: ProblemTable, formats: [ProblemFormat] = []) {
        self.table = table
        self.formats = formats
    }

    package init(mapping: [ProblemTable.Row]) {
        self.init(table: ProblemTable(mapping))
    }

    package func handle(_ request: Request, context: AppContext, next: (Request, AppContext) async throws -> Response) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let thrown {
            let closing = thrown as? ClosingError
            let error = closing?.cause ?? thrown
            var problem = unmatched(error, request: request, context: context) ?? table.problem(for: error) ?? .internalError
            problem.occurrence = .init(path: request.uri.path, requestID: context.id)
            if closing != nil { problem.headers[.connection] = "close" }
            problem.log(error, to: context.logger)
            if let format = formats.first(where: { $0.covers(request.uri.path) }) { return format.render(problem, request) }
            return problem.response(from: request, context: context)
        }
    }

    /// Hummingbird says "not found" for an unknown path and for an unknown method of a known one; the table of routes
    /// tells them apart.
    private func unmatched(_ error: any Error, request: Request, context: AppContext) -> Problem? {
        guard context.endpointPath == RouteTable.unmatched, let error = error as? HTTPError, error.status == .notFound else { return nil }
        let allowed = context.routes?.methods(for: request.uri.path) ?? []
        if allowed.isEmpty { return .notFound("No route has this path.") }
        return .methodNotAllowed(request.method, allowed: allowed)
    }
}
