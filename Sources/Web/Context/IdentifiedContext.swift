package import Foundation
package import Hummingbird
package import Logging
import NIOCore

/// The context of routes that need to know who asks: an unauthenticated handler does not compile.
package struct IdentifiedContext: ChildRequestContext, ConnectedContext {
    package var coreContext: CoreRequestContextStorage
    /// The request's id, as in ``AppContext/id``.
    package let id: String
    /// The request's trace; `trace.header` goes into the jobs that the request makes.
    package let trace: RequestTrace
    /// Who asks.
    package var identity: Identity { hold.identity }
    /// The same for an answer that takes long: it ends when whoever asks is good no longer.
    package let hold: IdentityHold
    /// The largest body that this route reads, in bytes.
    package var bodyLimit: Int
    /// What the server makes of errors, for answers that hold several.
    let problems: ProblemTable
    let channel: any Channel
    private let plainLogger: Logger

    /// Throws a 401 problem when the request was not authenticated.
    package init(context: AppContext) throws {
        guard let identity = context.identity else { throw Problem.unauthorized(.missing) }
        coreContext = context.coreContext
        id = context.id
        trace = context.trace
        bodyLimit = context.bodyLimit
        problems = context.problems
        channel = context.channel
        plainLogger = context.plainLogger
        hold = IdentityHold(identity: identity, watch: context.identityWatch)
    }

    /// Names the request, its trace and its workspace.
    package var logger: Logger { RequestLogger.make(plainLogger, request: id, trace: trace, workspace: identity.workspaceSlug) }

    package var maxUploadSize: Int { bodyLimit }
    package var requestDecoder: JSONDecoder { WireCoding.decoder }
    package var responseEncoder: JSONEncoder { WireCoding.encoder }
}
