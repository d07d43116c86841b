import HTTPTypes
package import Hummingbird
import Logging

/// Turns what the pages below it throw into a page, by the same table as the API's problems.
package struct PageProblemMiddleware: RouterMiddleware {
    package typealias Context = AppContext

    private let table: ProblemTable
    private let page: @Sendable (Problem, AppContext) -> Response

    /// - Parameter page: makes the answer; its status is the problem's.
    package init(table: ProblemTable, page: @escaping @Sendable (Problem, AppContext) -> Response) {
        self.table = table
        self.page = page
    }

    package func handle(_ request: Request, context: AppContext, next: (Request, AppContext) async throws -> Response) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            let problem = table.problem(for: error) ?? .internalError
            context.logger.log(
                level: problem.status.code == 500 ? .error : problem.status.code > 500 ? .warning : .debug, "A page could not be shown",
                metadata: ["status": .stringConvertible(problem.status.code), "error": .string("\(error)")])
            var response = page(problem, context)
            response.status = problem.status
            return response
        }
    }
}
