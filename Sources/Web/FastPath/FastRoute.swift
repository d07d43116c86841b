import HTTPTypes

/// A request as a fast route reads it: whole, small, and by whom.
package struct FastRequest: Sendable {
    package let identity: Identity
    package let trace: RequestTrace
    package let body: [UInt8]

    /// Reads a JSON body with a quick reader (see ``JSONBody``); nil for whatever is to be left to the ordinary route, which
    /// says what is wrong with it.
    package func readJSON<T>(_ read: ([UInt8]) -> T?) -> T? { JSONBody.plainly(body, read) }
}

/// A second way through an operation that does no more than accept a job: without a task, on the event loop of its connection.
///
/// It is a way for the usual case and for nothing else. What it cannot answer at once it leaves to the operation's handler, which is
/// the one that knows the rules; so it may refuse anything and must accept nothing that the handler would not.
package struct FastRoute: Sendable {
    package typealias Answer = @Sendable (Result<AcceptedBody, any Error>) -> Void

    /// Without parameters.
    let path: String
    let scope: String
    /// Bytes of a body.
    let limit: Int
    /// Begins the acceptance and returns; the answer is called once, from anywhere. False when nothing was begun: then the handler
    /// answers, and the answer is never called.
    let begin: @Sendable (FastRequest, @escaping Answer) -> Bool

    /// The largest body that is read on an event loop: reading one holds up every connection of that loop.
    static let bodyLimit = 16 * 1024
}

extension APIRoutes {
    /// Beside the handler of a POST that accepts a job: a way to begin the acceptance without a task (see ``FastRoute``).
    ///
    /// The operation's scope has been checked when `begin` runs, and the body is within its limit.
    package mutating func onFastPath(
        _ operation: APIOperation, begin: @escaping @Sendable (FastRequest, @escaping FastRoute.Answer) -> Bool
    ) {
        guard let scope = operation.scope, operation.method == .post, !operation.path.contains("{"), !operation.path.contains(":") else {
            preconditionFailure("\(operation.id): a fast route is a POST to one path, with a scope")
        }
        precondition(operations.contains { $0.id == operation.id }, "\(operation.id): a handler answers what a fast route leaves")
        let limit = min(FastRoute.bodyLimit, operation.request?.limit ?? BodyLimit.standard)
        fastRoutes.append(FastRoute(path: operation.path, scope: scope, limit: limit, begin: begin))
    }
}
