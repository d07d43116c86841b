package import HTTPTypes
package import Hummingbird
package import Web

extension HTTPField.Name {
    /// The slug of the workspace that a request is about, for whoever may be in several. A token of ours belongs to one and does not ask.
    package static let workspace = literal("x-workspace")
}

/// The workspace that the request of this task names.
///
/// Authenticators are given a token and nothing else, which is all that those of ours need; what the others need besides travels
/// with the task.
enum NamedWorkspace {
    @TaskLocal static var current: String?
}

/// Takes down which workspace a request names in `X-Workspace`. It stands before authentication; a request without the header costs
/// it one look.
package struct NamedWorkspaceMiddleware: RouterMiddleware {
    package typealias Context = AppContext

    package init() {}

    package func handle(_ request: Request, context: AppContext, next: (Request, AppContext) async throws -> Response) async throws -> Response {
        let names = request.headers[values: .workspace]
        guard let name = names.first else { return try await next(request, context) }
        guard names.count == 1 else {
            throw Problem.badRequest(
                "The header X-Workspace is there more than once.", errors: [FieldFault(.header("x-workspace"), "One workspace is wanted.")])
        }
        return try await NamedWorkspace.$current.withValue(name) { try await next(request, context) }
    }
}
