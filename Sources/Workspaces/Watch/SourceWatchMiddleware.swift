import HTTPTypes
package import Hummingbird
package import Web

/// Watches where requests come from that show no good token, or no good signature, and accounts of the identity provider that ask
/// around in workspaces of others. It stands inside of what makes problems, and before authentication.
///
/// A request that is answered costs it one flag.
package struct SourceWatchMiddleware<C: Clock>: RouterMiddleware where C.Duration == Duration {
    package typealias Context = AppContext

    private let watch: AccessWatch<C>
    private let source: RequestSource

    package init(watch: AccessWatch<C>, source: @escaping RequestSource = { _, _ in nil }) {
        self.watch = watch
        self.source = source
    }

    package func handle(_ request: Request, context: AppContext, next: (Request, AppContext) async throws -> Response) async throws -> Response {
        if watch.isRestricting { try await watch.admit(subject(of: request, context)) }
        do {
            return try await next(request, context)
        } catch {
            switch WatchedFault(error) {
            case .tokenRefused: watch.noted(.refusedTokens, of: subject(of: request, context))
            // Of a request with a good token its token was told of.
            case .signatureRefused where context.facts.workspace == nil: watch.noted(.badSignatures, of: subject(of: request, context))
            case .stranger(let account, let slug):
                // It comes no further than this, so what it has to put up with for having asked before is here.
                try await watch.admit(.account(account))
                watch.noted(.foreignWorkspaces, of: .account(account), thing: WatchedThing.mark([slug[...]]))
            default: break
            }
            throw error
        }
    }

    private func subject(of request: Request, _ context: AppContext) -> WatchSubject {
        WatchSubject(of: request, context, by: source)
    }
}
