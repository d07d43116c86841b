import HTTPTypes
package import Hummingbird
package import Web

/// Watches what tokens ask for. It stands right behind authentication, on the routes that need it: it knows who asks, and sees what
/// is thrown before a problem is made of it.
///
/// A request that is answered costs it a flag and a test of the status; a job that was accepted (202), a look at the route as well.
/// (Where anybody is slowed or locked, everybody is looked up: a lock and a hash.)
package struct WatchMiddleware<C: Clock>: RouterMiddleware where C.Duration == Duration {
    package typealias Context = AppContext

    private let tokens: TokenWatch<C>

    package init(watch: AccessWatch<C>) {
        tokens = TokenWatch(watch: watch)
    }

    package func handle(_ request: Request, context: AppContext, next: (Request, AppContext) async throws -> Response) async throws -> Response {
        guard let identity = context.identity else { return try await next(request, context) }
        try await tokens.admit(identity)
        let response: Response
        do {
            response = try await next(request, context)
        } catch {
            if let fault = WatchedFault(error) { tokens.note(fault, identity, context) }
            throw error
        }
        let status = response.status.code
        if status < 400 {
            if status == 202 { noteAcceptance(response, identity, context) }
        } else if let fault = WatchedFault(status: status) {
            tokens.note(fault, identity, context)
        }
        return response
    }

    private func noteAcceptance(_ response: Response, _ identity: Identity, _ context: AppContext) {
        guard context.endpointPath?.hasSuffix("/forks") == true, response.headers[.idempotencyReplayed] == nil else { return }
        tokens.noteFork(identity)
    }
}
