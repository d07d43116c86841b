package import Hummingbird

/// The routes of a feature together with their descriptions: one call mounts a handler and publishes it, and applies the
/// operation's scope and body limit, so none of the three can be forgotten.
package struct APIRoutes {
    /// Routes that need a token.
    package let identified = RouteCollection(context: IdentifiedContext.self)
    /// Routes that anybody may ask.
    package let open = RouteCollection(context: AppContext.self)
    /// What is published.
    package private(set) var operations: [APIOperation] = []
    /// Paths of these routes whose problems have another shape than ours.
    package var problemFormats: [ProblemFormat] = []
    /// Operations of open routes, which carry no security requirement.
    private(set) var openPaths: Set<String> = []

    package init() {}

    /// Mounts a handler that knows who asks. The token's scope has been checked when it runs.
    package mutating func on(
        _ operation: APIOperation, use handler: @escaping @Sendable (Request, IdentifiedContext) async throws -> some ResponseGenerator
    ) {
        operations.append(operation)
        let scope = operation.scope
        let limit = operation.request?.limit ?? BodyLimit.standard
        identified.on(RouterPath(operation.path), method: operation.method) { request, context in
            if let scope { try context.identity.require(scope) }
            var context = context
            context.bodyLimit = limit
            return try await handler(request, context)
        }
    }

    /// Mounts a handler for anybody: published data, probes, descriptions.
    package mutating func onOpen(
        _ operation: APIOperation, use handler: @escaping @Sendable (Request, AppContext) async throws -> some ResponseGenerator
    ) {
        precondition(operation.scope == nil, "\(operation.id): an open route asks for no scope")
        operations.append(operation)
        openPaths.insert(operation.id)
        let limit = operation.request?.limit ?? BodyLimit.standard
        open.on(RouterPath(operation.path), method: operation.method) { request, context in
            var context = context
            context.bodyLimit = limit
            return try await handler(request, context)
        }
    }
}
