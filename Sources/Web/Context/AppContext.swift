package import Foundation
package import Hummingbird
package import Logging
import NIOCore

/// What every request carries: an id, a trace, a logger that names both, and who asks once that is known.
///
/// `identity` stays nil outside the group of routes that asks for one; handlers of that group take an
/// ``IdentifiedContext``, whose identity is not optional.
package struct AppContext: RequestContext, ConnectedContext, Sendable {
    package var coreContext: CoreRequestContextStorage
    /// Unique within the server's life. Answered as `x-request-id`, logged as `request_id`.
    package let id: String
    /// This request's place in a distributed trace. ``TraceMiddleware`` replaces it by the caller's when there is one.
    package var trace: RequestTrace
    /// Who asks, set by ``AuthenticationMiddleware``.
    package var identity: Identity?
    /// The largest body a route reads, in bytes, unless it says otherwise.
    package var bodyLimit: Int
    /// What is learned about the request further in and logged further out.
    package let facts: RequestFacts
    /// Who has opened the connection: a proxy, where there is one.
    package var peer: String? { address?.ipAddress }
    private let address: SocketAddress?
    let channel: any Channel
    /// The server's logger.
    let plainLogger: Logger
    /// The routes of the server that answers, to tell 405 from 404.
    var routes: RouteTable?
    /// What the server makes of errors, for answers that hold several.
    var problems = ProblemTable()
    /// Tells when whoever asks is good no longer.
    var identityWatch: IdentityWatch?

    package init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        id = source.logger[metadataKey: RequestLogger.sourceKey].map { "\($0)" } ?? "\(RequestID())"
        trace = .root()
        bodyLimit = BodyLimit.standard
        facts = RequestFacts()
        address = source.channel.remoteAddress
        channel = source.channel
        plainLogger = source.logger
    }

    /// Names the request, its trace and, once that is known, its workspace.
    package var logger: Logger { RequestLogger.make(plainLogger, request: id, trace: trace, workspace: identity?.workspaceSlug) }

    package var maxUploadSize: Int { bodyLimit }
    package var requestDecoder: JSONDecoder { WireCoding.decoder }
    package var responseEncoder: JSONEncoder { WireCoding.encoder }
}
