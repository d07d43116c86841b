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
    /// Second ways through some of the operations.
    var fastRoutes: [FastRoute] = []
    /// Operations of open routes, which carry no security requirement.
    private(set) var openPaths: Set<String> = []

    package init() {}

    /// Mounts a handler that knows who asks. The token's scope has been checked when it runs.
    package mutating func on(
        _ operation: APIOperation, use handler: @escaping @Sendable (Request, IdentifiedContext) async throws -> some ResponseGenerator
    ) {
        precondition(operation.own == nil, "\(operation.id): say what is one's own")
        let scope = operation.scope
        mount(
            operation,
            admitting: { context in
                guard let scope else { return }
                try context.identity.require(scope)
            }, use: handler)
    }

    /// Mounts a handler that needs its operation's scope for what is not the asker's own.
    ///
    /// - Parameter isOwn: whether the path names something of the asker's; looked at where its token lacks the scope. What does not exist is
    ///   nobody's: who lacks the scope is answered alike for it and for another's, and learns nothing of what there is.
    package mutating func on(
        _ operation: APIOperation, unless isOwn: @escaping @Sendable (IdentifiedContext) async throws -> Bool,
        use handler: @escaping @Sendable (Request, IdentifiedContext) async throws -> some ResponseGenerator
    ) {
        guard let scope = operation.scope, operation.own != nil else {
            preconditionFailure("\(operation.id): its description says neither a scope nor what needs none")
        }
        mount(
            operation,
            admitting: { context in
                guard !context.identity.scopes.contains(scope) else { return }
                guard try await isOwn(context) else { throw Problem.missingScope(scope) }
            }, use: handler)
    }

    private mutating func mount(
        _ operation: APIOperation, admitting admit: @escaping @Sendable (IdentifiedContext) async throws -> Void,
        use handler: @escaping @Sendable (Request, IdentifiedContext) async throws -> some ResponseGenerator
    ) {
        operations.append(operation)
        let limit = operation.request?.limit ?? BodyLimit.standard
        identified.on(RouterPath(operation.path), method: operation.method) { request, context in
            try await admit(context)
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
