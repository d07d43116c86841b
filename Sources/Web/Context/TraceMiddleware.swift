package import Hummingbird
import HTTPTypes

/// Gives a request its trace and its answer the request's id. Outermost, so that every line logged below names both.
package struct TraceMiddleware: RouterMiddleware {
    package typealias Context = AppContext

    package init() {}

    package func handle(_ request: Request, context: AppContext, next: (Request, AppContext) async throws -> Response) async throws -> Response {
        var context = context
        if let header = request.headers[.traceparent], let caller = RequestTrace(header: header) {
            context.trace = caller.child()
        }
        var response = try await next(request, context)
        response.headers[.requestID] = context.id
        return response
    }
}
