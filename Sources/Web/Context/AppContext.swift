package import Foundation
package import Hummingbird
import Logging

/// What every request carries: an id, a trace, a logger that names both, and who asks once that is known.
///
/// `identity` stays nil outside the group of routes that asks for one; handlers of that group take an
/// ``IdentifiedContext``, whose identity is not optional.
package struct AppContext: RequestContext {
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
    /// The routes of the server that answers, to tell 405 from 404.
    var routes: RouteTable?
    /// What the server makes of errors, for answers that hold several.
    var problems = ProblemTable()

    package init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        let id = source.logger[metadataKey: Self.sourceKey].map { "\($0)" } ?? "\(RequestID())"
        self.id = id
        trace = .root()
        bodyLimit = BodyLimit.standard
        facts = RequestFacts()
        // One name for the id in logs, headers and problems.
        logger[metadataKey: Self.sourceKey] = nil
        logger[metadataKey: "request_id"] = .string(id)
    }

    private static let sourceKey = "hb.request.id"

    package var maxUploadSize: Int { bodyLimit }
    package var requestDecoder: JSONDecoder { WireCoding.decoder }
    package var responseEncoder: JSONEncoder { WireCoding.encoder }

}
